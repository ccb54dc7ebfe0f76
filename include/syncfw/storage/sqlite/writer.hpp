// SPDX-License-Identifier: BSL-1.0
// The transaction that writes.
#pragma once

#include <syncfw/storage/sqlite/transaction.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::sqlite {

template <class Cipher>
class writer : public transaction<Cipher> {
    using base = transaction<Cipher>;
    using statement = detail::statement;

  public:
    [[nodiscard]] static result<writer> begin(detail::loan&& lent, const tenant_id& whose,
                                              const Cipher& cipher) {
        writer made(std::move(lent), whose, cipher);
        if (auto begun = made.start("BEGIN IMMEDIATE"); !begun) return begun.error();
        return made;
    }

    template <class T>
    result<void> put(const record<T>& row) {
        return put_rows(std::span<const record<T>>(&row, 1));
    }
    template <class T>
    result<void> put_many(std::span<const record<T>> rows) {
        if (rows.size() < 2) return put_rows(rows);
        return all_or_none(may_refuse<T>, [&] { return put_rows(rows); });
    }
    template <class T>
    result<std::int64_t> put_newer(std::span<const record<T>> rows) {
        std::int64_t count = 0;
        auto done = all_or_none(may_refuse<T>, [&] {
            return put_rows(rows, sql::upsert_newer_text<sql::sqlite, T>, &count);
        });
        return done ? result<std::int64_t>(count) : result<std::int64_t>(done.error());
    }

    template <class T>
    result<void> erase(const key_of<T>& key) {
        return erase_rows<T>(std::span<const key_of<T>>(&key, 1));
    }
    template <class T>
    result<void> erase_many(std::span<const key_of<T>> keys) {
        if (keys.size() < 2) return erase_rows<T>(keys);
        return all_or_none(checks_references(), [&] { return erase_rows<T>(keys); });
    }

    [[nodiscard]] result<std::int64_t> next_sequence(std::int64_t count) {
        if (count ==
            0) {  // The lock alone, which a transaction that writes has from its beginning.
            auto last = this->last_sequence();
            if (last) ++*last;
            return last;
        }
        statement* const found = this->constant(
            "INSERT INTO \"syncfw_feed\" (\"_tenant\", \"sequence\") VALUES (?1, ?2) "
            "ON CONFLICT (\"_tenant\") DO UPDATE SET \"sequence\" = \"sequence\" + ?2 "
            "WHERE \"sequence\" <= 9223372036854775806 - ?2 RETURNING \"sequence\"");
        if (found == nullptr) return this->why();
        const detail::statement_use use(*found);
        found->bind_text(0, this->whose_.name());
        found->bind_integer(1, count);
        int code = found->step();
        if (code == SQLITE_DONE)
            return error{.code = errc::corrupted, .message = "the feed has no numbers left"};
        if (code != SQLITE_ROW) return this->fail(code);
        const std::int64_t last = found->integer();
        code = found->step();
        if (code != SQLITE_DONE) return this->fail(code);
        return last - count + 1;
    }

    result<void> put_value(std::string_view name, std::string_view bytes) {
        return change_value(
            "INSERT INTO \"syncfw_value\" (\"_tenant\", \"name\", \"content\") VALUES "
            "(?1, ?2, ?3) ON CONFLICT (\"_tenant\", \"name\") DO UPDATE SET "
            "\"content\" = excluded.\"content\"",
            name, &bytes);
    }
    result<void> erase_value(std::string_view name) {
        return change_value("DELETE FROM \"syncfw_value\" WHERE \"_tenant\" = ?1 AND \"name\" = ?2",
                            name, nullptr);
    }

    result<void> commit() {
        if (this->failure_) return *this->failure_;
        const int code = this->db_->run("COMMIT");
        if (code == SQLITE_DONE) {
            this->db_.end();
            return {};
        }
        error failed = this->db_->why(code);
        // The log may have the whole transaction, and a restart would find it there.
        if ((code & 0xFF) == SQLITE_IOERR) {
            failed.code = errc::commit_unknown;
            failed.message = "the disk failed while the transaction was committed";
        }
        this->db_.end();
        this->failure_ = failed;
        return failed;
    }

