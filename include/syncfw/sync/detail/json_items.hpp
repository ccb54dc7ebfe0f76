// SPDX-License-Identifier: BSL-1.0
// The items of messages in JSON: operations, their answers, pulled rows. Rows go straight between
// structs and text; where an item's members come in another order than it is needed to understand
// them, they are read over first.
#pragma once

#include <syncfw/codec/detail/json_fields.hpp>
#include <syncfw/sync/detail/json_envelope.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail::json {

/// Where the keys of encrypted fields come from while a message is written.
struct sealing {
    cipher_view keys{};
    std::optional<error> failed{};  ///< Why a field couldn't be sealed.
};

/// Those of the fields that travel this way.
template <class T, route Way>
void put_fields(buffer& out, const T& row, const field_mask& which, sealing& sealed) {
    if constexpr (has_encrypted_fields<T>) {
        auto done = append_sealed_fields<T, Way>(out, row, which, sealed.keys);
        if (!done && !sealed.failed) sealed.failed = done.error();
    } else if ((fields_on<T, Way> - which).empty()) {
        append_object<entity_object<T, Way>>(out, row);
    } else {
        append_fields<T, Way>(out, row, which);
    }
}

inline constexpr std::string_view kind_names[] = {"put", "remove", "restore"};
inline constexpr std::string_view outcome_names[] = {"applied", "merged", "superseded", "parked",
                                                     "rejected"};

/// A value that is read behind the object in which it stands.
template <class Read>
const char* get_later(const char* value, reader& r, std::string_view name, Read&& read) {
    ++r.depth;
    if (read(value) == nullptr) return in_member(r, name);
    --r.depth;
    return value;
}

/// The key alone, and all of it.
template <class T>
const char* get_key(const char* in, reader& r, T& row) {
    const char* const start = in;
    field_mask present;
    in = get_fields<T, to_client>(in, r, row, present);
    if (in == nullptr) return nullptr;
    for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i) {
        if (key_fields<T>.test(i) && !present.test(i))
            return fail_missing(r, start, entity_of<T>.fields[i].json);
        if (!key_fields<T>.test(i) && present.test(i)) {
            fail(r, start, errc::invalid_value, "it is no field of the primary key");
            return in_member(r, entity_of<T>.fields[i].json);
        }
    }
    return in;
}

// --- operations
// -----------------------------------------------------------------------------------

/// What a sender said its rows are made of.
struct known_layout {
    std::string text{};
    binary::row_plan plan{};
    bool is_ours = false;
};
template <class Schema>
using known_layouts = std::array<std::optional<known_layout>, Schema::size>;

template <class T>
void append_operation(buffer& out, const operation<T>& op, sealing& sealed) {
    object_writer one(out);
    one.put("id", op.id);
    one.text("entity", entity_of<T>.name);
    one.text("kind", kind_names[static_cast<std::size_t>(op.kind)]);
    if (op.base_version != 0) one.put("base", op.base_version);
    if (op.written.value() != 0) one.text("written", stamp_text(op.written.value()));
    put_fields<T, to_server>(one.member("key"), op.before, key_fields<T>, sealed);
    const bool has_before = op.kind == operation_kind::put && op.base_version != 0 && op.has_before;
    if (has_before && !op.changed.empty())
        put_fields<T, to_server>(one.member("before"), op.before, op.changed, sealed);
    if (!op.changed.empty())
        put_fields<T, to_server>(one.member("changed"), op.after, op.changed, sealed);
    if (op.group != 0) one.put("group", op.group);
    one.ids("resolves", op.resolves);
    if (!op.foreign.empty()) append_foreign_fields(one.member("foreign"), op.foreign);
    one.end();
}

