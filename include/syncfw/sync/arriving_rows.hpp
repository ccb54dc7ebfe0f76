// SPDX-License-Identifier: BSL-1.0
// Rows as clients send them that know nothing of the engine: parts of rows, by entity.
//
//     {"changes": {"book": [{"id": "…", "title": "Dune", "version": 3}, {"title": "New"}],
//                  "tag":  [{"id": "…", "isDeleted": true}]}}
//
// What a row doesn't have is not changed; of a new row it gets its default. A key that is null,
// missing or no uuid is that of a new row. What the server owns is read over, but for what the
// client knew: the `version`, and the time of its change (`updated_at`, else `last_sync_at`). A
// deletion is the flag of the row, true or 1. Whole numbers take true and false for 1 and 0. What
// nobody knows is left out, and told in `warnings`.
#pragma once

#include <syncfw/codec/detail/json_fields.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/sync/detail/engine_fields.hpp>
#include <syncfw/sync/detail/json_envelope.hpp>
#include <syncfw/sync/messages.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

template <class T>
struct arriving_row {
    std::size_t place = 0;  ///< In the order sent, over all entities.
    std::string path{};     ///< `changes.book[3]`
    T value{};              ///< The key and the fields below; of the others nothing.
    bool has_key = false;   ///< False: it is a new row.
    field_mask changed{};   ///< Of those that a client may set.
    std::optional<std::int64_t> version{};  ///< That the client changed.
    std::optional<timestamp> changed_at{};  ///< By the client's clock.
    std::optional<bool> deleted{};          ///< Whether it is to be; none: as it is.
};

template <class Schema>
struct arriving_rows {
    detail::lists_of<Schema, arriving_row> rows{};
    std::optional<timestamp> since{};  ///< `lastSyncTimestamp`: what the client has.
    std::vector<std::string> warnings{};

    [[nodiscard]] std::size_t size() const { return rows.size(); }
};

/// Reads a body. Fails with the path to the place: `changes.book[3].title`.
template <class Schema>
[[nodiscard]] result<arriving_rows<Schema>> read_arriving_rows(std::string_view body,
                                                               const json::options& rules = {});

// --- how it is done ------------------------------------------------------------------------------

namespace detail::json {

/// One row without its type.
class arriving_reader {
  public:
    arriving_reader(reader& r, const entity_info& entity, const std::string& path,
                    std::vector<std::string>& warnings)
        : r_(r), entity_(entity), path_(path), warnings_(warnings) {}

    const char* read(const char* in, const getter* getters_of, void* const* members,
                     field_mask& present) {
        return get_each_member(
            in, r_, [&](std::string_view name, const char* at, const char* start) {
                const std::size_t place = entity_.find(name);
                if (place == no_field) {
                    warn(name);
                    return skip_value(at, r_);
                }
                if (seen_.test(place)) {
                    fail(r_, start, errc::duplicate_field, "the member comes twice");
                    return in_member(r_, entity_.fields[place].json);
                }
                seen_.set(place);
                const field_info& field = entity_.fields[place];
                const char* const after =
                    read_field(at, field, getters_of[place], members[place], place, present);
                return after != nullptr ? after : in_member(r_, field.json);
            });
    }

  private:
    static constexpr std::size_t warnings_max = 100;

    void warn(std::string_view name) {
        if (warnings_.size() == warnings_max) return;
        warnings_.push_back(path_ + "." + fit_text(name.substr(0, 63)) +
                            ": there is no such field; it was left out");
    }

    // What only says what the client knew, or is known from elsewhere, may be null.
    [[nodiscard]] static bool is_beside(const field_info& field) {
        return field.has(meaning::version) || field.has(meaning::updated_at) ||
               field.has(meaning::last_sync_at) || field.deletes == deletion::flag ||
               field.deletes == deletion::time;
    }
    [[nodiscard]] static bool is_read_over(const field_info& field) {
        if (is_beside(field)) return false;
        return field.is_server_owned() || field.has(meaning::local_only) ||
               field.has(meaning::created_at);
    }

    const char* read_field(const char* in, const field_info& field, getter get_one, void* member,
                           std::size_t place, field_mask& present) {
        if (is_read_over(field)) return skip_value(in, r_);
        if (is_beside(field) && take_word(in, r_, "null")) return in;
        if (field.has(meaning::primary_key) && field.kind == value_kind::uuid)
            return read_id(in, get_one, member, place, present);
        if (field.shape == value_shape::integer)
            for (const std::string_view word : {"false", "true"})
                if (take_word(in, r_, word)) {
                    const std::string_view digit = word == "true" ? "1" : "0";
                    reader number = make_reader(digit, r_.rules);
                    (void)get_one(number.begin, number, member);
                    present.set(place);
                    return in;
                }
        in = get_one(in, r_, member);
        if (in != nullptr) present.set(place);
        return in;
    }

