// SPDX-License-Identifier: BSL-1.0
// Generators of random messages, with rows of every field type.
#pragma once

#include "any.hpp"
#include "everything.hpp"
#include "synced.hpp"
#include <syncfw/query/query.hpp>
#include <syncfw/sync/messages.hpp>

#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tests {

using all_types = syncfw::schema<everything, synced::task, synced::tag>;

inline syncfw::uuid any_id() {
    return *any<syncfw::uuid>();
}
inline std::vector<syncfw::uuid> any_ids() {
    return *any<std::vector<syncfw::uuid>>();
}

template <class T>
syncfw::field_mask any_fields(syncfw::route way) {
    syncfw::field_mask mask;
    const int chance = *rc::gen::inRange(0, 5);
    for (std::size_t i = 0; i < syncfw::entity_of<T>.fields.size(); ++i)
        if (*rc::gen::inRange(0, 4) < chance) mask.set(i);
    return mask & syncfw::entity_of<T>.on(way);
}

/// Values of fields that nobody here has: of each kind of type, and some that are none of theirs.
inline std::vector<syncfw::foreign_field> any_foreign() {
    using namespace std::string_literals;
    static const std::vector<syncfw::foreign_field> all = {
        {"colour:text?", "\1\3red"},
        {"colour:text?", "\0"s},
        {"\"a b\":int8", "\1"},
        {"n:int64", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1"},
        {"u:uint32", "\xFF\xFF\xFF\xFF\xF"},
        {"f:float32", "\0\0\x90\x40"s},
        {"d:float64", "\0\0\0\0\0\0\xF8\x7F"s},
        {"d:float64", "\1\0\0\0\0\0\xF8\x7F"s},
        {"b:bool", "\1"},
        {"t:timestamp", "\x82\x88\x96\x89\x80\xAF\xB0\x06"},
        {"i:uuid", "0123456789abcdef"},
        {"x:bytes", "\2\xFF\0"s},
        {"e:enum(red|green)", "\5green"},
        {"l:[int32]", "\2\2\4"},
        {"l:[[text]]", "\2\0\1\1x"s},
        {"s:set(text)", "\1\1x\1\1\0\0\0\0\0\0\0\7\1\1\0\0\0\0\0\0\0\7"s},
        {"c:counter", "\1\1\0\0\0\0\0\0\0\5\2"s},
        {"o:document", "\6\1\1k\5\2\0\4\1v"s},
        {"p:{x:float32,y:[text?]}", "\0\0\0\0\2\0\1\1z"s},
        {"q:text? encrypted", "\1\3\xFF\0\1"s},
        {"bad:text", "\1\xFF"s},
        {"bad:int8", "\x80\0"s},
        {"no type", "whatever"},
        {"z:no_such_type", "\7"},
    };
    std::vector<syncfw::foreign_field> some;
    for (const auto& each : all)
        if (*rc::gen::inRange(0, 6) == 0) some.push_back(each);
    return some;
}

template <class T>
syncfw::operation<T> any_operation() {
    syncfw::operation<T> op;
    op.id = any_id();
    op.kind = static_cast<syncfw::operation_kind>(*rc::gen::inRange(0, 3));
    op.base_version = *rc::gen::element<std::int64_t>(0, 1, 7, INT64_MAX);
    op.written = syncfw::stamp(*any<std::int64_t>() >= 0 ? *rc::gen::arbitrary<std::uint64_t>()
                                                         : std::uint64_t{1} << 60 | 7,
                               {});
    op.changed = any_fields<T>(syncfw::to_server);
    op.before = *any<T>(reals::finite);
    op.after = *any<T>(reals::finite);
    op.group = *rc::gen::element<std::uint32_t>(0, 1, UINT32_MAX);
    op.foreign = any_foreign();
    if (*rc::gen::inRange(0, 3) == 0) op.resolves = any_ids();
    return op;
}

template <class T>
syncfw::operation_answer<T> any_answer() {
    syncfw::operation_answer<T> answer;
    answer.id = any_id();
    answer.outcome = static_cast<syncfw::push_outcome>(*rc::gen::inRange(0, 5));
    answer.exists = *rc::gen::arbitrary<bool>();
    answer.is_deleted = *rc::gen::arbitrary<bool>();
    answer.version = *any<std::int64_t>();
    if (*rc::gen::arbitrary<bool>()) {
        answer.code = static_cast<syncfw::errc>(*rc::gen::inRange(0, 20));
        answer.reason = *any_text();
    }
    answer.differs = any_fields<T>(syncfw::to_client);
    answer.row = *any<T>(reals::finite);
    return answer;
}

template <class T>
syncfw::pulled_row<T> any_pulled() {
    syncfw::pulled_row<T> item;
    item.row.value = *any<T>(reals::finite);
    item.row.set_version(*rc::gen::element<std::int64_t>(0, 1, 1'000'000, INT64_MAX / 2));
    item.has_left = *rc::gen::inRange(0, 4) == 0;
    if constexpr (!syncfw::has_soft_delete<T>)
        item.row.beside.is_deleted = *rc::gen::arbitrary<bool>();
    item.foreign = any_foreign();
    return item;
}

template <class Item, class Make>
void fill(std::vector<Item>& list, Make&& make) {
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) list.push_back(make());
}