/// What an operation has apart from its rows, and where those stand.
struct operation_head {
    static constexpr std::string_view names[] = {"id",      "entity", "kind",     "base",
                                                 "written", "group",  "resolves", "foreign",
                                                 "key",     "before", "changed"};
    uuid id{};
    std::size_t entity = no_field;
    operation_kind kind = operation_kind::put;
    std::int64_t base = 0;
    std::uint64_t written = 0;
    std::uint32_t group = 0;
    std::vector<uuid> resolves{};
    std::vector<foreign_field> foreign{};
    const char* start = nullptr;
    const char* key = nullptr;
    const char* before = nullptr;
    const char* changed = nullptr;
};

template <class Schema>
const char* get_entity_name(const char* in, reader& r, std::size_t& place) {
    const char* const start = in;
    std::string name;
    in = get_string(in, r, name);
    if (in == nullptr) return nullptr;
    place = Schema::find(name);
    if (place != no_field) return in;
    return fail(r, start, errc::unknown_entity, "the schema has no such entity");
}

template <class Schema>
const char* get_operation_head(const char* in, reader& r, operation_head& head) {
    std::uint32_t seen = 0;
    head.start = in;
    in = get_known_members(in, r, head.names, seen, [&](std::size_t i, const char* at) {
        switch (i) {
            case 0: return get(at, r, head.id);
            case 1: return get_entity_name<Schema>(at, r, head.entity);
            case 2: return get_name_of(at, r, kind_names, head.kind);
            case 3: return get_integer(at, r, head.base);
            case 4: return get_stamp_value(at, r, head.written);
            case 5: return get_integer(at, r, head.group);
            case 6: return get_ids(at, r, head.resolves);
            case 7: return get_foreign_fields(at, r, head.foreign);
            case 8: return skip_value(head.key = at, r);
            case 9: return skip_value(head.before = at, r);
            default: return skip_value(head.changed = at, r);
        }
    });
    if (in == nullptr) return nullptr;
    if ((seen & 1) == 0)
        return fail_missing(r, head.start, "id", "a write needs an id, to be known when repeated");
    return (seen & 2) == 0 ? fail_missing(r, head.start, "entity") : in;
}

/// The fields of one side of a change, of a sender that may have others than this side.
template <class T>
const char* get_side(const char* in, reader& r, const std::optional<known_layout>& layout, T& row,
                     field_mask& present, std::vector<kept_value>* kept) {
    if (!layout || layout->is_ours) return get_fields<T, to_server>(in, r, row, present);
    const other_sender from{.layout = layout->text, .plan = &layout->plan, .kept = kept};
    return get_fields_of<T, to_server>(in, r, from, row, present);
}

// The changed fields as they were: all of them or none, so that nobody takes what was left out for
// what had no value.
template <class T>
const char* get_before(reader& r, const operation_head& head,
                       const std::optional<known_layout>& layout, operation<T>& op) {
    field_mask present;
    const auto read = [&](const char* at) {
        at = get_side<T>(at, r, layout, op.before, present, nullptr);
        const field_mask lacking = op.changed - present, more = present - op.changed;
        for (std::size_t i = 0; at != nullptr && i < entity_of<T>.fields.size(); ++i) {
            if (lacking.test(i))
                return fail_missing(r, head.before, entity_of<T>.fields[i].json,
                                    "it is changed, so it must be said what it was before");
            if (more.test(i)) {
                fail(r, head.before, errc::invalid_value, "it is not among the changed fields");
                return in_member(r, entity_of<T>.fields[i].json);
            }
        }
        return at;
    };
    return get_later(head.before, r, "before", read);
}

