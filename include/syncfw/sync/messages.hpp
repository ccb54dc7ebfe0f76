// SPDX-License-Identifier: BSL-1.0
// What the two sides say to each other: a device pushes operations and gets an answer to each, and
// pulls changes page by page. Messages are plain values; how they look as bytes is in
// detail/message_bytes.hpp.
//
//     std::string request = encode(pull_message{.cursor = cursor, .rows_max = 1'000});
//     std::string answer = hub.handle(who, request);
//     result<pull_answer<library>> page = decode<pull_answer<library>>(answer);
//
// Each message begins with the protocol's version and its kind. Whatever comes from the other side
// is checked like a stranger's: lengths, counts, names, values.
#pragma once

#include <syncfw/codec/cipher.hpp>
#include <syncfw/core/error.hpp>
#include <syncfw/core/stamp.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/field_mask.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/entity/schema.hpp>
#include <syncfw/query/filter.hpp>
#include <syncfw/sync/operation.hpp>
#include <syncfw/sync/plan.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace syncfw {

inline constexpr unsigned char protocol_version = 1;

/// Of so many open conflicts at most a pull asks.
inline constexpr std::uint64_t conflicts_max = 100;

namespace detail {

/// One list for each entity of a schema.
template <class Schema, template <class> class Item>
struct lists_of;
template <class... Ts, template <class> class Item>
struct lists_of<schema<Ts...>, Item> {
    std::tuple<std::vector<Item<Ts>>...> each{};

    template <class T>
    [[nodiscard]] std::vector<Item<T>>& of() {
        return std::get<std::vector<Item<T>>>(each);
    }
    template <class T>
    [[nodiscard]] const std::vector<Item<T>>& of() const {
        return std::get<std::vector<Item<T>>>(each);
    }
    [[nodiscard]] std::size_t size() const {
        return std::apply([](const auto&... list) { return (list.size() + ... + 0); }, each);
    }
    [[nodiscard]] bool empty() const { return size() == 0; }
};

}  // namespace detail

/// A device's writes, at most one of each row. Sent again unchanged until there is an answer.
template <class Schema>
struct push_message {
    using schema_type = Schema;
    uuid batch{};
    replica_id origin{};
    std::uint64_t fingerprint = Schema::fingerprint;
    uuid history{};  ///< Which of the server's histories the versions are of; nil: of none yet.
    bool is_repeated = false;  ///< It was sent before, and may have taken effect.
    detail::lists_of<Schema, operation> operations{};
};

/// How one operation ended, and in what the row is another now than the device expects: than what
/// it changed, with its changes.
template <class T>
struct operation_answer {
    uuid id{};
    push_outcome outcome = push_outcome::applied;
    errc code{};           ///< Of a rejected operation.
    std::string reason{};  ///< In words, where it didn't end as it was meant.
    bool exists = true;    ///< False: the server has no such row.
    bool is_deleted = false;
    std::int64_t version = 0;
    field_mask differs{};  ///< These fields of `row` replace the device's.
    T row{};
};

template <class Schema>
struct push_answer {
    using schema_type = Schema;
    uuid batch{};
    uuid history{};
    std::int64_t until = 0;  ///< The number of the feed that it reached.
    stamp newest{};          ///< The server's clock, so that the device's never falls behind it.
    detail::lists_of<Schema, operation_answer> answers{};
};

struct pull_message {
    std::string cursor{};           ///< Empty: from the beginning.
    std::int64_t rows_max = 1'000;  ///< 0: only tell how much there is.
    std::uint64_t fingerprint = 0;
    /// Deletions up to this number are of rows that the device never had: they are not sent.
    std::int64_t fresh_until = 0;
    std::vector<uuid> open_conflicts{};  ///< Of which the device waits to hear.
    std::vector<filter> filters{};       ///< Of the entities that are wanted; none: all of all.
};

/// A row as the server has it now; or only its key, and that it is none of those asked for.
template <class T>
struct pulled_row {
    record<T> row{};
    bool has_left = false;
    field_mask told =
        field_mask::first(entity_of<T>.fields.size());  ///< An older server knows less.
    std::vector<foreign_field> foreign{};               ///< What it keeps for those who know more.
};

template <class Schema>
struct pull_answer {
    using schema_type = Schema;
    std::string cursor{};     ///< Goes on here.
    std::int64_t behind = 0;  ///< So many changes may be left, of all entities.
    std::int64_t fresh_until = 0;
    std::int64_t until = 0;  ///< All changes up to this number of the feed are in it or before.
    uuid history{};
    stamp newest{};
    std::vector<uuid> resolved_conflicts{};  ///< Of the open ones that were asked for.
    detail::lists_of<Schema, pulled_row> rows{};

    [[nodiscard]] bool is_behind() const noexcept { return behind > 0; }
};

/// A request that was refused as a whole: it had no effect.
struct failure_message {
    error why{};
};

enum class message_kind : unsigned char { push = 1, push_answer, pull, pull_answer, failure };

/// The kind that the bytes say; 0 for bytes of no message of this protocol.
[[nodiscard]] message_kind kind_of(std::string_view bytes) noexcept;

template <class Message>
[[nodiscard]] std::string encode(const Message& message);
/// The same of one whose rows have encrypted fields. It fails where the cipher does.
template <class Message>
[[nodiscard]] result<std::string> encode(const Message& message, const cipher_view& keys);

/// Gives the other side's error in place of an answer where it sent one.
template <class Message>
[[nodiscard]] result<Message> decode(std::string_view bytes);
template <class Message>
[[nodiscard]] result<Message> decode(std::string_view bytes, const cipher_view& keys);

}  // namespace syncfw

#include <syncfw/sync/detail/message_bytes.hpp>
