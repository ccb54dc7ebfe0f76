// SPDX-License-Identifier: BSL-1.0
// Records in LMDB, a key-value store: what an adapter of one's own looks like. Everything stands in
// one ordered map; the first byte of a key says what it is:
//
//     r tenant entity key         a row                 f tenant entity number   the key of a row
//     u tenant entity field value the key of a row      v tenant name            a small value
//     h tenant                    the feed's last number   i                     the identity
#pragma once

#include <syncfw/core/detail/entropy.hpp>
#include <syncfw/core/detail/siphash.hpp>
#include <syncfw/storage/arrange.hpp>
#include <syncfw/storage/record_bytes.hpp>
#include <syncfw/storage/storage.hpp>

#include <algorithm>
#include <cstring>
#include <lmdb.h>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace custom {

using namespace syncfw;

// [errors]
/// What LMDB's codes mean to us.
inline result<void> checked(int code) {
    if (code == 0) return {};
    error failed{.code = errc::unavailable, .message = "LMDB failed", .cause = mdb_strerror(code)};
    if (code == MDB_MAP_FULL || code == ENOSPC) failed.code = errc::storage_full;
    if (code == EACCES || code == EROFS) failed.code = errc::read_only;
    if (code == MDB_CORRUPTED || code == MDB_INVALID) failed.code = errc::corrupted;
    return failed;
}
// [/errors]

inline MDB_val to_val(std::string_view bytes) {
    return {bytes.size(), const_cast<char*>(bytes.data())};
}
inline std::string_view to_view(const MDB_val& val) {
    return {static_cast<const char*>(val.mv_data), val.mv_size};
}

// [reader]
/// Reads within one of LMDB's transactions, which sees one moment.
class reader {
  public:
    reader(MDB_txn* tx, MDB_dbi map, const tenant_id& whose) : tx_(tx), map_(map), whose_(whose) {}
    reader(reader&&) noexcept = default;

    template <class T>
    result<std::optional<record<T>>> get(const key_of<T>& key) {
        auto bytes = find(at<T>('r', key_bytes(key)));
        if (!bytes) return bytes.error();
        if (!*bytes) return std::optional<record<T>>();
        auto row = read_record<T>(**bytes);
        if (!row) return row.error();
        return std::optional(std::move(*row));
    }

    template <class T>
    result<std::vector<record<T>>> scan(const query_view& asked) {
        std::vector<record<T>> rows;
        auto done = walk(at<T>('r'), at<T>('r'), [&](auto, std::string_view bytes) -> result<bool> {
            auto row = read_record<T>(bytes);
            if (!row) return row.error();
            rows.push_back(std::move(*row));
            return true;
        });
        if (!done) return done.error();
        arrange(rows, asked);
        return rows;
    }

    template <class T>
    result<std::vector<record<T>>> changes(std::int64_t after, std::int64_t until,
                                           std::int64_t limit) {
        std::vector<record<T>> rows;
        const std::string end = at<T>('f', key_bytes(until));
        auto done = walk(at<T>('f', key_bytes(after + 1)), at<T>('f'),
                         [&](std::string_view key, std::string_view found) -> result<bool> {
                             if (key > end || std::ssize(rows) == limit) return false;
                             auto bytes = find(at<T>('r', found));
                             if (!bytes) return bytes.error();
                             auto row = read_record<T>(bytes->value_or(""));
                             if (!row) return row.error();
                             rows.push_back(std::move(*row));
                             return true;
                         });
        if (!done) return done.error();
        return rows;
    }

    result<std::int64_t> last_sequence() {
        auto bytes = find(name('h', ""));
        if (!bytes) return bytes.error();
        return *bytes ? std::stoll(**bytes) : 0;
    }
    result<std::optional<std::string>> get_value(std::string_view what) {
        return find(name('v', what));
    }
    [[nodiscard]] bool is_usable() const { return tx_ != nullptr; }
    // [/reader]

  protected:
    struct aborter {
        void operator()(MDB_txn* open) const { mdb_txn_abort(open); }
    };