template <class T>
const char* get_operation(reader& r, operation_head& head,
                          const std::optional<known_layout>& layout, operation<T>& op) {
    op.id = head.id;
    op.kind = head.kind;
    op.base_version = head.base;
    op.written = stamp(head.written, {});
    op.group = head.group;
    op.resolves = std::move(head.resolves);
    op.foreign = std::move(head.foreign);
    T changes{};
    std::vector<kept_value> kept;
    if (head.changed != nullptr && get_later(head.changed, r, "changed", [&](const char* at) {
                                       return get_side<T>(at, r, layout, changes, op.changed,
                                                          &kept);
                                   }) == nullptr)
        return nullptr;
    for (kept_value& each : kept)
        op.foreign.push_back({std::move(each.item), std::move(each.bytes)});
    op.has_before = head.before != nullptr || head.kind != operation_kind::put || head.base == 0 ||
                    op.changed.empty();
    if (head.before != nullptr && get_before(r, head, layout, op) == nullptr) return nullptr;
    T key{};
    if (head.key != nullptr) {
        if (get_later(head.key, r, "key", [&](const char* at) { return get_key(at, r, key); }) ==
            nullptr)
            return nullptr;
    } else if ((key_fields<T> - op.changed).empty()) {
        assign_fields(key, changes, key_fields<T>);
    } else {
        return fail_missing(r, head.start, "key");
    }
    assign_fields(op.before, key, key_fields<T>);
    op.after = op.before;
    // A new row has its defaults; of a program with another layout nobody knows what it meant.
    if (head.kind == operation_kind::put && head.base == 0 && !layout)
        apply_defaults(op.after, op.changed | key_fields<T>);
    assign_fields(op.after, changes, op.changed);
    assign_fields(op.after, key, key_fields<T>);
    return head.start;
}

// --- answers
// --------------------------------------------------------------------------------------

template <class T>
void append_answer(buffer& out, const operation_answer<T>& answer, sealing& sealed) {
    object_writer one(out);
    one.put("id", answer.id);
    one.text("entity", entity_of<T>.name);
    one.text("outcome", outcome_names[static_cast<std::size_t>(answer.outcome)]);
    one.put("version", answer.version);
    if (!answer.exists) one.put("exists", false);
    if (answer.is_deleted) one.put("deleted", true);
    if (!answer.reason.empty()) {
        if (answer.code != errc{}) one.text("code", describe(answer.code).name);
        one.text("reason", answer.reason);
    }
    if (!answer.differs.empty())
        put_fields<T, to_client>(one.member("row"), answer.row, answer.differs, sealed);
    one.end();
}

[[nodiscard]] inline errc code_named(std::string_view name) {
    for (const error_description& each : error_descriptions)
        if (each.name == name) return each.code;
    return errc::internal;  // Of a newer program.
}

struct answer_head {
    static constexpr std::string_view names[] = {
        "id", "entity", "outcome", "version", "exists", "deleted", "code", "reason", "row"};
    uuid id{};
    std::size_t entity = no_field;
    push_outcome outcome = push_outcome::applied;
    std::int64_t version = 0;
    bool exists = true;
    bool is_deleted = false;
    std::string code{};
    std::string reason{};
    const char* row = nullptr;
};

template <class Schema>
const char* get_answer_head(const char* in, reader& r, answer_head& head) {
    const char* const start = in;
    std::uint32_t seen = 0;
    in = get_known_members(in, r, head.names, seen, [&](std::size_t i, const char* at) {
        switch (i) {
            case 0: return get(at, r, head.id);
            case 1: return get_entity_name<Schema>(at, r, head.entity);
            case 2: return get_name_of(at, r, outcome_names, head.outcome);
            case 3: return get_integer(at, r, head.version);
            case 4: return get_boolean(at, r, head.exists);
            case 5: return get_boolean(at, r, head.is_deleted);
            case 6: return get_string(at, r, head.code);
            case 7: return get_string(at, r, head.reason);
            default: return skip_value(head.row = at, r);
        }
    });
    if (in == nullptr) return nullptr;
    for (std::size_t i = 0; i < 3; ++i)
        if ((seen >> i & 1) == 0) return fail_missing(r, start, head.names[i]);
    return in;
}

/// A row that the server told. Its program may be another; then what is unknown here is read over,
/// and a null that can't be one here is what a row without the field gets.
template <class T>
const char* get_told_row(const char* in, reader& r, T& row, field_mask& present) {
    const int depth = r.depth;
    const char* const after = get_fields<T, to_client>(in, r, row, present);
    if (after != nullptr) return after;
    r.depth = depth;
    r.path.clear();
    row = T{};
    present = {};
    return get_fields_of<T, to_client>(in, r, {.nulls_are_missing = true}, row, present);
}

