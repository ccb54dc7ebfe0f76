// SPDX-License-Identifier: BSL-1.0
// Records to and from the columns of a statement.
#pragma once

#include <syncfw/config.hpp>
#include <syncfw/storage/detail/columns.hpp>
#include <syncfw/storage/detail/sql_schema.hpp>
#include <syncfw/storage/sqlite/error.hpp>
#include <syncfw/storage/sqlite/statement.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::sqlite::detail {

/// Whether the view of a member points into the row itself: not so where it is made for the call,
/// as JSON, as a ciphertext, or by the user's value_traits.
template <class V>
constexpr bool is_seen_in_place() {
    using enum syncfw::detail::value_shape;
    constexpr auto shape = syncfw::detail::shape_v<V>;
    if constexpr (shape == optional || shape == secret)
        return is_seen_in_place<syncfw::detail::inner_t<V>>();
    else
        return shape != custom && syncfw::detail::kind_of<V>() != value_kind::json;
}

/// How long what is bound for each column lives. Hidden columns are numbers, and the tenant, which
/// is the transaction's.
template <class T>
inline constexpr auto lifetimes = [] {
    std::array<lifetime, sql::column_count(entity_of<T>)> lives{};
    const auto fill = [&]<class... V>(syncfw::detail::type_list<V...>) {
        const bool in_place[] = {is_seen_in_place<V>()...};
        for (std::size_t i = 0; i < sizeof...(V); ++i)
            if (!in_place[i] || entity_of<T>.fields[i].cipher != encryption::none)
                lives[i] = lifetime::of_the_call;
    };
    fill(syncfw::detail::member_types<T>{});
    return lives;
}();

struct row_binder {
    statement& to;
    const lifetime* lives;

    void operator()(std::size_t place, const value_view& seen) const noexcept {
        to.bind(place, seen, lives[place]);
    }
};
template <class T, class Cipher>
[[nodiscard]] result<void> bind_row(statement& to, const record<T>& row, const tenant_id& whose,
                                    const Cipher& cipher, buffer& scratch) {
    return syncfw::detail::write_columns(row, whose, cipher, scratch,
                                         row_binder{to, lifetimes<T>.data()});
}

struct key_binder {
    statement& to;

    void operator()(std::size_t place, const value_view& seen) const noexcept {
        // A key's value may be made for the call, by value_traits; keys are short.
        to.bind(place, seen, place == 0 ? lifetime::until_run : lifetime::of_the_call);
    }
};
template <class T>
void bind_key(statement& to, const key_of<T>& key, const syncfw::detail::tenant_value<T>& whose) {
    syncfw::detail::write_key<T>(key, whose, key_binder{to});
}

template <class T>
[[gnu::cold]] [[gnu::noinline]] error odd_row() {
    return {.code = errc::corrupted,
            .message = "a column has a value of another type than its field",
            .entity = std::string(entity_of<T>.name)};
}

struct column_source {
    statement& from;

    [[nodiscard]] SYNCFW_INLINE value_view operator()(std::size_t place,
                                                      value_kind kind) const noexcept {
        return from.column(place, kind);
    }
};
template <class T, class Cipher>
[[nodiscard]] result<void> read_row(statement& from, record<T>& row, const Cipher& cipher) {
    auto done = syncfw::detail::read_columns(row, cipher, column_source{from});
    if (from.is_odd()) return odd_row<T>();
    return done;
}

/// Why a row could not be put or erased.
template <class T>
[[gnu::cold]] [[gnu::noinline]] error refusal(error why, const key_of<T>& key) {
    why.entity = entity_of<T>.name;
    why.key = key_text(key);
    if (why.code != errc::already_exists) return why;
    if (column_in(why.cause) == "_sequence") why.message = "the feed's number is another row's";
    const std::string_view index = index_in(why.cause);
    for (const field_info& each : entity_of<T>.fields)
        if (index == sql::detail::unique_index_name(entity_of<T>, each)) why.field = each.name;
    return why;
}

}  // namespace syncfw::sqlite::detail
