// SPDX-License-Identifier: BSL-1.0
// The five messages in JSON, around their items.
#pragma once

#include <syncfw/codec/where.hpp>
#include <syncfw/sync/detail/json_items.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail::json {

// --- push ---------------------------------------------------------------------------------------

template <class S>
void append_body(buffer& out, const push_message<S>& m, sealing& sealed) {
    object_writer all(out);
    all.put("protocol", int{protocol_version});
    if (m.origin.is_attributed()) all.word("device", m.origin.value());
    if (m.batch != uuid()) all.put("batch", m.batch);
    all.word("fingerprint", m.fingerprint);
    if (m.history != uuid()) all.put("history", m.history);
    if (m.is_repeated) all.put("repeated", true);
    object_writer layouts(all.member("layouts"));
    S::for_each([&]<class T>(of<T>) {
        if (!m.operations.template of<T>().empty())
            layouts.text(entity_of<T>.name, syncfw::binary::row_layout<T, to_server>);
    });
    layouts.end();
    all.member("operations").append("[");
    bool is_first = true;
    S::for_each([&]<class T>(of<T>) {
        for (const operation<T>& each : m.operations.template of<T>()) {
            if (!is_first) out.append(",");
            is_first = false;
            append_operation(out, each, sealed);
        }
    });
    out.append("]");
    all.end();
}

template <class S>
const char* get_layout(const char* in, reader& r, known_layouts<S>& layouts,
                       std::string_view name) {
    const char* const start = in;
    const std::size_t place = S::find(name);
    if (place == no_field)
        return fail(r, start, errc::unknown_entity, "the schema has no such entity");
    if (layouts[place]) return fail(r, start, errc::duplicate_field, "the member comes twice");
    known_layout& known = layouts[place].emplace();
    in = get_string(in, r, known.text);
    if (in == nullptr) return nullptr;
    if (known.text.size() > syncfw::binary::layout_size_max)
        return fail(r, start, errc::too_large, "the layout is over 64 KiB");
    return S::visit_at(place, [&]<class T>(of<T>) -> const char* {
        known.is_ours = known.text == syncfw::binary::row_layout<T, to_server>;
        if (known.is_ours) return in;
        auto plan = binary::plan_maker(entity_of<T>, to_server).make(known.text);
        if (plan) return known.plan = std::move(*plan), in;
        fail(r, start, plan.error().code, plan.error().message);
        return plan.error().field.empty() ? nullptr : in_member(r, fit_text(plan.error().field));
    });
}

template <class S>
const char* get_layouts(const char* in, reader& r, known_layouts<S>& layouts) {
    return get_each_member(in, r, [&](std::string_view name, const char* at, const char*) {
        const std::string kept = fit_text(name.substr(0, 63));
        at = get_layout<S>(at, r, layouts, kept);
        return at != nullptr ? at : in_member(r, kept);
    });
}

template <class S>
const char* get_operations(const char* in, reader& r, const known_layouts<S>& layouts,
                           push_message<S>& m) {
    return get_array(in, r, [&](const char* at, std::size_t) -> const char* {
        operation_head head;
        at = get_operation_head<S>(at, r, head);
        if (at == nullptr) return nullptr;
        return S::visit_at(head.entity, [&]<class T>(of<T>) -> const char* {
            operation<T>& op = m.operations.template of<T>().emplace_back();
            return get_operation(r, head, layouts[head.entity], op) == nullptr ? nullptr : at;
        });
    });
}

template <class S>
const char* get_body(const char* in, reader& r, push_message<S>& m) {
    constexpr std::string_view names[] = {"protocol", "device",   "batch",   "fingerprint",
                                          "history",  "repeated", "layouts", "operations"};
    const char* const start = in;
    known_layouts<S> layouts;
    std::uint64_t origin = 0;
    std::uint32_t seen = 0;
    in = get_known_members(in, r, names, seen, [&](std::size_t i, const char* at) {
        switch (i) {
            case 0: return get_protocol(at, r);
            case 1: return get_word(at, r, origin);
            case 2: return get(at, r, m.batch);
            case 3: return get_word(at, r, m.fingerprint);
            case 4: return get(at, r, m.history);
            case 5: return get_boolean(at, r, m.is_repeated);
            case 6:
                if ((seen & 128) == 0) return get_layouts<S>(at, r, layouts);
                return fail(r, at, errc::malformed, "they must stand before the operations");
            default: return get_operations(at, r, layouts, m);
        }
    });
    if (in != nullptr && (seen & 128) == 0) return fail_missing(r, start, "operations");
    m.origin = replica_id(origin);
    S::for_each([&]<class T>(of<T>) {
        for (operation<T>& op : m.operations.template of<T>())
            op.written = stamp(op.written.value(), m.origin);
    });
    return in;
}