template <class T>
const char* get_answer(reader& r, answer_head& head, operation_answer<T>& answer) {
    answer.id = head.id;
    answer.outcome = head.outcome;
    answer.version = head.version;
    answer.exists = head.exists;
    answer.is_deleted = head.is_deleted;
    answer.reason = std::move(head.reason);
    if (!answer.reason.empty() && !head.code.empty()) answer.code = code_named(head.code);
    if (head.row == nullptr) return r.begin;
    return get_later(head.row, r, "row", [&](const char* at) {
        return get_told_row(at, r, answer.row, answer.differs);
    });
}

// --- pulled rows --------------------------------------------------------------------------------

template <class T>
void append_pulled(buffer& out, const pulled_row<T>& item, sealing& sealed) {
    object_writer one(out);
    if (item.has_left) {
        put_fields<T, to_client>(one.member("left"), item.row.value, key_fields<T>, sealed);
    } else {
        put_fields<T, to_client>(one.member("row"), item.row.value, item.told | key_fields<T>,
                                 sealed);
        one.put("version", item.row.version());
        if (item.row.is_deleted()) one.put("deleted", true);
    }
    if (!item.foreign.empty()) append_foreign_fields(one.member("foreign"), item.foreign);
    one.end();
}

// What stands beside a row is the row's own, where it has fields for that: then it must be the
// same.
template <class T>
const char* take_state(const char* in, reader& r, pulled_row<T>& item, std::int64_t version,
                       bool is_deleted, std::uint32_t seen) {
    constexpr std::size_t version_place = place_meaning_version<T>;
    if constexpr (version_place == no_field)
        item.row.set_version(version);
    else if ((seen & 4) != 0 && item.told.test(version_place) && item.row.version() != version)
        return fail(r, in, errc::invalid_value, "\"version\" is another than the row's own");
    if constexpr (!has_soft_delete<T>)
        item.row.beside.is_deleted = is_deleted;
    else if (is_deleted && item.told.test(place_meaning_deleted<T>) && !item.row.is_deleted())
        return fail(r, in, errc::invalid_value, "\"deleted\" is not what the row itself says");
    return in;
}

template <class T>
const char* get_pulled(const char* in, reader& r, pulled_row<T>& item) {
    constexpr std::string_view names[] = {"row", "left", "version", "deleted", "foreign"};
    const char* const start = in;
    std::int64_t version = 0;
    bool is_deleted = false;
    std::uint32_t seen = 0;
    field_mask told;
    in = get_known_members(in, r, names, seen, [&](std::size_t i, const char* at) {
        switch (i) {
            case 0: return get_told_row(at, r, item.row.value, told);
            case 1: return get_key(at, r, item.row.value);
            case 2: return get_integer(at, r, version);
            case 3: return get_boolean(at, r, is_deleted);
            default: return get_foreign_fields(at, r, item.foreign);
        }
    });
    if (in == nullptr) return nullptr;
    item.has_left = (seen & 2) != 0;
    if (((seen & 1) != 0) == item.has_left || (item.has_left && (seen & 12) != 0))
        return fail(r, start, errc::missing_field,
                    "it needs either its \"row\" or the key of what has \"left\"");
    item.told = item.has_left ? key_fields<T> : told;
    const field_mask lacking = key_fields<T> - item.told;
    for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i)
        if (lacking.test(i)) {
            (void)fail_missing(r, start, entity_of<T>.fields[i].json);
            return in_member(r, "row");
        }
    // What is foreign to the server may be known here.
    for (const foreign_field& each : item.foreign) {
        const std::size_t place =
            binary::take_foreign<T, to_client>(item.row.value, each.item, each.bytes, r.keys);
        if (place != no_field) item.told.set(place);
    }
    return item.has_left || take_state(start, r, item, version, is_deleted, seen) != nullptr
               ? in
               : nullptr;
}

}  // namespace syncfw::detail::json
