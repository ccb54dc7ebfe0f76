// SPDX-License-Identifier: BSL-1.0
// Where records live. The engine does everything through what stands on this page.
//
// A *store* keeps the records of a schema, and the engine's own entities with them, for any number
// of tenants. All access is by a *transaction*, which belongs to one tenant from its beginning:
//
//     auto tx = begin_write(store, tenant_id("acme"));     // result<write_transaction<S>>
//     auto dune = tx->get<book>(id);                       // result<std::optional<record<book>>>
//     (*dune)->set_sequence(*tx->next_sequence(1));
//     tx->put(**dune);
//     tx->commit();                                        // else all of it is rolled back
//
// What every store promises, and `testing::check_store` holds it to:
//
// - A *read transaction* sees one moment: what was committed when it began, whatever is written
//   meanwhile. A *write transaction* sees its own writes as well.
// - Nothing of a write transaction is there for others before `commit` gave success, and all of it
//   is there from then on: also after a crash, with the durability that the store was opened with.
//   When the answer of a commit is lost, the error is `errc::commit_unknown`.
// - A call that fails leaves no part of itself behind. Whether the transaction goes on after it is
//   told by `is_usable()`; after a `put` with `already_exists` or `invalid_value` it does.
// - *The feed*: `next_sequence(n)` gives the n numbers behind the tenant's last one. From then
//   until its end no other transaction of the tenant can get numbers, so they become visible in
//   their order and no reader of the feed ever misses one; and what is read from then on is up to
//   date.
//   Who writes what he has read takes it first, with 0 if he doesn't know how many he needs; who
//   only writes takes it late. Numbers that are rolled back are given again.
// - `changes(after, until, limit)` gives the rows whose `sequence()` lies in between (until
//   included), in that order, tombstones included: the first `limit` of them, and no more are read.
//   Rows with the sequence 0 are in no feed.
// - Rows come back as they were put: bookkeeping, nulls, empty texts and the last bit of a number
//   (but zero has no sign).
// - A store may be used by several threads, a transaction by one at a time. A transaction may not
//   outlive its store.
//
// An adapter is a plain class: no base, no registration. It needs the operations of the concepts
// below, as templates over the entity where they say T; docs/guide/storage-adapter.md leads through
// one. Where it has an operation for many rows (`get_many`, `put_many`, `erase_many`), for counting
// (`count`) or for queries whose text is known while compiling (`scan(query)`), that one is taken;
// else they are made of the single ones. One that can leave `unique` values unchecked, as a replica
// needs it, says which it does by `keeps_unique()`.
#pragma once

#include <syncfw/core/tenant.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/key.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/query/filter.hpp>
#include <syncfw/storage/detail/gates.hpp>
#include <syncfw/storage/detail/storable.hpp>
#include <syncfw/storage/system_entities.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw {

/// Which history a store has, so that cursors of another one are noticed. Made once for a store,
/// kept in it, and made anew when the store went back in time (a backup was put in its place).
struct store_identity {
    uuid history{};
    std::array<std::byte, 16> cursor_key{};  ///< Never leaves the store but in copies of it.

    friend bool operator==(const store_identity&, const store_identity&) = default;
};

/// What an adapter's read transaction must have, shown for one entity of its schema.
template <class R, class T>
concept storage_reader = requires(R& r, const key_of<T>& key, const query_view& asked,
                                  std::int64_t number, std::string_view name) {
    // A missing row is no error; it is an empty optional.
    { r.template get<T>(key) } -> std::same_as<result<std::optional<record<T>>>>;
    // The rows of the query in its order; by key where the view has none.
    { r.template scan<T>(asked) } -> std::same_as<result<std::vector<record<T>>>>;
    // after < sequence() <= until, in that order, and so many at most.
    {
        r.template changes<T>(number, number, number)
    } -> std::same_as<result<std::vector<record<T>>>>;
    // The last number of the tenant's feed; 0 before the first.
    { r.last_sequence() } -> std::same_as<result<std::int64_t>>;
    // A small value of the tenant's, by name.
    { r.get_value(name) } -> std::same_as<result<std::optional<std::string>>>;
    // False after a failure that took the transaction with it.
    { r.is_usable() } -> std::same_as<bool>;
};

/// What its write transaction must have besides. The destructor rolls back what isn't committed.
template <class W, class T>
concept storage_writer =
    storage_reader<W, T> && requires(W& w, const key_of<T>& key, const record<T>& row,
                                     std::int64_t count, std::string_view text) {
        // Inserts or replaces, bookkeeping and all, exactly as given.
        { w.template put<T>(row) } -> std::same_as<result<void>>;
        // Takes the row away for good, without a tombstone. A missing row is no error.
        { w.template erase<T>(key) } -> std::same_as<result<void>>;
        // The first of `count` new numbers of the feed; with 0 only the lock.
        { w.next_sequence(count) } -> std::same_as<result<std::int64_t>>;
        { w.put_value(text, text) } -> std::same_as<result<void>>;
        { w.erase_value(text) } -> std::same_as<result<void>>;
        { w.commit() } -> std::same_as<result<void>>;
    };