template <class S>
void append_body(buffer& out, const push_answer<S>& m, sealing& sealed) {
    object_writer all(out);
    all.put("protocol", int{protocol_version});
    if (m.batch != uuid()) all.put("batch", m.batch);
    all.put("history", m.history);
    all.put("until", m.until);
    put_stamp(all, "newest", m.newest);
    all.member("answers").append("[");
    bool is_first = true;
    S::for_each([&]<class T>(of<T>) {
        for (const operation_answer<T>& each : m.answers.template of<T>()) {
            if (!is_first) out.append(",");
            is_first = false;
            append_answer(out, each, sealed);
        }
    });
    out.append("]");
    all.end();
}

template <class S>
const char* get_answers(const char* in, reader& r, push_answer<S>& m) {
    return get_array(in, r, [&](const char* at, std::size_t) -> const char* {
        answer_head head;
        at = get_answer_head<S>(at, r, head);
        if (at == nullptr) return nullptr;
        return S::visit_at(head.entity, [&]<class T>(of<T>) -> const char* {
            operation_answer<T>& answer = m.answers.template of<T>().emplace_back();
            return get_answer(r, head, answer) == nullptr ? nullptr : at;
        });
    });
}

template <class S>
const char* get_body(const char* in, reader& r, push_answer<S>& m) {
    constexpr std::string_view names[] = {"protocol", "batch",  "history",
                                          "until",    "newest", "answers"};
    const char* const start = in;
    std::uint32_t seen = 0;
    in = get_known_members(in, r, names, seen, [&](std::size_t i, const char* at) {
        switch (i) {
            case 0: return get_protocol(at, r);
            case 1: return get(at, r, m.batch);
            case 2: return get(at, r, m.history);
            case 3: return get_integer(at, r, m.until);
            case 4: return get_stamp(at, r, m.newest);
            default: return get_answers(at, r, m);
        }
    });
    return in != nullptr && (seen & 32) == 0 ? fail_missing(r, start, "answers") : in;
}

// --- pull ---------------------------------------------------------------------------------------

inline void append_body(buffer& out, const pull_message& m, sealing& /*sealed*/) {
    object_writer all(out);
    all.put("protocol", int{protocol_version});
    if (!m.cursor.empty()) all.text("cursor", m.cursor);
    all.put("limit", m.rows_max);
    if (m.fingerprint != 0) all.word("fingerprint", m.fingerprint);
    if (m.fresh_until != 0) all.put("freshUntil", m.fresh_until);
    all.ids("openConflicts", m.open_conflicts);
    if (!m.filters.empty()) {
        all.member("entities").append("[");
        for (const filter& each : m.filters) {
            if (&each != m.filters.data()) out.append(",");
            if (each.steps.empty())
                out.set_end(put(out.room(bound(each.entity)), each.entity));
            else
                out.set_end(put(out.room(bound(each)), each));
        }
        out.append("]");
    }
    all.end();
}

/// `"book"` for all of an entity, or a filter as query/filter.hpp has it.
inline const char* get_filter(const char* in, reader& r, filter& to) {
    if (in != r.end && *in == '"') return get_string(in, r, to.entity);
    const char* const start = in;
    in = get(in, r, to);
    if (in != nullptr && static_cast<std::size_t>(in - start) > filter_size_max)
        return fail(r, start, errc::too_large, "the filter is over 256 KiB");
    return in;
}
inline const char* get_filters(const char* in, reader& r, std::vector<filter>& filters) {
    constexpr std::size_t filters_max = 1'000;
    return get_array(in, r, [&](const char* at, std::size_t i) {
        if (i == filters_max)
            return fail(r, at, errc::too_large, "there are more than 1000 of them");
        return get_filter(at, r, filters.emplace_back());
    });
}

inline const char* get_body(const char* in, reader& r, pull_message& m) {
    constexpr std::string_view names[] = {"protocol",   "cursor",        "limit",   "fingerprint",
                                          "freshUntil", "openConflicts", "entities"};
    std::uint32_t seen = 0;
    return get_known_members(in, r, names, seen, [&](std::size_t i, const char* at) {
        switch (i) {
            case 0: return get_protocol(at, r);
            case 1: return get_string(at, r, m.cursor);
            case 2: return get_integer(at, r, m.rows_max);
            case 3: return get_word(at, r, m.fingerprint);
            case 4: return get_integer(at, r, m.fresh_until);
            case 5: return get_ids(at, r, m.open_conflicts);
            default: return get_filters(at, r, m.filters);
        }
    });
}

template <class S>
void append_body(buffer& out, const pull_answer<S>& m, sealing& sealed) {
    object_writer all(out);
    all.put("protocol", int{protocol_version});
    all.text("cursor", m.cursor);
    all.put("behind", m.behind);
    all.put("freshUntil", m.fresh_until);
    all.put("until", m.until);
    all.put("history", m.history);
    put_stamp(all, "newest", m.newest);
    all.ids("resolvedConflicts", m.resolved_conflicts);
    object_writer rows(all.member("rows"));
    S::for_each([&]<class T>(of<T>) {
        const auto& list = m.rows.template of<T>();
        if (list.empty()) return;
        rows.member(entity_of<T>.name).append("[");
        for (const pulled_row<T>& each : list) {
            if (&each != list.data()) out.append(",");
            append_pulled(out, each, sealed);
        }
        out.append("]");
    });
    rows.end();
    all.end();
}