    const char* read_id(const char* in, getter get_one, void* member, std::size_t place,
                        field_mask& present) {
        const char* const after = skip_value(in, r_);
        if (after == nullptr) return nullptr;
        reader id = make_reader({in, static_cast<std::size_t>(after - in)}, r_.rules);
        const bool is_id = get_one(id.begin, id, member) != nullptr;
        if (is_id && !static_cast<const uuid*>(member)->is_nil()) present.set(place);
        return after;
    }

    reader& r_;
    const entity_info& entity_;
    const std::string& path_;
    std::vector<std::string>& warnings_;
    field_mask seen_{};
};

// What the row says beside its value.
template <class T>
void take_beside(arriving_row<T>& row, const field_mask& present) {
    constexpr std::size_t version = place_meaning_version<T>;
    constexpr std::size_t deleted = place_meaning_deleted<T>;
    if constexpr (version != no_field)
        if (present.test(version)) row.version = record<T>{.value = row.value}.version();
    if constexpr (deleted != no_field)
        if (present.test(deleted) && entity_of<T>.fields[deleted].deletes != deletion::value)
            row.deleted = is_deleted(row.value);
    const auto take_time = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
        if constexpr (I != no_field) {
            if (!present.test(I) || row.changed_at) return;
            if constexpr (shape_v<member_at_t<T, I>> == value_shape::optional)
                row.changed_at = member_at<I>(row.value);
            else
                row.changed_at = timestamp(member_at<I>(row.value));
        }
    };
    take_time(std::integral_constant<std::size_t, entity_of<T>.find(meaning::updated_at)>());
    take_time(std::integral_constant<std::size_t, entity_of<T>.find(meaning::last_sync_at)>());
}

template <class T>
const char* get_arriving(const char* in, reader& r, arriving_row<T>& row,
                         std::vector<std::string>& warnings) {
    void* members[member_count<T> + 1];
    list_members(row.value, members);
    field_mask present;
    arriving_reader one(r, entity_of<T>, row.path, warnings);
    in = one.read(in, getters<member_types<T>>, members, present);
    if (in == nullptr) return nullptr;
    row.has_key = (key_fields<T> - present).empty();
    take_beside(row, present);
    row.changed = present & writable_fields<T>;
    return in;
}

template <class Schema>
const char* get_changes(const char* in, reader& r, arriving_rows<Schema>& all) {
    field_mask seen;
    std::size_t count = 0;
    return get_each_member(in, r, [&](std::string_view name, const char* at, const char* start) {
        const std::string entity = fit_text(name.substr(0, 63));
        const std::size_t place = Schema::find(name);
        if (place == no_field || seen.test(place)) {
            fail(r, start, place == no_field ? errc::unknown_entity : errc::duplicate_field,
                 place == no_field ? "there is no such entity type" : "the member comes twice");
            return in_member(r, entity);
        }
        seen.set(place);
        at = Schema::visit_at(place, [&]<class T>(of<T>) {
            std::vector<arriving_row<T>>& rows = all.rows.template of<T>();
            return get_array(at, r, [&](const char* element, std::size_t i) {
                arriving_row<T>& row = rows.emplace_back();
                row.place = count++;
                row.path = "changes." + entity + "[" + std::to_string(i) + "]";
                return get_arriving(element, r, row, all.warnings);
            });
        });
        return at != nullptr ? at : in_member(r, entity);
    });
}

}  // namespace detail::json

template <class Schema>
result<arriving_rows<Schema>> read_arriving_rows(std::string_view body,
                                                 const json::options& rules) {
    namespace codec = detail::json;
    codec::reader r = codec::make_reader(body, rules);
    arriving_rows<Schema> all;
    bool has_changes = false;
    const char* in = codec::begin_input(r);
    const char* const start = in;
    if (in != nullptr)
        in = codec::get_each_member(
            in, r, [&](std::string_view name, const char* at, const char* of_name) -> const char* {
                if (name == "changes") {
                    if (std::exchange(has_changes, true))
                        codec::fail(r, of_name, errc::duplicate_field, "the member comes twice");
                    else if (const char* const after = codec::get_changes(at, r, all);
                             after != nullptr)
                        return after;
                    return codec::in_member(r, "changes");
                }
                if (name != "lastSyncTimestamp") return codec::skip_value(at, r);
                at = codec::get(at, r, all.since);
                return at != nullptr ? at : codec::in_member(r, "lastSyncTimestamp");
            });
    in = codec::end_input(in, r);
    if (in != nullptr && !has_changes) in = codec::fail_missing(r, start, "changes");
    if (in == nullptr) return codec::to_error(r, {});
    return all;
}

}  // namespace syncfw