/// A place where records live.
template <class S>
concept storage = requires(S& store, const tenant_id& whose) {
    typename S::schema_type;
    typename S::reader;
    typename S::writer;
    requires storage_reader<typename S::reader, detail::sample_entity<S>>;
    requires storage_writer<typename S::writer, detail::sample_entity<S>>;
    { store.begin_read(whose) } -> std::same_as<result<typename S::reader>>;
    // Waits for other writers of the tenant, up to the store's deadline: `errc::busy` after it.
    { store.begin_write(whose) } -> std::same_as<result<typename S::writer>>;
    // Makes the tables, or changes them to the schema as it is now.
    { store.migrate() } -> std::same_as<result<void>>;
    { store.identity() } -> std::same_as<result<store_identity>>;
};

/// One that can say whose records it holds, a step at a time: the next tenant whose feed has begun,
/// in the order of the names' bytes, or none. Retention goes through them.
template <class S>
concept lists_tenants = storage<S> && requires(S& store, const std::optional<tenant_id>& after) {
    // With none, the first.
    { store.tenant_after(after) } -> std::same_as<result<std::optional<tenant_id>>>;
};

namespace detail {

/// What reading and writing transactions have in common.
template <class S, class Native>
class transaction {
  public:
    using store_type = S;

    transaction(Native&& native, const tenant_id& whose)
        : native_(std::move(native)), tenant_(whose) {}

    [[nodiscard]] const tenant_id& tenant() const noexcept { return tenant_; }
    [[nodiscard]] bool is_usable() { return native_.is_usable(); }
    /// The adapter's own transaction, for what only it can do.
    [[nodiscard]] Native& native() noexcept { return native_; }

    template <class T>
    [[nodiscard]] result<std::optional<record<T>>> get(const key_of<T>& key) {
        static_assert(require_stored<S, T>());
        return native_.template get<T>(key);
    }

    /// One answer for each key, in their order.
    template <class T>
    [[nodiscard]] result<std::vector<std::optional<record<T>>>> get_many(
        std::span<const key_of<T>> keys) {
        static_assert(require_stored<S, T>());
        if constexpr (requires { native_.template get_many<T>(keys); }) {
            return native_.template get_many<T>(keys);
        } else {
            std::vector<std::optional<record<T>>> rows;
            rows.reserve(keys.size());
            for (const key_of<T>& key : keys) {
                auto row = native_.template get<T>(key);
                if (!row) return row.error();
                rows.push_back(std::move(*row));
            }
            return rows;
        }
    }

    /// `tx.scan(where(field<&book::pages> > 300).limit(50))`
    template <class T, auto Shape>
    [[nodiscard]] result<std::vector<record<T>>> scan(const query<T, Shape>& asked) {
        static_assert(require_stored<S, T>());
        if constexpr (requires { native_.scan(asked); })
            return native_.scan(asked);
        else
            return native_.template scan<T>(asked.view());
    }
    /// For queries that only run time knows. The view's entity must be T's.
    template <class T>
    [[nodiscard]] result<std::vector<record<T>>> scan(const query_view& asked) {
        static_assert(require_stored<S, T>());
        return native_.template scan<T>(asked);
    }

    /// How many rows the query finds.
    template <class T, auto Shape>
    [[nodiscard]] result<std::int64_t> count(const query<T, Shape>& asked) {
        static_assert(require_stored<S, T>());
        if constexpr (requires { native_.template count<T>(asked.view()); }) {
            return native_.template count<T>(asked.view());
        } else {
            auto rows = scan(asked);
            if (!rows) return rows.error();
            return static_cast<std::int64_t>(rows->size());
        }
    }

    template <class T>
    [[nodiscard]] result<std::vector<record<T>>> changes(
        std::int64_t after, std::int64_t until,
        std::int64_t limit = std::numeric_limits<std::int64_t>::max()) {
        static_assert(require_stored<S, T>());
        return native_.template changes<T>(after, until, limit);
    }

    [[nodiscard]] result<std::int64_t> last_sequence() { return native_.last_sequence(); }
    [[nodiscard]] result<std::optional<std::string>> get_value(std::string_view name) {
        return native_.get_value(name);
    }

  protected:
    Native native_;
    tenant_id tenant_;
};

}  // namespace detail

/// Sees one moment of the tenant's records. Begun by `begin_read`.
template <class S>
class read_transaction : public detail::transaction<S, typename S::reader> {
    using detail::transaction<S, typename S::reader>::transaction;
};

/// Changes the tenant's records, all or nothing. Begun by `begin_write`.
template <class S>
class write_transaction : public detail::transaction<S, typename S::writer> {
    using base = detail::transaction<S, typename S::writer>;

