// SPDX-License-Identifier: BSL-1.0
// Messages as bytes:
//
//     message   version kind body checksum
//     lists     count of sections, then for each entity: name, count of items, heads, rows
//
// The heads have what the engine says of each item, the rows what the entity's codec says of it,
// behind its layout; so rows of an older or newer program are read as anywhere else.
#pragma once

#include <syncfw/codec/binary.hpp>
#include <syncfw/codec/cipher.hpp>
#include <syncfw/codec/delta.hpp>
#include <syncfw/codec/detail/checksum.hpp>
#include <syncfw/codec/detail/wire.hpp>
#include <syncfw/codec/where.hpp>
#include <syncfw/sync/detail/message_rows.hpp>
#include <syncfw/sync/messages.hpp>

namespace syncfw {

inline message_kind kind_of(std::string_view bytes) noexcept {
    if (bytes.size() < 2 || bytes[0] != static_cast<char>(protocol_version)) return {};
    return static_cast<message_kind>(bytes[1]);
}

namespace detail {

template <class T>
inline constexpr field_mask key_fields = entity_of<T>.all_with(meaning::primary_key);

[[nodiscard]] inline error not_a(const char* what) {
    return {.code = errc::malformed,
            .message = std::string("the message is no ") + what + " of this protocol"};
}

inline void append_ids(wire_writer& out, const std::vector<uuid>& ids) {
    out.number(ids.size());
    for (const uuid& each : ids) out.id(each);
}
[[nodiscard]] inline std::vector<uuid> read_ids(wire_reader& in) {
    std::vector<uuid> ids(in.number_up_to(conflicts_max));
    for (uuid& each : ids) each = in.id();
    return ids;
}

inline void append_filters(wire_writer& out, const std::vector<filter>& filters) {
    out.number(filters.size());
    for (const filter& each : filters) out.text(syncfw::binary::encode_filter(each));
}
[[nodiscard]] inline result<std::vector<filter>> read_filters(wire_reader& in) {
    std::vector<filter> filters;
    const std::uint64_t count = in.number_up_to(1'000);
    for (std::uint64_t i = 0; i < count && in.is_good(); ++i) {
        auto each = syncfw::binary::decode_filter(in.text());
        if (!each) return each.error();
        filters.push_back(std::move(*each));
    }
    return filters;
}

inline void append_foreign(wire_writer& out, const std::vector<foreign_field>& fields) {
    out.number(fields.size());
    for (const foreign_field& each : fields) {
        out.text(each.item);
        out.text(each.bytes);
    }
}
[[nodiscard]] inline std::vector<foreign_field> read_foreign(wire_reader& in) {
    std::vector<foreign_field> fields;
    const std::uint64_t count = in.number_up_to(field_mask::fields_max);
    for (std::uint64_t i = 0; i < count && in.is_good(); ++i) {
        const std::string_view item = in.text();
        fields.push_back({std::string(item), std::string(in.text())});
    }
    return fields;
}

// --- items: a head each, and rows or deltas behind one layout --------------------------------

template <class T>
void begin_rows(section_writer& out, const operation<T>&) {
    syncfw::binary::append_layout<T, to_server>(out.rows);
}
template <class T>
void append_item(section_writer& out, const operation<T>& op) {
    out.heads.next_id(op.id);
    out.heads.number(static_cast<std::uint64_t>(op.kind) | (op.resolves.empty() ? 0U : 4U));
    if (!op.resolves.empty()) append_ids(out.heads, op.resolves);
    out.heads.number(op.group);
    out.heads.signed_number(op.base_version);
    out.heads.number(op.written.value());
    const bool has_before = op.kind == operation_kind::put && op.base_version > 0;
    append_fields<to_server>(out, op.before,
                             has_before ? key_fields<T> | op.changed : key_fields<T>);
    append_fields<to_server>(out, op.after, op.changed);
}
template <class T>
[[nodiscard]] result<void> read_items(section_reader& in, std::size_t count,
                                      std::vector<operation<T>>& to) {
    auto rows = fields_reader<T, to_server>::open(in.rows, cipher_of_row<T>(in.keys));
    if (!rows) return rows.error();
    for (std::size_t i = 0; i < count && in.heads.is_good(); ++i) {
        operation<T>& op = to.emplace_back();
        op.id = in.heads.next_id();
        const std::uint64_t kind = in.heads.number_up_to(6);
        if ((kind & 3) > static_cast<std::uint64_t>(operation_kind::restore)) return not_a("push");
        op.kind = static_cast<operation_kind>(kind & 3);
        if ((kind & 4) != 0) op.resolves = read_ids(in.heads);
        op.group = static_cast<std::uint32_t>(in.heads.number_up_to(UINT32_MAX));
        op.base_version = in.heads.signed_number();
        op.written = stamp(in.heads.number(), {});
        const auto before = rows->apply_next(op.before);
        op.after = op.before;
        const auto changed = before ? rows->apply_next(op.after) : std::nullopt;
        if (!changed) return rows->failure() ? *rows->failure() : not_a("push");
        op.changed = *changed;
        for (const auto& each : rows->foreign())
            op.foreign.push_back({std::string(each.item), std::string(each.bytes)});
        if (!(key_fields<T> - *before).empty())
            return error{.code = errc::missing_field,
                         .message = "an operation must have its row's key",
                         .entity = std::string(entity_of<T>.name)};
        assign_fields(op.after, op.before, key_fields<T>);
    }
    if (!rows->rest().empty()) return not_a("push");
    return {};
}

template <class T>
void begin_rows(section_writer& out, const operation_answer<T>&) {
    syncfw::binary::append_layout<T, to_client>(out.rows);
}
template <class T>
void append_item(section_writer& out, const operation_answer<T>& answer) {
    out.heads.next_id(answer.id);
    const bool has_row = !answer.differs.empty(), has_reason = !answer.reason.empty();
    out.heads.number(static_cast<std::uint64_t>(answer.outcome) | (answer.exists ? 8U : 0U) |
                     (answer.is_deleted ? 16U : 0U) | (has_row ? 32U : 0U) |
                     (has_reason ? 64U : 0U));
    out.heads.signed_number(answer.version);
    if (has_reason) {
        out.heads.number(static_cast<std::uint64_t>(answer.code));
        out.heads.text(answer.reason);
    }
    if (has_row) append_fields<to_client>(out, answer.row, answer.differs);
}
[[nodiscard]] inline errc known_code(std::uint64_t code) {
    return code <= static_cast<std::uint64_t>(errc::internal) ? static_cast<errc>(code)
                                                              : errc::internal;
}
template <class T>
[[nodiscard]] result<void> read_items(section_reader& in, std::size_t count,
                                      std::vector<operation_answer<T>>& to) {
    auto rows = fields_reader<T, to_client>::open(in.rows, cipher_of_row<T>(in.keys));
    if (!rows) return rows.error();
    for (std::size_t i = 0; i < count && in.heads.is_good(); ++i) {
        operation_answer<T>& answer = to.emplace_back();
        answer.id = in.heads.next_id();
        const std::uint64_t flags = in.heads.number_up_to(127);
        if ((flags & 7) > static_cast<std::uint64_t>(push_outcome::rejected))
            return not_a("answer");
        answer.outcome = static_cast<push_outcome>(flags & 7);
        answer.exists = (flags & 8) != 0;
        answer.is_deleted = (flags & 16) != 0;
        answer.version = in.heads.signed_number();
        if ((flags & 64) != 0) {
            answer.code = known_code(in.heads.number());
            answer.reason = in.heads.text();
        }
        if ((flags & 32) == 0) continue;
        const auto set = rows->apply_next(answer.row);
        if (!set) return rows->failure() ? *rows->failure() : not_a("answer");
        answer.differs = *set;
    }
    if (!rows->rest().empty()) return not_a("answer");
    return {};
}

template <class T>
inline constexpr bool has_hidden_state =
    place_meaning_version<T> == no_field || !has_soft_delete<T>;

template <class T>
void begin_rows(section_writer& out, const pulled_row<T>&) {
    syncfw::binary::append_layout<T, to_client>(out.rows);
}
// The rows that are there come first, whole; of those that left, the keys alone.
template <class T>
void append_item(section_writer& out, const pulled_row<T>& item) {
    out.heads.number((item.has_left ? 1U : 0U) | (item.foreign.empty() ? 0U : 2U));
    if (!item.foreign.empty()) append_foreign(out.heads, item.foreign);
    if (item.has_left) return append_fields<to_client>(out, item.row.value, key_fields<T>);
    if constexpr (has_hidden_state<T>)
        out.heads.number(static_cast<std::uint64_t>(item.row.version()) << 1 |
                         (item.row.is_deleted() ? 1U : 0U));
    append_fields<to_client>(out, item.row.value, field_mask::first(entity_of<T>.fields.size()));
}
template <class T>
[[nodiscard]] result<void> read_items(section_reader& in, std::size_t count,
                                      std::vector<pulled_row<T>>& to) {
    auto rows = fields_reader<T, to_client>::open(in.rows, cipher_of_row<T>(in.keys));
    if (!rows) return rows.error();
    for (std::size_t i = 0; i < count && in.heads.is_good(); ++i) {
        pulled_row<T>& item = to.emplace_back();
        const std::uint64_t flags = in.heads.number_up_to(3);
        item.has_left = (flags & 1) != 0;
        if ((flags & 2) != 0) item.foreign = read_foreign(in.heads);
        if constexpr (has_hidden_state<T>) {
            if (!item.has_left) {
                const std::uint64_t state = in.heads.number();
                bookkeeping known = read_bookkeeping(item.row);
                known.version = static_cast<std::int64_t>(state >> 1);
                known.is_deleted = (state & 1) != 0;
                if constexpr (!has_soft_delete<T>) item.row.beside.is_deleted = known.is_deleted;
                item.row.set_version(known.version);
            }
        }
        const std::int64_t version = item.row.version();
        const auto set = rows->apply_next(item.row.value);
        if (!set) return rows->failure() ? *rows->failure() : not_a("page");
        item.told = *set;
        // What is foreign to the server may be known here.
        for (const foreign_field& each : item.foreign) {
            const std::size_t place =
                binary::take_foreign<T, to_client>(item.row.value, each.item, each.bytes, in.keys);
            if (place != no_field) item.told.set(place);
        }
        if constexpr (place_meaning_version<T> == no_field) item.row.set_version(version);
    }
    if (!rows->rest().empty()) return not_a("page");
    return {};
}

// --- lists -----------------------------------------------------------------------------------

template <class... Ts, template <class> class Item>
void append_lists(message_writer& out, const lists_of<schema<Ts...>, Item>& lists) {
    std::size_t sections = 0;
    ((sections += lists.template of<Ts>().empty() ? 0 : 1), ...);
    out.number(sections);
    buffer heads, rows;
    const auto append_one = [&]<class T>(const std::vector<Item<T>>& items) {
        if (items.empty()) return;
        heads.clear();
        rows.clear();
        section_writer section{heads, rows, out.keys};
        begin_rows(section, items.front());
        for (const Item<T>& each : items) append_item(section, each);
        if (section.failed && !out.failed) out.failed = std::move(section.failed);
        out.text(entity_of<T>.name);
        out.number(items.size());
        out.text(heads.view());
        out.text(rows.view());
    };
    (append_one(lists.template of<Ts>()), ...);
}

enum class unknown_entities : unsigned char { refused, skipped };

template <class... Ts, template <class> class Item>
[[nodiscard]] result<void> read_lists(message_reader& in, lists_of<schema<Ts...>, Item>& lists,
                                      unknown_entities unknown) {
    using all = schema<Ts...>;
    const std::uint64_t sections = in.number_up_to(1'000);
    for (std::uint64_t i = 0; i < sections && in.is_good(); ++i) {
        const std::string_view name = in.text();
        const std::uint64_t count = in.number();
        const std::string_view heads = in.text(), rows = in.text();
        if (!in.is_good() || count > heads.size()) return not_a("message");
        if (all::find(name) == no_field && unknown == unknown_entities::skipped) continue;
        auto done = all::visit(name, [&]<class T>(of<T>) -> result<void> {
            if (!lists.template of<T>().empty())
                return error{.code = errc::malformed, .message = "an entity comes twice"};
            section_reader section{wire_reader(heads), rows, in.keys};
            auto read =
                read_items(section, static_cast<std::size_t>(count), lists.template of<T>());
            if (read && (!section.heads.is_good() || !section.heads.is_at_end()))
                return not_a("message");
            return read;
        });
        if (!done) return done;
    }
    return in.is_good() ? result<void>() : result<void>(not_a("message"));
}

inline void append_stamp(wire_writer& out, const stamp& s) {
    out.number(s.value());
    out.fixed(s.origin().value());
}
inline stamp read_stamp(wire_reader& in) {
    const std::uint64_t value = in.number();
    return stamp(value, replica_id(in.fixed()));
}

// --- the messages --------------------------------------------------------------------------------

template <class M>
inline constexpr message_kind kind_for = message_kind::failure;
template <class S>
inline constexpr message_kind kind_for<push_message<S>> = message_kind::push;
template <class S>
inline constexpr message_kind kind_for<push_answer<S>> = message_kind::push_answer;
template <>
inline constexpr message_kind kind_for<pull_message> = message_kind::pull;
template <class S>
inline constexpr message_kind kind_for<pull_answer<S>> = message_kind::pull_answer;

template <class S>
void append_body(message_writer& out, const push_message<S>& m) {
    out.id(m.batch);
    out.fixed(m.origin.value());
    out.fixed(m.fingerprint);
    out.id(m.history);
    out.number(m.is_repeated ? 1 : 0);
    append_lists(out, m.operations);
}
template <class S>
[[nodiscard]] result<void> read_body(message_reader& in, push_message<S>& m) {
    m.batch = in.id();
    m.origin = replica_id(in.fixed());
    m.fingerprint = in.fixed();
    m.history = in.id();
    m.is_repeated = in.number_up_to(1) == 1;
    if (auto done = read_lists(in, m.operations, unknown_entities::refused); !done) return done;
    S::for_each([&]<class T>(of<T>) {
        for (operation<T>& op : m.operations.template of<T>())
            op.written = stamp(op.written.value(), m.origin);
    });
    return {};
}

template <class S>
void append_body(message_writer& out, const push_answer<S>& m) {
    out.id(m.batch);
    out.id(m.history);
    out.signed_number(m.until);
    append_stamp(out, m.newest);
    append_lists(out, m.answers);
}
template <class S>
[[nodiscard]] result<void> read_body(message_reader& in, push_answer<S>& m) {
    m.batch = in.id();
    m.history = in.id();
    m.until = in.signed_number();
    m.newest = read_stamp(in);
    return read_lists(in, m.answers, unknown_entities::refused);
}

inline void append_body(wire_writer& out, const pull_message& m) {
    out.text(m.cursor);
    out.signed_number(m.rows_max);
    out.fixed(m.fingerprint);
    out.signed_number(m.fresh_until);
    append_ids(out, m.open_conflicts);
    append_filters(out, m.filters);
}
[[nodiscard]] inline result<void> read_body(wire_reader& in, pull_message& m) {
    m.cursor = in.text();
    m.rows_max = in.signed_number();
    m.fingerprint = in.fixed();
    m.fresh_until = in.signed_number();
    m.open_conflicts = read_ids(in);
    auto filters = read_filters(in);
    if (!filters) return filters.error();
    m.filters = std::move(*filters);
    return {};
}

template <class S>
void append_body(message_writer& out, const pull_answer<S>& m) {
    out.text(m.cursor);
    out.number(static_cast<std::uint64_t>(m.behind));
    out.signed_number(m.fresh_until);
    out.signed_number(m.until);
    out.id(m.history);
    append_stamp(out, m.newest);
    append_ids(out, m.resolved_conflicts);
    append_lists(out, m.rows);
}
template <class S>
[[nodiscard]] result<void> read_body(message_reader& in, pull_answer<S>& m) {
    m.cursor = in.text();
    m.behind = static_cast<std::int64_t>(in.number_up_to(INT64_MAX));
    m.fresh_until = in.signed_number();
    m.until = in.signed_number();
    m.history = in.id();
    m.newest = read_stamp(in);
    m.resolved_conflicts = read_ids(in);
    return read_lists(in, m.rows, unknown_entities::skipped);
}

inline void append_body(wire_writer& out, const failure_message& m) {
    out.number(static_cast<std::uint64_t>(m.why.code));
    for (const std::string* each : {&m.why.message, &m.why.entity, &m.why.key, &m.why.field})
        out.text(*each);
}
[[nodiscard]] inline result<void> read_body(wire_reader& in, failure_message& m) {
    m.why.code = known_code(in.number());
    if (m.why.code == errc{}) m.why.code = errc::internal;
    for (std::string* each : {&m.why.message, &m.why.entity, &m.why.key, &m.why.field})
        *each = in.text();
    if (m.why.message.empty()) m.why.message = "the other side refused, and gave no reason";
    return {};
}

}  // namespace detail

namespace detail {

template <class Message>
inline constexpr bool has_sealed_rows = false;
template <class Message>
    requires requires { typename Message::schema_type; }
inline constexpr bool has_sealed_rows<Message> =
    has_encrypted_entities<typename Message::schema_type>;

template <class Message>
[[nodiscard]] std::optional<error> append_message(buffer& out, const Message& message,
                                                  const cipher_view& keys) {
    message_writer writer(out);
    writer.keys = keys;
    writer.number(protocol_version);
    writer.number(static_cast<std::uint64_t>(kind_for<Message>));
    append_body(writer, message);
    writer.fixed(checksum(out.view(), 0));
    return std::move(writer.failed);
}

}  // namespace detail

template <class Message>
std::string encode(const Message& message) {
    static_assert(!detail::has_sealed_rows<Message>,
                  "syncfw: this message has rows with encrypted fields; give a cipher as well");
    buffer out;
    (void)detail::append_message(out, message, {});
    return std::string(out.view());
}

template <class Message>
result<std::string> encode(const Message& message, const cipher_view& keys) {
    buffer out;
    if (auto failed = detail::append_message(out, message, keys)) return *failed;
    return std::string(out.view());
}

template <class Message>
result<Message> decode(std::string_view bytes) {
    static_assert(!detail::has_sealed_rows<Message>,
                  "syncfw: this message has rows with encrypted fields; give a cipher as well");
    return decode<Message>(bytes, cipher_view());
}

template <class Message>
result<Message> decode(std::string_view bytes, const cipher_view& keys) {
    constexpr message_kind expected = detail::kind_for<Message>;
    const message_kind said = kind_of(bytes);
    if (said == message_kind{})
        return error{.code = errc::unsupported_format,
                     .message = "this is no message of protocol version " +
                                std::to_string(protocol_version)};
    // Not against liars: against what may happen to bytes on their way and at rest.
    constexpr std::size_t ending = 8;
    if (bytes.size() < 2 + ending) return detail::not_a("whole message");
    const std::string_view content = bytes.substr(0, bytes.size() - ending);
    if (detail::wire_reader(bytes.substr(content.size())).fixed() != detail::checksum(content, 0))
        return error{.code = errc::checksum_mismatch, .message = "the message changed on its way"};
    detail::message_reader in(content.substr(2));
    in.keys = keys;
    if constexpr (expected != message_kind::failure)
        if (said == message_kind::failure) {
            failure_message failed;
            if (auto done = detail::read_body(in, failed); !done) return done.error();
            return in.is_good() ? failed.why : detail::not_a("failure");
        }
    Message message;
    if (said != expected) return detail::not_a("message of the expected kind");
    if (auto done = detail::read_body(in, message); !done) return done.error();
    if (!in.is_good() || !in.is_at_end()) return detail::not_a("message");
    return message;
}

}  // namespace syncfw