    // [keys]
    std::string name(char what, std::string_view rest) const {
        return what + key_bytes(whose_.name()) + std::string(rest);
    }
    template <class T>
    std::string at(char what, std::string_view rest = {}) const {
        return fit(name(what, key_bytes(std::string(entity_of<T>.name)) + std::string(rest)));
    }
    /// LMDB's keys end at 511 bytes; what is longer keeps its beginning, and a mark of the whole.
    static std::string fit(std::string key) {
        if (key.size() <= 500) return key;
        const auto mark = syncfw::detail::siphash_128({}, key);
        key.resize(480);
        return key.append(reinterpret_cast<const char*>(mark.data()), mark.size());
    }
    // [/keys]

    result<std::optional<std::string>> find(std::string_view key) {
        MDB_val wanted = to_val(key), found;
        const int code = mdb_get(tx_.get(), map_, &wanted, &found);
        if (code == MDB_NOTFOUND) return std::optional<std::string>();
        if (auto done = checked(code); !done) return done.error();
        return std::optional<std::string>(to_view(found));
    }
    /// Calls `f(key, value)` for all that begin with the prefix, from a key on, until f says no.
    template <class F>
    result<void> walk(const std::string& from, const std::string& prefix, F&& f) {
        MDB_cursor* opened = nullptr;
        if (auto done = checked(mdb_cursor_open(tx_.get(), map_, &opened)); !done) return done;
        const std::unique_ptr<MDB_cursor, decltype(&mdb_cursor_close)> cursor(opened,
                                                                              &mdb_cursor_close);
        MDB_val key = to_val(from), value;
        int code = mdb_cursor_get(opened, &key, &value, MDB_SET_RANGE);
        for (; code == 0 && to_view(key).substr(0, prefix.size()) == prefix;
             code = mdb_cursor_get(opened, &key, &value, MDB_NEXT)) {
            auto goes_on = f(to_view(key), to_view(value));
            if (!goes_on) return goes_on.error();
            if (!*goes_on) break;
        }
        return checked(code == MDB_NOTFOUND ? 0 : code);
    }

    std::unique_ptr<MDB_txn, aborter> tx_;
    MDB_dbi map_;
    tenant_id whose_;
};

// [writer]
class writer : public reader {
  public:
    using reader::reader;

    template <class T>
    result<void> put(const record<T>& row) {
        const std::string key = key_bytes(syncfw::key(row.value));
        for (const std::string& each : unique_keys(row)) {
            auto owner = find(each);
            if (!owner) return owner.error();
            if (*owner && **owner != key)
                return error{.code = errc::already_exists,
                             .message = "another row has this value",
                             .entity = std::string(entity_of<T>.name),
                             .key = key_text(syncfw::key(row.value))};
        }
        if (auto gone = erase<T>(syncfw::key(row.value)); !gone) return gone;
        if (auto done = keep(at<T>('r', key), record_bytes(row)); !done) return done;
        for (const std::string& each : unique_keys(row))
            if (auto done = keep(each, key); !done) return done;
        return row.sequence() > 0 ? keep(at<T>('f', key_bytes(row.sequence())), key)
                                  : result<void>();
    }

    template <class T>
    result<void> erase(const key_of<T>& key) {
        auto before = get<T>(key);
        if (!before || !*before) return before ? result<void>() : result<void>(before.error());
        for (const std::string& each : unique_keys(**before))
            if (auto done = forget(each); !done) return done;
        if ((*before)->sequence() > 0)
            if (auto done = forget(at<T>('f', key_bytes((*before)->sequence()))); !done)
                return done;
        return forget(at<T>('r', key_bytes(key)));
    }

    result<std::int64_t> next_sequence(std::int64_t count) {
        auto last = last_sequence();
        if (!last) return last;
        if (auto done = keep(name('h', ""), std::to_string(*last + count)); !done)
            return done.error();
        return *last + 1;
    }
    result<void> put_value(std::string_view what, std::string_view bytes) {
        return keep(name('v', what), bytes);
    }
    result<void> erase_value(std::string_view what) { return forget(name('v', what)); }

