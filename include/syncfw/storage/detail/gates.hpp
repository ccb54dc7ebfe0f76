// SPDX-License-Identifier: BSL-1.0
// What a class lacks to be a store, as one sentence.
#pragma once

#include <syncfw/core/tenant.hpp>
#include <syncfw/entity/key.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/storage/system_entities.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail {

template <class Schema>
struct first_entity;
template <class T, class... Rest>
struct first_entity<schema<T, Rest...>> {
    using type = T;
};

// The entity that the operations are tried with.
template <class S>
using sample_entity = typename first_entity<typename S::schema_type>::type;

template <class Expected, class Given>
inline constexpr bool gives = std::is_same_v<Given, result<Expected>>;

template <class R, class T>
consteval bool require_reader() {
    using rows = std::vector<record<T>>;
    constexpr bool get = requires(R& r, const key_of<T>& key) {
        requires gives<std::optional<record<T>>, decltype(r.template get<T>(key))>;
    };
    static_assert(get,
                  "syncfw: the store's transactions lack "
                  "`result<std::optional<record<T>>> get<T>(const key_of<T>&)`");
    constexpr bool scan = requires(R& r, const query_view& asked) {
        requires gives<rows, decltype(r.template scan<T>(asked))>;
    };
    static_assert(scan,
                  "syncfw: the store's transactions lack "
                  "`result<std::vector<record<T>>> scan<T>(const query_view&)`");
    constexpr bool changes = requires(R& r, std::int64_t number) {
        requires gives<rows, decltype(r.template changes<T>(number, number, number))>;
    };
    static_assert(changes,
                  "syncfw: the store's transactions lack `result<std::vector<record<T>>> "
                  "changes<T>(std::int64_t after, std::int64_t until, std::int64_t limit)`");
    constexpr bool last_sequence =
        requires(R& r) { requires gives<std::int64_t, decltype(r.last_sequence())>; };
    static_assert(last_sequence,
                  "syncfw: the store's transactions lack `result<std::int64_t> last_sequence()`");
    constexpr bool get_value = requires(R& r, std::string_view name) {
        requires gives<std::optional<std::string>, decltype(r.get_value(name))>;
    };
    static_assert(get_value,
                  "syncfw: the store's transactions lack "
                  "`result<std::optional<std::string>> get_value(std::string_view name)`");
    constexpr bool is_usable =
        requires(R& r) { requires std::is_same_v<bool, decltype(r.is_usable())>; };
    static_assert(is_usable, "syncfw: the store's transactions lack `bool is_usable()`");
    return true;
}

template <class W, class T>
consteval bool require_writer() {
    constexpr bool put = requires(W& w, const record<T>& row) {
        requires gives<void, decltype(w.template put<T>(row))>;
    };
    static_assert(put, "syncfw: the store's writer lacks `result<void> put<T>(const record<T>&)`");
    constexpr bool erase = requires(W& w, const key_of<T>& key) {
        requires gives<void, decltype(w.template erase<T>(key))>;
    };
    static_assert(erase,
                  "syncfw: the store's writer lacks `result<void> erase<T>(const key_of<T>&)`");
    constexpr bool next_sequence = requires(W& w, std::int64_t count) {
        requires gives<std::int64_t, decltype(w.next_sequence(count))>;
    };
    static_assert(next_sequence,
                  "syncfw: the store's writer lacks "
                  "`result<std::int64_t> next_sequence(std::int64_t count)`");
    constexpr bool put_value = requires(W& w, std::string_view text) {
        requires gives<void, decltype(w.put_value(text, text))>;
    };
    static_assert(put_value,
                  "syncfw: the store's writer lacks "
                  "`result<void> put_value(std::string_view name, std::string_view bytes)`");
    constexpr bool erase_value = requires(W& w, std::string_view name) {
        requires gives<void, decltype(w.erase_value(name))>;
    };
    static_assert(erase_value,
                  "syncfw: the store's writer lacks "
                  "`result<void> erase_value(std::string_view name)`");
    constexpr bool commit = requires(W& w) { requires gives<void, decltype(w.commit())>; };
    static_assert(commit, "syncfw: the store's writer lacks `result<void> commit()`");
    return true;
}

template <class S>
consteval bool require_storage() {
    constexpr bool types = requires {
        typename S::schema_type;
        typename S::reader;
        typename S::writer;
    };
    static_assert(
        types, "syncfw: a store has the types schema_type, reader and writer (its transactions)");
    if constexpr (types) {
        static_assert(require_reader<typename S::reader, sample_entity<S>>());
        static_assert(require_reader<typename S::writer, sample_entity<S>>());
        static_assert(require_writer<typename S::writer, sample_entity<S>>());
        constexpr bool begins = requires(S& store, const tenant_id& whose) {
            requires gives<typename S::reader, decltype(store.begin_read(whose))>;
            requires gives<typename S::writer, decltype(store.begin_write(whose))>;
        };
        static_assert(begins,
                      "syncfw: the store lacks `result<reader> begin_read(const tenant_id&)` or "
                      "`result<writer> begin_write(const tenant_id&)`");
        constexpr bool migrates =
            requires(S& store) { requires gives<void, decltype(store.migrate())>; };
        static_assert(migrates, "syncfw: the store lacks `result<void> migrate()`");
        constexpr bool has_identity = requires(S& store) { *store.identity(); };
        static_assert(has_identity, "syncfw: the store lacks `result<store_identity> identity()`");
    }
    return true;
}

// The gate of every call that names an entity.
template <class S, class T>
consteval bool require_stored() {
    static_assert(
        complete_schema<typename S::schema_type>::template contains<T>,
        "syncfw: this entity is not in the schema that the store was opened with; add it");
    return true;
}

}  // namespace syncfw::detail
