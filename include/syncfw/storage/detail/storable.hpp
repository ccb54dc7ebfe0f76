// SPDX-License-Identifier: BSL-1.0
// What a row must be, so that every store keeps it alike.
#pragma once

#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/core/tenant.hpp>
#include <syncfw/entity/key.hpp>
#include <syncfw/entity/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace syncfw::detail {

[[nodiscard]] inline const char* why_unstorable(const value_view& seen) noexcept {
    if (seen.is_null) return nullptr;
    if (seen.kind == value_kind::real && seen.real != seen.real) return "NaN can't be stored";
    const char* const end = seen.text.data() + seen.text.size();
    if (seen.kind == value_kind::text && find_invalid_text(seen.text.data(), end) != end)
        return "a text must be UTF-8 without NUL";
    return nullptr;
}

/// The first member that can't be stored, and why.
struct unstorable_member {
    std::size_t place = 0;
    const char* why = nullptr;

    template <class V>
    [[nodiscard]] bool passes_over(const V& member) {
        visit_value(member, *this);
        if (why != nullptr) return false;
        ++place;
        return true;
    }
    void operator()(const value_view& seen) noexcept { why = why_unstorable(seen); }
};

template <class T>
inline constexpr std::size_t tenant_place = entity_of<T>.find(meaning::tenant);

template <class T>
[[gnu::cold]] [[gnu::noinline]] error unstorable(const T& row, std::size_t place, errc code,
                                                 const char* why) {
    return error{.code = code,
                 .message = why,
                 .entity = std::string(entity_of<T>.name),
                 .key = key_text(key(row)),
                 .field = std::string(entity_of<T>.fields[place].name)};
}

template <class T>
[[nodiscard]] result<void> check_storable(const T& row, const tenant_id& whose) {
    if constexpr (tenant_place<T> != no_field) {
        if (key_part_text(member_at<tenant_place<T>>(row)) != whose.name())
            return unstorable(row, tenant_place<T>, errc::forbidden,
                              "the row belongs to another tenant");
    }
    unstorable_member first;
    with_placed_members(
        row, [&](auto, const auto&... members) { (void)(first.passes_over(members) && ...); });
    if (first.why != nullptr) return unstorable(row, first.place, errc::invalid_value, first.why);
    return {};
}

}  // namespace syncfw::detail