  private:
    using base::base;

    [[nodiscard]] bool checks_references() const noexcept {
        int checks = 0;
        sqlite3_db_config(this->handle(), SQLITE_DBCONFIG_ENABLE_FKEY, -1, &checks);
        return checks != 0;
    }
    // Whether a row of T can be refused in the middle of others.
    template <class T>
    static constexpr bool may_refuse = [] {
        for (const field_info& each : entity_of<T>.fields)
            if (each.has(meaning::unique) || each.refers_to.type != nullptr) return true;
        return false;
    }();

    template <class T>
    [[nodiscard]] result<void> put_rows(std::span<const record<T>> rows,
                                        std::string_view text = sql::upsert_text<sql::sqlite, T>,
                                        std::int64_t* changed = nullptr) {
        statement* const upsert = this->constant(text);
        if (upsert == nullptr) return this->why();
        const detail::statement_use use(*upsert);
        for (const record<T>& row : rows) {
            auto bound = detail::bind_row(*upsert, row, this->whose_, *this->cipher_, scratch_);
            if (!bound) return bound;
            const int code = upsert->step();
            if (code != SQLITE_DONE) return detail::refusal<T>(this->fail(code), key(row.value));
            if (changed != nullptr) *changed += sqlite3_changes(this->handle());
            upsert->reset();
        }
        return {};
    }

    template <class T>
    [[nodiscard]] result<void> erase_rows(std::span<const key_of<T>> keys) {
        statement* const erasing = this->constant(sql::erase_text<sql::sqlite, T>);
        if (erasing == nullptr) return this->why();
        const detail::statement_use use(*erasing);
        const syncfw::detail::tenant_value<T> whose(this->whose_);
        if (!whose.fits()) return {};
        for (const key_of<T>& each : keys) {
            detail::bind_key<T>(*erasing, each, whose);
            const int code = erasing->step();
            if (code != SQLITE_DONE) return detail::refusal<T>(this->fail(code), each);
            erasing->reset();
        }
        return {};
    }

    // A savepoint costs a copy of each page that is changed, so it is set only where rows can be
    // refused. Where one can't and yet is (a cipher fails), the whole transaction is taken back.
    template <class F>
    [[nodiscard]] result<void> all_or_none(bool with_savepoint, F&& f) {
        if (this->failure_) return *this->failure_;
        if (with_savepoint)
            if (const int code = this->db_->run("SAVEPOINT many"); code != SQLITE_DONE)
                return this->fail(code);
        auto done = f();
        if (done && with_savepoint) {
            const int code = this->db_->run("RELEASE many");
            if (code != SQLITE_DONE) done = this->fail(code);
        } else if (!done && !this->failure_) {
            const bool is_back = with_savepoint &&
                                 this->db_->run("ROLLBACK TO many") == SQLITE_DONE &&
                                 this->db_->run("RELEASE many") == SQLITE_DONE;
            if (!is_back) {
                this->db_->roll_back();
                this->failure_ = done.error();
            }
        }
        return done;
    }

    [[nodiscard]] result<void> change_value(std::string_view text, std::string_view name,
                                            const std::string_view* bytes) {
        statement* const found = this->constant(text);
        if (found == nullptr) return this->why();
        const detail::statement_use use(*found);
        found->bind_text(0, this->whose_.name());
        found->bind_text(1, name);
        if (bytes != nullptr)
            found->bind(2, {.kind = value_kind::bytes, .is_null = false, .text = *bytes},
                        detail::lifetime::until_run);
        const int code = found->step();
        if (code != SQLITE_DONE) return this->fail(code);
        return {};
    }

    buffer scratch_{};
};

}  // namespace syncfw::sqlite
