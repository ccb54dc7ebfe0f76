// SPDX-License-Identifier: BSL-1.0
// The transactions of a PostgreSQL store.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/cipher.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/storage/detail/columns.hpp>
#include <syncfw/storage/detail/sql_table.hpp>
#include <syncfw/storage/postgres/pool.hpp>
#include <syncfw/storage/postgres/statements.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::postgres {

/// What both kinds of transaction can do.
template <class Cipher>
class transaction {
    template <class T>
    using rows_of = std::vector<record<T>>;
    template <class T>
    using maybe_row = std::optional<record<T>>;

  public:
    [[nodiscard]] bool is_usable() const noexcept { return db_ && !failure_; }

    /// The connection, for SQL of one's own within the transaction. Leave its transaction alone.
    [[nodiscard]] PGconn* handle() const noexcept { return db_->handle(); }

    template <class T>
    [[nodiscard]] result<maybe_row<T>> get(const key_of<T>& key) {
        const syncfw::detail::tenant_value<T> whose(whose_);
        if (!whose.fits()) return maybe_row<T>();
        given_.clear();
        syncfw::detail::write_key<T>(
            key, whose, [&](std::size_t, const value_view& seen) { given_.add(seen); });
        auto found = run(sql::get_text<sql::postgres, T>);
        if (!found) return found.error();
        maybe_row<T> row;
        if (PQntuples(found->get()) == 0) return row;
        if (auto done = read_row(found->get(), 0, row.emplace()); !done) return done.error();
        return row;
    }

    template <class T>
    [[nodiscard]] result<std::vector<maybe_row<T>>> get_many(std::span<const key_of<T>> keys) {
        std::vector<maybe_row<T>> rows(keys.size());
        const syncfw::detail::tenant_value<T> whose(whose_);
        if (!whose.fits()) return rows;
        for (std::size_t at = 0; at < keys.size(); at += detail::rows_max) {
            const std::size_t count = std::min(detail::rows_max, keys.size() - at);
            if (auto done = get_some<T>(whose, keys.subspan(at, count), rows, at); !done)
                return done.error();
        }
        return rows;
    }

    template <class T, auto Shape>
    [[nodiscard]] result<rows_of<T>> scan(const query<T, Shape>& asked) {
        return scan_with<T>(sql::scan_text<sql::postgres, query<T, Shape>>, asked.view());
    }
    template <class T>
    [[nodiscard]] result<rows_of<T>> scan(const query_view& asked) {
        query_view ordered = asked;
        if (asked.order.empty())
            ordered.order = {syncfw::detail::key_order<T>.terms,
                             syncfw::detail::key_order<T>.count};
        return scan_with<T>(sql::make_scan_text<sql::postgres>(ordered), ordered);
    }

    template <class T>
    [[nodiscard]] result<std::int64_t> count(const query_view& asked) {
        const syncfw::detail::tenant_value<T> whose(whose_);
        if (!whose.fits()) return std::int64_t{0};
        if (auto done = give_query(whose.view(), asked); !done) return done.error();
        auto found = run(sql::make_count_text<sql::postgres>(asked));
        if (!found) return found.error();
        return integer_in(*found);
    }

    template <class T>
    [[nodiscard]] result<rows_of<T>> changes(std::int64_t after, std::int64_t until,
                                             std::int64_t limit) {
        const syncfw::detail::tenant_value<T> whose(whose_);
        if (!whose.fits()) return rows_of<T>();
        given_.clear();
        given_.add(whose.view());
        given_.add_integer(after);
        given_.add_integer(until);
        given_.add_integer(limit);
        auto found = run(sql::changes_text<sql::postgres, T>);
        if (!found) return found.error();
        return read_all<T>(*found);
    }

    [[nodiscard]] result<std::int64_t> last_sequence() {
        given_.clear();
        given_.add_text(whose_.name());
        auto found = run("SELECT \"sequence\" FROM \"syncfw_feed\" WHERE \"_tenant\" = $1");
        if (!found) return found.error();
        return PQntuples(found->get()) == 0 ? std::int64_t{0} : integer_in(*found);
    }

    [[nodiscard]] result<std::optional<std::string>> get_value(std::string_view name) {
        given_.clear();
        given_.add_text(whose_.name());
        given_.add_text(name);
        auto found = run(
            "SELECT \"content\" FROM \"syncfw_value\" WHERE \"_tenant\" = $1 AND \"name\" = $2");
        if (!found) return found.error();
        if (PQntuples(found->get()) == 0) return std::optional<std::string>();
        return std::optional<std::string>(
            detail::column_of(found->get(), 0, 0, value_kind::bytes).text);
    }

    /// What this tenant's encrypted fields are sealed with.
    [[nodiscard]] const syncfw::detail::cipher_used<Cipher>& cipher() const noexcept {
        return *cipher_;
    }

  protected:
    transaction(detail::loan&& lent, const tenant_id& whose, const Cipher& cipher)
        : db_(std::move(lent)), whose_(whose), cipher_(cipher, whose) {}

    // Beneath the conditions of all statements, the server's policies look at this.
    [[nodiscard]] result<void> tell_tenant(bool wanted) {
        if (!wanted) return {};
        given_.clear();
        given_.add_text(whose_.name());
        auto told = run("SELECT set_config('syncfw.tenant', $1, true)");
        return told ? result<void>() : result<void>(told.error());
    }