inline syncfw::push_message<all_types> any_push() {
    syncfw::push_message<all_types> m;
    m.batch = any_id();
    m.origin = syncfw::replica_id(*rc::gen::arbitrary<std::uint64_t>());
    m.fingerprint = *rc::gen::arbitrary<std::uint64_t>();
    m.history = any_id();
    m.is_repeated = *rc::gen::arbitrary<bool>();
    all_types::for_each([&]<class T>(syncfw::of<T>) {
        fill(m.operations.of<T>(), [] { return any_operation<T>(); });
    });
    return m;
}

inline syncfw::push_answer<all_types> any_push_answer() {
    syncfw::push_answer<all_types> m;
    m.batch = any_id();
    m.history = any_id();
    m.until = *any<std::int64_t>();
    m.newest = syncfw::stamp(*rc::gen::arbitrary<std::uint64_t>(), syncfw::replica_id(9));
    all_types::for_each(
        [&]<class T>(syncfw::of<T>) { fill(m.answers.of<T>(), [] { return any_answer<T>(); }); });
    return m;
}

inline syncfw::pull_message any_pull() {
    using synced::tag;
    using syncfw::annotations::field;
    syncfw::pull_message m{.cursor = *any_text(),
                           .rows_max = *any<std::int64_t>(),
                           .fingerprint = *rc::gen::arbitrary<std::uint64_t>(),
                           .fresh_until = *any<std::int64_t>(),
                           .open_conflicts = any_ids()};
    if (*rc::gen::arbitrary<bool>()) m.filters.push_back({.entity = *any_text()});
    if (*rc::gen::arbitrary<bool>())
        m.filters.push_back(syncfw::to_filter(
            where(field<&tag::number> > *any<std::int64_t>() && field<&tag::list> != *any_text())));
    return m;
}

inline syncfw::pull_answer<all_types> any_pull_answer() {
    syncfw::pull_answer<all_types> m;
    m.cursor = *any_text();
    m.behind = *rc::gen::element<std::int64_t>(0, 1, INT64_MAX);
    m.fresh_until = *any<std::int64_t>();
    m.until = *any<std::int64_t>();
    m.history = any_id();
    m.newest = syncfw::stamp(*rc::gen::arbitrary<std::uint64_t>(), syncfw::replica_id(9));
    m.resolved_conflicts = any_ids();
    all_types::for_each(
        [&]<class T>(syncfw::of<T>) { fill(m.rows.of<T>(), [] { return any_pulled<T>(); }); });
    return m;
}

inline syncfw::failure_message any_failure() {
    return {{.code = static_cast<syncfw::errc>(*rc::gen::inRange(1, 20)),
             .message = "why: " + *any_text(),
             .entity = *any_text(),
             .key = *any_text(),
             .field = *any_text()}};
}

}  // namespace tests