  public:
    using base::base;

    /// Inserts or replaces the row. Refused with `errc::invalid_value` are values that not every
    /// store can keep (a text that isn't UTF-8 or has NUL, a real that is NaN), with
    /// `errc::forbidden` a row that says it is another tenant's, and with `errc::already_exists`
    /// one whose `unique` value another row has.
    template <class T>
    result<void> put(const record<T>& row) {
        static_assert(detail::require_stored<S, T>());
        if (auto fits = detail::check_storable(row.value, this->tenant_); !fits) return fits;
        return this->native_.template put<T>(row);
    }

    /// All of them or none. Where a store has no call of its own for it, a refusal behind the first
    /// row ends the transaction: `is_usable()` is false then, and it can't be committed.
    template <class T>
    result<void> put_many(std::span<const record<T>> rows) {
        static_assert(detail::require_stored<S, T>());
        for (const record<T>& row : rows)
            if (auto fits = detail::check_storable(row.value, this->tenant_); !fits) return fits;
        if constexpr (requires { this->native_.template put_many<T>(rows); }) {
            return this->native_.template put_many<T>(rows);
        } else {
            for (std::size_t i = 0; i < rows.size(); ++i)
                if (auto done = this->native_.template put<T>(rows[i]); !done)
                    return spoil(i, done);
            return {};
        }
    }
    template <class T>
    result<void> put_many(const std::vector<record<T>>& rows) {
        return put_many(std::span<const record<T>>(rows));
    }

    /// Puts those of the rows that are not there, or there with a lower version; how many it were.
    template <class T>
    result<std::int64_t> put_newer(std::span<const record<T>> rows) {
        static_assert(detail::require_stored<S, T>());
        if constexpr (requires { this->native_.template put_newer<T>(rows); }) {
            for (const record<T>& row : rows)
                if (auto fits = detail::check_storable(row.value, this->tenant_); !fits)
                    return fits.error();
            return this->native_.template put_newer<T>(rows);
        } else {
            std::vector<key_of<T>> keys;
            for (const record<T>& row : rows) keys.push_back(key(row.value));
            auto here = this->template get_many<T>(std::span<const key_of<T>>(keys));
            if (!here) return here.error();
            std::vector<record<T>> newer;
            for (std::size_t i = 0; i < rows.size(); ++i)
                if (!(*here)[i] || (*here)[i]->version() < rows[i].version())
                    newer.push_back(rows[i]);
            if (auto done = put_many(newer); !done) return done.error();
            return static_cast<std::int64_t>(newer.size());
        }
    }

    /// Takes the row away for good; deletions that others must hear of are rows put as deleted.
    template <class T>
    result<void> erase(const key_of<T>& key) {
        static_assert(detail::require_stored<S, T>());
        return this->native_.template erase<T>(key);
    }
    template <class T>
    result<void> erase_many(std::span<const key_of<T>> keys) {
        static_assert(detail::require_stored<S, T>());
        if constexpr (requires { this->native_.template erase_many<T>(keys); }) {
            return this->native_.template erase_many<T>(keys);
        } else {
            for (std::size_t i = 0; i < keys.size(); ++i)
                if (auto done = this->native_.template erase<T>(keys[i]); !done)
                    return spoil(i, done);
            return {};
        }
    }

    [[nodiscard]] result<std::int64_t> next_sequence(std::int64_t count) {
        SYNCFW_ASSERT(count >= 0, "next_sequence takes how many numbers are wanted");
        return this->native_.next_sequence(count);
    }
    result<void> put_value(std::string_view name, std::string_view bytes) {
        return this->native_.put_value(name, bytes);
    }
    result<void> erase_value(std::string_view name) { return this->native_.erase_value(name); }

    [[nodiscard]] bool is_usable() { return !spoiled_ && base::is_usable(); }

    /// Ends the transaction; nothing else may be called after it.
    result<void> commit() { return spoiled_ ? result<void>(*spoiled_) : this->native_.commit(); }

  private:
    // What a call for many rows did before the refused one can't be taken back alone.
    result<void> spoil(std::size_t done_before, const result<void>& why) {
        if (done_before > 0) spoiled_ = why.error();
        return why;
    }

    std::optional<error> spoiled_{};
};

template <class S>
[[nodiscard]] result<read_transaction<S>> begin_read(S& store, const tenant_id& whose) {
    static_assert(detail::require_storage<S>());
    auto native = store.begin_read(whose);
    if (!native) return native.error();
    return read_transaction<S>(std::move(*native), whose);
}

template <class S>
[[nodiscard]] result<write_transaction<S>> begin_write(S& store, const tenant_id& whose) {
    static_assert(detail::require_storage<S>());
    auto native = store.begin_write(whose);
    if (!native) return native.error();
    return write_transaction<S>(std::move(*native), whose);
}

}  // namespace syncfw