// Rows of entities that are unknown here are of a newer server, and read over.
template <class S>
const char* get_rows(const char* in, reader& r, pull_answer<S>& m) {
    std::array<bool, S::size> seen{};
    return get_each_member(in, r, [&](std::string_view name, const char* list, const char* start) {
        const std::size_t place = S::find(name);
        if (place == no_field) return skip_value(list, r);
        if (std::exchange(seen[place], true)) {
            fail(r, start, errc::duplicate_field, "the member comes twice");
            return in_member(r, S::entities[place].name);
        }
        list = S::visit_at(place, [&]<class T>(of<T>) {
            return get_array(list, r, [&](const char* at, std::size_t) {
                return get_pulled(at, r, m.rows.template of<T>().emplace_back());
            });
        });
        return list != nullptr ? list : in_member(r, S::entities[place].name);
    });
}

template <class S>
const char* get_body(const char* in, reader& r, pull_answer<S>& m) {
    constexpr std::string_view names[] = {"protocol", "cursor",  "behind", "freshUntil",
                                          "until",    "history", "newest", "resolvedConflicts",
                                          "rows"};
    const char* const start = in;
    std::uint32_t seen = 0;
    in = get_known_members(in, r, names, seen, [&](std::size_t i, const char* at) {
        switch (i) {
            case 0: return get_protocol(at, r);
            case 1: return get_string(at, r, m.cursor);
            case 2: {
                const char* const after = get_integer(at, r, m.behind);
                if (after == nullptr || m.behind >= 0) return after;
                return fail(r, at, errc::out_of_range, "expected no negative number");
            }
            case 3: return get_integer(at, r, m.fresh_until);
            case 4: return get_integer(at, r, m.until);
            case 5: return get(at, r, m.history);
            case 6: return get_stamp(at, r, m.newest);
            case 7: return get_ids(at, r, m.resolved_conflicts);
            default: return get_rows(at, r, m);
        }
    });
    for (const std::size_t i : {std::size_t{1}, std::size_t{8}})
        if (in != nullptr && (seen >> i & 1) == 0) return fail_missing(r, start, names[i]);
    return in;
}

// --- failure
// --------------------------------------------------------------------------------------

inline void append_failure(buffer& out, const error& why, std::string_view word) {
    const std::string_view name = describe(why.code == errc{} ? errc::internal : why.code).name;
    object_writer all(out);
    all.put("success", false);
    object_writer told(all.member("error"));
    told.text("code", word.empty() ? name : word);
    told.text("name", name);
    told.text("message", why.message);
    if (!why.entity.empty()) told.text("entity", why.entity);
    if (!why.key.empty()) told.text("key", why.key);
    if (!why.field.empty()) told.text("field", why.field);
    told.end();
    all.end();
}
inline void append_body(buffer& out, const failure_message& m, sealing& /*sealed*/) {
    append_failure(out, m.why, {});
}

inline const char* get_error(const char* in, reader& r, error& why) {
    constexpr std::string_view names[] = {"code", "name", "message", "entity", "key", "field"};
    const char* const start = in;
    std::string word, name;
    std::string* const to[] = {&word, &name, &why.message, &why.entity, &why.key, &why.field};
    std::uint32_t seen = 0;
    in = get_known_members(in, r, names, seen, [&](std::size_t i, const char* at) {
        return get_string(at, r, *to[i]);
    });
    if (in != nullptr && (seen & 2) == 0) return fail_missing(r, start, "name");
    why.code = code_named(name);
    if (why.message.empty()) why.message = "the other side refused, and gave no reason";
    return in;
}

inline const char* get_body(const char* in, reader& r, failure_message& m) {
    constexpr std::string_view names[] = {"success", "error"};
    const char* const start = in;
    std::uint32_t seen = 0;
    in = get_known_members(in, r, names, seen, [&](std::size_t i, const char* at) {
        if (i == 1) return get_error(at, r, m.why);
        if (take_word(at, r, "false")) return at;
        return fail_expected(r, at, "false", errc::invalid_value);
    });
    return in != nullptr && seen != 3 ? fail_missing(r, start, names[(seen & 1) == 0 ? 0 : 1]) : in;
}

// Whether the object begins as no message does but a failure.
[[nodiscard]] inline bool begins_failure(const char* in, const reader& r) {
    if (in == nullptr || !take_word(in, r, "{")) return false;
    in = skip_space(in, r.end);
    return take_word(in, r, "\"success\"") || take_word(in, r, "\"error\"");
}

template <class Message>
result<Message> decode_message(reader& r, const char* in) {
    Message message;
    if (in != nullptr) in = end_input(get_body(in, r, message), r);
    if (in == nullptr) return to_error(r, {});
    return message;
}

// Behind the envelope's own levels a document may be as deep as anywhere.
inline constexpr int message_depth_max = 64 + 8;

}  // namespace syncfw::detail::json
