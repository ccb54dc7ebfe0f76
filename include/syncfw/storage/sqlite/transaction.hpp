// SPDX-License-Identifier: BSL-1.0
// The transactions of a SQLite store.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/cipher.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/storage/detail/columns.hpp>
#include <syncfw/storage/detail/sql_table.hpp>
#include <syncfw/storage/sqlite/database.hpp>
#include <syncfw/storage/sqlite/rows.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::sqlite {

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
    [[nodiscard]] sqlite3* handle() const noexcept { return db_->handle(); }

    template <class T>
    [[nodiscard]] result<maybe_row<T>> get(const key_of<T>& key) {
        maybe_row<T> row;
        const auto done = with_row_of_key<T>(key, row);
        if (!done) return done.error();
        return row;
    }

    template <class T>
    [[nodiscard]] result<std::vector<maybe_row<T>>> get_many(std::span<const key_of<T>> keys) {
        std::vector<maybe_row<T>> rows(keys.size());
        for (std::size_t i = 0; i < keys.size(); ++i)
            if (auto done = with_row_of_key<T>(keys[i], rows[i]); !done) return done.error();
        return rows;
    }

    template <class T, auto Shape>
    [[nodiscard]] result<rows_of<T>> scan(const query<T, Shape>& asked) {
        statement* const found = constant(sql::scan_text<sql::sqlite, query<T, Shape>>);
        return found == nullptr ? why() : scan_with<T>(*found, asked.view());
    }
    template <class T>
    [[nodiscard]] result<rows_of<T>> scan(const query_view& asked) {
        query_view ordered = asked;
        if (asked.order.empty())
            ordered.order = {syncfw::detail::key_order<T>.terms,
                             syncfw::detail::key_order<T>.count};
        statement* const found = transient(sql::make_scan_text<sql::sqlite>(ordered));
        return found == nullptr ? why() : scan_with<T>(*found, ordered);
    }

    template <class T>
    [[nodiscard]] result<std::int64_t> count(const query_view& asked) {
        statement* const found = transient(sql::make_count_text<sql::sqlite>(asked));
        if (found == nullptr) return why();
        const detail::statement_use use(*found);
        const syncfw::detail::tenant_value<T> whose(whose_);
        if (!whose.fits()) return std::int64_t{0};
        found->bind(0, whose.view(), detail::lifetime::until_run);
        const auto given = sql::parameters<sql::sqlite>(asked);
        if (auto done = bind_parameters(*found, asked.entity, given); !done) return done.error();
        const int code = found->step();
        if (code != SQLITE_ROW) return fail(code);
        return found->integer();
    }

    template <class T>
    [[nodiscard]] result<rows_of<T>> changes(std::int64_t after, std::int64_t until,
                                             std::int64_t limit) {
        statement* const found = constant(sql::changes_text<sql::sqlite, T>);
        if (found == nullptr) return why();
        const detail::statement_use use(*found);
        const syncfw::detail::tenant_value<T> whose(whose_);
        if (!whose.fits()) return rows_of<T>();
        found->bind(0, whose.view(), detail::lifetime::until_run);
        found->bind_integer(1, after);
        found->bind_integer(2, until);
        found->bind_integer(3, limit);
        return read_all<T>(*found);
    }

    [[nodiscard]] result<std::int64_t> last_sequence() {
        statement* const found =
            constant("SELECT \"sequence\" FROM \"syncfw_feed\" WHERE \"_tenant\" = ?1");
        if (found == nullptr) return why();
        const detail::statement_use use(*found);
        found->bind_text(0, whose_.name());
        const int code = found->step();
        if (code == SQLITE_DONE) return std::int64_t{0};
        if (code != SQLITE_ROW) return fail(code);
        return found->integer();
    }

    [[nodiscard]] result<std::optional<std::string>> get_value(std::string_view name) {
        statement* const found = constant(
            "SELECT \"content\" FROM \"syncfw_value\" WHERE \"_tenant\" = ?1 AND \"name\" = ?2");
        if (found == nullptr) return why();
        const detail::statement_use use(*found);
        found->bind_text(0, whose_.name());
        found->bind_text(1, name);
        const int code = found->step();
        if (code == SQLITE_DONE) return std::optional<std::string>();
        if (code != SQLITE_ROW) return fail(code);
        return std::optional<std::string>(found->column(0, value_kind::bytes).text);
    }

    /// What this tenant's encrypted fields are sealed with.
    [[nodiscard]] const syncfw::detail::cipher_used<Cipher>& cipher() const noexcept {
        return *cipher_;
    }

  protected:
    using statement = detail::statement;

    transaction(detail::loan&& lent, const tenant_id& whose, const Cipher& cipher)
        : db_(std::move(lent)), whose_(whose), cipher_(cipher, whose) {}

    [[nodiscard]] result<void> start(std::string_view how) {
        const int code = db_->run(how);
        if (code != SQLITE_DONE) return db_->why(code);
        return {};
    }

    [[nodiscard]] statement* constant(std::string_view text) {
        return failure_ ? nullptr : db_->constant(text);
    }
    [[nodiscard]] statement* transient(const std::string& text) {
        return failure_ ? nullptr : db_->transient(text);
    }
    /// Why there is no statement.
    [[nodiscard]] [[gnu::cold]] error why() {
        return failure_ ? *failure_ : fail(sqlite3_extended_errcode(handle()));
    }
    /// The error of a call; one that took the transaction with it is what all later calls give.
    [[nodiscard]] [[gnu::cold]] error fail(int code) {
        error failed = db_->why(code);
        if (!db_->is_in_transaction()) failure_ = failed;
        return failed;
    }

    detail::loan db_;
    tenant_id whose_;
    syncfw::detail::cipher_in_use<Cipher> cipher_;
    std::optional<error> failure_{};

  private:
    template <class T>
    [[nodiscard]] result<void> with_row_of_key(const key_of<T>& key, maybe_row<T>& row) {
        statement* const found = constant(sql::get_text<sql::sqlite, T>);
        if (found == nullptr) return why();
        const detail::statement_use use(*found);
        const syncfw::detail::tenant_value<T> whose(whose_);
        if (!whose.fits()) return {};
        detail::bind_key<T>(*found, key, whose);
        const int code = found->step();
        if (code == SQLITE_ROW) return detail::read_row(*found, row.emplace(), *cipher_);
        if (code != SQLITE_DONE) return fail(code);
        return {};
    }

    template <class T>
    [[nodiscard]] result<rows_of<T>> scan_with(statement& found, const query_view& asked) {
        const detail::statement_use use(found);
        const syncfw::detail::tenant_value<T> whose(whose_);
        if (!whose.fits()) return rows_of<T>();
        found.bind(0, whose.view(), detail::lifetime::until_run);
        const auto given = sql::parameters<sql::sqlite>(asked);
        if (auto done = bind_parameters(found, asked.entity, given); !done) return done.error();
        return read_all<T>(found);
    }

    template <class T>
    [[nodiscard]] result<rows_of<T>> read_all(statement& found) {
        rows_of<T> rows;
        int code = SQLITE_ROW;
        while ((code = found.step()) == SQLITE_ROW)
            if (auto done = detail::read_row(found, rows.emplace_back(), *cipher_); !done)
                return done.error();
        if (code != SQLITE_DONE) return fail(code);
        return rows;
    }

    [[nodiscard]] result<void> bind_parameters(statement& to, const entity_info& entity,
                                               const std::vector<sql::parameter>& given) {
        std::size_t number = 1;
        for (const sql::parameter& each : given) {
            const bool is_sealed = each.place != no_field && !each.bound.is_null &&
                                   entity.fields[each.place].cipher != encryption::none;
            if (is_sealed) {
                if (auto done = bind_sealed(to, number, entity, each); !done) return done;
            } else {
                to.bind(number, each.bound.view(), detail::lifetime::until_run);
            }
            ++number;
        }
        return {};
    }
    // What is compared with a ciphertext is the ciphertext of the same content.
    [[nodiscard]] result<void> bind_sealed(statement& to, std::size_t number,
                                           const entity_info& entity, const sql::parameter& given) {
        if constexpr (field_cipher<syncfw::detail::cipher_used<Cipher>>) {
            const field_info& field = entity.fields[given.place];
            std::string sealed;
            auto done =
                cipher_->seal({entity.name, field.json, field.cipher}, given.bound.text, sealed);
            if (!done) return done;
            to.bind(number, {.kind = value_kind::bytes, .is_null = false, .text = sealed},
                    detail::lifetime::of_the_call);
            return {};
        } else {
            (void)to, (void)number, (void)entity, (void)given;
            return error{.code = errc::internal, .message = "the store was opened without cipher"};
        }
    }
};

template <class Cipher>
class reader : public transaction<Cipher> {
  public:
    [[nodiscard]] static result<reader> begin(detail::loan&& lent, const tenant_id& whose,
                                              const Cipher& cipher) {
        reader made(std::move(lent), whose, cipher);
        if (auto begun = made.start("BEGIN"); !begun) return begun.error();
        // SQLite fixes what a reader sees at its first read.
        if (auto first = made.last_sequence(); !first) return first.error();
        return made;
    }

  private:
    using transaction<Cipher>::transaction;
};

}  // namespace syncfw::sqlite
