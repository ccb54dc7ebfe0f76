// SPDX-License-Identifier: BSL-1.0
// A declaration without its types: what codecs, SQL, fingerprints and adapters work on. All of it
// is a compile-time constant.
#pragma once

#include <syncfw/entity/detail/annotation_types.hpp>
#include <syncfw/entity/field_mask.hpp>
#include <syncfw/entity/value_traits.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace syncfw {

/// How a row says that it is deleted.
enum class deletion : unsigned char { none, flag, time, value };

/// How a field is encrypted; `equality` is `encrypted_revealing_equality`.
enum class encryption : unsigned char { none, randomised, equality };

/// Where data travels, and so which fields are part of it. The same on both ends: a client
/// encodes `to_server` and the server decodes `to_server`.
enum class route : unsigned char {
    local,      ///< This device's own storage and backups: every field.
    to_client,  ///< From the server: all but local_only fields.
    to_server,  ///< From a client: without what the server owns, so no client can set it.
};
inline constexpr route local = route::local;
inline constexpr route to_client = route::to_client;
inline constexpr route to_server = route::to_server;

/// What a field marked `references<…>` refers to. Only names, so that entities may refer to each
/// other; a `schema` has the places.
struct reference_target {
    const char* type = nullptr;  ///< The `type` of the entity, nullptr for no reference.
    std::string_view entity{};   ///< Its name.
    std::string_view field{};    ///< Its key's member.
};

/// One field of an entity.
struct field_info {
    static constexpr std::size_t aliases_max = 4;

    std::string_view name{};    ///< The member's.
    std::string_view column{};  ///< In SQL.
    std::string_view json{};    ///< In JSON and on the wire.
    std::string_view aliases[aliases_max]{};
    std::string_view type{};  ///< In the layout: `text?`, `[int32]`.
    std::uint32_t meanings = 0;
    value_kind kind = value_kind::json;
    detail::value_shape shape = detail::value_shape::unsupported;
    value_kind element = value_kind::json;  ///< Of what a vector or set_of holds.
    bool nullable = false;
    bool is_secret = false;
    merge_rule merge = merge_rule::none;
    deletion deletes = deletion::none;
    encryption cipher = encryption::none;
    reference_target refers_to{};

    [[nodiscard]] constexpr bool has(meaning m) const {
        return (meanings >> static_cast<unsigned>(m) & 1) != 0;
    }
    /// Whether only the server sets it: said so, or by what it means.
    [[nodiscard]] constexpr bool is_server_owned() const {
        return has(meaning::server_owned) || has(meaning::tenant) || has(meaning::version) ||
               has(meaning::server_synced) || has(meaning::sync_state) ||
               has(meaning::last_sync_at);
    }
    /// Whether two of its values become one by themselves: without a base, in any order, and
    /// nothing that was done to either is lost.
    [[nodiscard]] constexpr bool is_mergeable() const {
        return merge == merge_rule::counter || merge == merge_rule::set;
    }
    [[nodiscard]] constexpr bool travels(route way) const {
        return way == route::local ||
               (!has(meaning::local_only) && (way == route::to_client || !is_server_owned()));
    }
    [[nodiscard]] constexpr bool is_called(std::string_view member) const {
        if (member == json) return true;
        for (const std::string_view& each : aliases)
            if (!each.empty() && member == each) return true;
        return false;
    }
};

inline constexpr std::size_t no_field = static_cast<std::size_t>(-1);

/// One entity: its name and its fields in declared order.
struct entity_info {
    std::string_view name{};
    std::span<const field_info> fields{};
    const char* type = nullptr;  ///< An address that only this type has.

    /// The place of the field of this wire name or alias, or `no_field`.
    [[nodiscard]] constexpr std::size_t find(std::string_view member) const {
        for (std::size_t i = 0; i < fields.size(); ++i)
            if (fields[i].is_called(member)) return i;
        return no_field;
    }
    /// The place of the first field that means this, or `no_field`.
    [[nodiscard]] constexpr std::size_t find(meaning m) const {
        for (std::size_t i = 0; i < fields.size(); ++i)
            if (fields[i].has(m)) return i;
        return no_field;
    }
    [[nodiscard]] constexpr field_mask all_with(meaning m) const {
        field_mask mask;
        for (std::size_t i = 0; i < fields.size(); ++i)
            if (fields[i].has(m)) mask.set(i);
        return mask;
    }
    /// The fields that travel this way.
    [[nodiscard]] constexpr field_mask on(route way) const {
        field_mask mask;
        for (std::size_t i = 0; i < fields.size(); ++i)
            if (fields[i].travels(way)) mask.set(i);
        return mask;
    }
};

}  // namespace syncfw
