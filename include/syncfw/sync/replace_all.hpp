// SPDX-License-Identifier: BSL-1.0
// All rows of some entities at once: what is given becomes the tenant's data, what isn't given is
// deleted, in one transaction or not at all. Deletions leave tombstones, so devices learn of them.
//
//     replacement wanted{{"book", {document…, document…}}, {"tag", {}}};
//     auto done = syncfw::replace_all(hub, who, wanted);    // other entities stay as they are
#pragma once

#include <syncfw/sync/detail/timed_plan.hpp>
#include <syncfw/sync/server.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

/// Plain rows by the name of their entity. One that isn't named is left alone.
using replacement = std::map<std::string, std::vector<document>>;

struct replaced {
    std::int64_t written = 0;
    std::int64_t removed = 0;
};

/// An error's field begins with the entity and the row's place: `book[3].title`.
template <class Server>
[[nodiscard]] result<replaced> replace_all(Server& hub, const caller& who,
                                           const replacement& wanted);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

template <class T>
[[nodiscard]] error at_row(error why, std::size_t place) {
    std::string path = std::string(entity_of<T>.name) + "[" + std::to_string(place) + "]";
    why.field = why.field.empty() ? std::move(path) : path + "." + why.field;
    return why;
}

template <class T>
[[nodiscard]] bool is_as_stored(const operation<T>& op, const record<T>& stored) {
    return !stored.is_deleted() &&
           (changed_fields(stored.value, op.after) & writable_fields<T>).empty();
}

template <class T>
struct replacing_row {
    key_of<T> key{};
    std::optional<operation<T>> op{};  ///< None: it is stored just so.
};

template <class T, class Transaction>
[[nodiscard]] result<replacing_row<T>> replacing(Transaction& tx, const document& given,
                                                 const uuid& id) {
    field_mask present;
    auto row = read_plain<T>(given, present);
    if (!row) return row.error();
    if (!(key_fields<T> - present).empty())
        return error{.code = errc::missing_field,
                     .message = "a row needs its key",
                     .entity = std::string(entity_of<T>.name),
                     .field = std::string(entity_of<T>.fields[key_places<T>[0]].json)};
    replacing_row<T> made{.key = key(*row)};
    auto stored = tx.template get<T>(made.key);
    if (!stored) return stored.error();
    if (*stored)
        if (auto left = adopt_one(tx, (*stored)->value); !left) return left.error();
    operation<T> op{.id = id, .written = stamp(0, front_door), .group = 1};
    op.changed = writable_fields<T>;
    set_key(op.before, made.key);
    set_key(op.after, made.key);
    assign_fields(op.after, *row, writable_fields<T>);
    const T* const old = *stored ? &(*stored)->value : nullptr;
    if (old != nullptr) {
        // Sets keep what is known of their values.
        for_each_set<T>([&](auto place) {
            constexpr std::size_t at = decltype(place)::value;
            auto& set = member_at<at>(op.after);
            const auto wanted = std::exchange(set, member_at<at>(*old));
            set_exactly(set, wanted);
        });
        op.base_version = (*stored)->version();
        op.before = *old;
        if ((*stored)->is_deleted()) op.kind = operation_kind::restore;
        if (is_as_stored(op, **stored)) return made;
    }
    attribute_fields(op.after, old, front_door);
    if (auto fits = validate(op.after); !fits) return fits.error();
    made.op = std::move(op);
    return made;
}

/// The operations of one entity: those given, and deletions of the others, which are counted.
template <class T, class Transaction, class Ids>
[[nodiscard]] result<std::int64_t> add_replacing(Transaction& tx, Ids&& ids,
                                                 const std::vector<document>& given,
                                                 std::vector<operation<T>>& ops) {
    std::set<key_of<T>> kept;
    for (std::size_t i = 0; i < given.size(); ++i) {
        auto row = replacing<T>(tx, given[i], ids());
        if (!row) return at_row<T>(row.error(), i);
        if (!kept.insert(row->key).second)
            return at_row<T>({.code = errc::invalid_value,
                              .message = "this row stands in the list twice",
                              .entity = std::string(entity_of<T>.name)},
                             i);
        if (row->op) ops.push_back(std::move(*row->op));
    }
    auto all = tx.scan(syncfw::all<T>());
    if (!all) return all.error();
    std::int64_t removed = 0;
    for (const record<T>& each : *all) {
        if (each.is_deleted() || kept.count(key(each.value)) != 0) continue;
        operation<T> op{.id = ids(),
                        .kind = operation_kind::remove,
                        .base_version = each.version(),
                        .written = stamp(0, front_door),
                        .group = 1};
        set_key(op.before, key(each.value));
        set_key(op.after, key(each.value));
        ops.push_back(std::move(op));
        ++removed;
    }
    return removed;
}

}  // namespace detail

template <class Server>
result<replaced> replace_all(Server& hub, const caller& who, const replacement& wanted) {
    using schema_type = typename Server::schema_type;
    replaced count;
    const auto make = [&](auto& tx) -> result<push_message<schema_type>> {
        push_message<schema_type> message;
        count = {};
        for (const auto& [name, given] : wanted) {
            auto done = schema_type::visit(name, [&]<class T>(of<T>) -> result<void> {
                auto& ops = message.operations.template of<T>();
                auto removed =
                    detail::add_replacing<T>(tx, [&] { return hub.new_id(); }, given, ops);
                if (!removed) return removed.error();
                count.removed += *removed;
                count.written += static_cast<std::int64_t>(ops.size()) - *removed;
                return {};
            });
            if (!done) return done.error();
        }
        return message;
    };
    const auto keep = [](auto&, const push_answer<schema_type>& answer) -> result<void> {
        result<void> fine;
        schema_type::for_each([&]<class T>(of<T>) {
            for (const operation_answer<T>& each : answer.answers.template of<T>())
                if (fine && each.outcome == push_outcome::rejected)
                    fine = error{.code = each.code, .message = each.reason};
        });
        return fine;
    };
    auto done = hub.push_within(who, make, keep);
    if (!done) return done.error();
    return count;
}

}  // namespace syncfw