    /// Runs a statement with what is in `given_`. A failure ends the transaction on the server.
    [[nodiscard]] result<detail::answer> run(std::string_view text) {
        if (failure_) return *failure_;
        return judge(db_->run(text, given_));
    }
    /// One that may be refused: the way back is a savepoint, which is there after a failure.
    [[nodiscard]] result<detail::answer> run_guarded(std::string_view text) {
        if (failure_) return *failure_;
        return judge(db_->run_guarded(text, given_));
    }
    [[nodiscard]] result<detail::answer> judge(detail::answer done) {
        if (detail::is_good(done)) return done;
        failure_ = db_->why(done);
        // The next transaction shall look for the leader anew.
        if (failure_->code == errc::unavailable) db_.discard();
        return *failure_;
    }
    [[nodiscard]] result<void> run_plain(const char* text) {
        if (failure_) return *failure_;
        const detail::answer done = db_->run(text);
        if (detail::is_good(done)) return {};
        failure_ = db_->why(done);
        return *failure_;
    }
    [[nodiscard]] static std::int64_t integer_in(const detail::answer& found) {
        return detail::column_of(found.get(), 0, 0, value_kind::integer).integer;
    }

    detail::loan db_;
    tenant_id whose_;
    syncfw::detail::cipher_in_use<Cipher> cipher_;
    std::optional<error> failure_{};
    detail::parameters given_{};

  private:
    template <class T>
    [[nodiscard]] result<void> read_row(const PGresult* from, int row, record<T>& to) const {
        return syncfw::detail::read_columns(to, *cipher_, [&](std::size_t column, value_kind kind) {
            return detail::column_of(from, row, static_cast<int>(column), kind);
        });
    }

    template <class T>
    [[nodiscard]] result<rows_of<T>> read_all(const detail::answer& found) const {
        const int count = PQntuples(found.get());
        rows_of<T> rows(static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i)
            if (auto done = read_row(found.get(), i, rows[static_cast<std::size_t>(i)]); !done)
                return done.error();
        return rows;
    }

    template <class T>
    [[nodiscard]] result<void> get_some(const syncfw::detail::tenant_value<T>& whose,
                                        std::span<const key_of<T>> keys,
                                        std::vector<maybe_row<T>>& rows, std::size_t first) {
        give_keys<T>(whose, keys);
        auto found = run(sql::get_many_text<T>);
        if (!found) return found.error();
        const int count = PQntuples(found->get());
        const int place = PQnfields(found->get()) - 1;  // Which of the keys it is, from 1 on.
        for (int i = 0; i < count; ++i) {
            const auto at = static_cast<std::size_t>(
                detail::column_of(found->get(), i, place, value_kind::integer).integer - 1);
            if (at >= keys.size()) continue;
            if (auto done = read_row(found->get(), i, rows[first + at].emplace()); !done)
                return done;
        }
        return {};
    }

  protected:
    /// The tenant, and an array for each of the key's other columns.
    template <class T>
    void give_keys(const syncfw::detail::tenant_value<T>& whose, std::span<const key_of<T>> keys) {
        std::vector<detail::array_content> columns(sql::key_column_count<T>);
        for (const key_of<T>& each : keys)
            syncfw::detail::write_key<T>(each, whose,
                                         [&](std::size_t place, const value_view& seen) {
                                             if (place > 0) columns[place - 1].add(seen);
                                         });
        given_.clear();
        given_.add(whose.view());
        std::size_t i = 0;
        sql::for_each_own_key<T>(
            [&](const field_info& each) { columns[i++].add_to(given_, each.kind); });
    }

  private:
    [[nodiscard]] result<void> give_query(const value_view& whose, const query_view& asked) {
        given_.clear();
        given_.add(whose);
        for (sql::parameter& each : sql::parameters<sql::postgres>(asked)) {
            const bool is_sealed = each.place != no_field && !each.bound.is_null &&
                                   asked.entity.fields[each.place].cipher != encryption::none;
            if (is_sealed)
                if (auto done = seal(asked.entity, each); !done) return done;
            given_.add(each);
        }
        return {};
    }
    // What is compared with a ciphertext is the ciphertext of the same content.
    [[nodiscard]] result<void> seal(const entity_info& entity, sql::parameter& given) const {
        if constexpr (field_cipher<syncfw::detail::cipher_used<Cipher>>) {
            const field_info& field = entity.fields[given.place];
            std::string sealed;
            auto done =
                cipher_->seal({entity.name, field.json, field.cipher}, given.bound.text, sealed);
            if (!done) return done;
            given.bound.kind = value_kind::bytes;
            given.bound.text = std::move(sealed);
            return {};
        } else {
            (void)entity, (void)given;
            return error{.code = errc::internal, .message = "the store was opened without cipher"};
        }
    }

    template <class T>
    [[nodiscard]] result<rows_of<T>> scan_with(std::string_view text, const query_view& asked) {
        const syncfw::detail::tenant_value<T> whose(whose_);
        if (!whose.fits()) return rows_of<T>();
        if (auto done = give_query(whose.view(), asked); !done) return done.error();
        auto found = run(text);
        if (!found) return found.error();
        return read_all<T>(*found);
    }
};

template <class Cipher>
class reader : public transaction<Cipher> {
  public:
    /// The server fixes what is seen at the first statement, so there is one at once.
    static constexpr const char* begin_text =
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1";

    [[nodiscard]] static result<reader> begin(detail::loan&& lent, const tenant_id& whose,
                                              const Cipher& cipher, bool tells_tenant) {
        reader made(std::move(lent), whose, cipher);
        if (auto told = made.tell_tenant(tells_tenant); !told) return told.error();
        return made;
    }

  private:
    using transaction<Cipher>::transaction;
};

}  // namespace syncfw::postgres