    result<void> commit() { return checked(mdb_txn_commit(tx_.release())); }
    // [/writer]

  private:
    /// The keys of its unique values; a deleted row has none, and a null is none.
    template <class T>
    std::vector<std::string> unique_keys(const record<T>& row) const {
        std::vector<std::string> keys;
        for (std::size_t i = 0; i < entity_of<T>.fields.size() && !row.is_deleted(); ++i)
            if (entity_of<T>.fields[i].has(meaning::unique))
                visit_field(row.value, i, [&](const value_view& seen) {
                    if (!seen.is_null)
                        keys.push_back(at<T>('u', key_bytes(static_cast<std::int64_t>(i)) +
                                                      key_bytes(std::string(seen.text)) +
                                                      key_bytes(seen.integer)));
                });
        return keys;
    }
    result<void> keep(std::string_view key, std::string_view bytes) {
        MDB_val at = to_val(key), value = to_val(bytes);
        return written(mdb_put(tx_.get(), map_, &at, &value, 0));
    }
    result<void> forget(std::string_view key) {
        MDB_val at = to_val(key);
        const int code = mdb_del(tx_.get(), map_, &at, nullptr);
        return written(code == MDB_NOTFOUND ? 0 : code);
    }
    /// A write that fails in the middle takes its transaction with it.
    result<void> written(int code) {
        if (code != 0) tx_.reset();
        return checked(code);
    }
};

// [store]
/// A file and the transactions on it. LMDB lets one write at a time, and the others wait.
template <class Schema>
class lmdb_store {
  public:
    using schema_type = Schema;
    using reader = custom::reader;
    using writer = custom::writer;

    static result<std::unique_ptr<lmdb_store>> open(const std::string& path) {
        std::unique_ptr<lmdb_store> made(new lmdb_store);
        int code = mdb_env_create(&made->environment_);
        if (code == 0) code = mdb_env_set_mapsize(made->environment_, std::size_t{1} << 30);
        if (code == 0)
            code = mdb_env_open(made->environment_, path.c_str(), MDB_NOSUBDIR | MDB_NOTLS, 0600);
        if (auto done = checked(code); !done) return done.error();
        if (auto done = made->migrate(); !done) return done.error();
        return made;
    }
    ~lmdb_store() { mdb_env_close(environment_); }

    result<reader> begin_read(const tenant_id& whose) { return begin<reader>(whose, MDB_RDONLY); }
    result<writer> begin_write(const tenant_id& whose) { return begin<writer>(whose, 0); }

    /// There are no tables to make; the identity is made once.
    result<void> migrate() {
        MDB_txn* tx = nullptr;
        int code = mdb_txn_begin(environment_, nullptr, 0, &tx);
        if (code == 0) code = mdb_dbi_open(tx, nullptr, 0, &map_);
        store_identity fresh{.history = new_uuid()};
        detail::fill_with_entropy(fresh.cursor_key.data(), fresh.cursor_key.size());
        MDB_val key = to_val("i"), value{sizeof fresh, &fresh};
        if (code == 0) code = mdb_put(tx, map_, &key, &value, MDB_NOOVERWRITE);
        if (code != 0 && code != MDB_KEYEXIST) return mdb_txn_abort(tx), checked(code);
        std::memcpy(static_cast<void*>(&identity_), value.mv_data, sizeof identity_);
        return checked(mdb_txn_commit(tx));
    }
    result<store_identity> identity() { return identity_; }

  private:
    template <class Transaction>
    result<Transaction> begin(const tenant_id& whose, unsigned flags) {
        MDB_txn* tx = nullptr;
        auto begun = checked(mdb_txn_begin(environment_, nullptr, flags, &tx));
        if (!begun) return begun.error();
        return Transaction(tx, map_, whose);
    }

    lmdb_store() = default;

    MDB_env* environment_ = nullptr;
    MDB_dbi map_ = 0;
    store_identity identity_{};
};
// [/store]

}  // namespace custom
