// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/storage/postgres/transaction.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::postgres {

template <class Cipher>
class writer : public transaction<Cipher> {
    using base = transaction<Cipher>;

  public:
    [[nodiscard]] static result<writer> begin(detail::loan&& lent, const tenant_id& whose,
                                              const Cipher& cipher, bool tells_tenant) {
        writer made(std::move(lent), whose, cipher);
        if (auto told = made.tell_tenant(tells_tenant); !told) return told.error();
        return made;
    }

    template <class T>
    result<void> put(const record<T>& row) {
        this->given_.clear();
        bool fits = true;
        auto written = syncfw::detail::write_columns(row, this->whose_, *this->cipher_, scratch_,
                                                     [&](std::size_t, const value_view& seen) {
                                                         fits = fits && detail::fits_server(seen);
                                                         this->given_.add(seen);
                                                     });
        if (!written) return written;
        if (!fits) return beyond<T>(key(row.value));
        return guarded<T>(may_refuse<T>, sql::upsert_text<sql::postgres, T>,
                          [&](error& refused) { refused.key = key_text(key(row.value)); });
    }

    template <class T>
    result<void> put_many(std::span<const record<T>> rows) {
        const std::vector<const record<T>*> last = last_of_each(rows);
        if (last.empty()) return {};
        return put_parts<T>(last);
    }

    template <class T>
    result<void> erase(const key_of<T>& at) {
        const syncfw::detail::tenant_value<T> whose(this->whose_);
        if (!whose.fits()) return {};
        this->given_.clear();
        syncfw::detail::write_key<T>(
            at, whose, [&](std::size_t, const value_view& seen) { this->given_.add(seen); });
        // Rows of any other entity may refer to it, but to none of the engine's own.
        return guarded<T>(!is_system_entity(entity_of<T>), sql::erase_text<sql::postgres, T>,
                          [&](error& refused) { refused.key = key_text(at); });
    }
    template <class T>
    result<void> erase_many(std::span<const key_of<T>> keys) {
        const syncfw::detail::tenant_value<T> whose(this->whose_);
        if (!whose.fits()) return {};
        for (std::size_t at = 0; at < keys.size(); at += detail::rows_max) {
            this->template give_keys<T>(
                whose, keys.subspan(at, std::min(detail::rows_max, keys.size() - at)));
            if (auto done = this->run(sql::erase_many_text<T>); !done) return done.error();
        }
        return {};
    }

    [[nodiscard]] result<std::int64_t> next_sequence(std::int64_t count) {
        this->given_.clear();
        this->given_.add_text(this->whose_.name());
        this->given_.add_integer(count);
        auto done = this->run(
            "INSERT INTO \"syncfw_feed\" (\"_tenant\", \"sequence\") VALUES ($1, $2) "
            "ON CONFLICT (\"_tenant\") DO UPDATE SET \"sequence\" = \"syncfw_feed\".\"sequence\" "
            "+ excluded.\"sequence\" RETURNING \"sequence\"");
        if (!done) return done.error();
        return base::integer_in(*done) - count + 1;
    }

    result<void> put_value(std::string_view name, std::string_view bytes) {
        this->given_.clear();
        this->given_.add_text(this->whose_.name());
        this->given_.add_text(name);
        this->given_.add({.kind = value_kind::bytes, .is_null = false, .text = bytes});
        return plain(
            "INSERT INTO \"syncfw_value\" (\"_tenant\", \"name\", \"content\") VALUES "
            "($1, $2, $3) ON CONFLICT (\"_tenant\", \"name\") DO UPDATE SET "
            "\"content\" = excluded.\"content\"");
    }
    result<void> erase_value(std::string_view name) {
        this->given_.clear();
        this->given_.add_text(this->whose_.name());
        this->given_.add_text(name);
        return plain("DELETE FROM \"syncfw_value\" WHERE \"_tenant\" = $1 AND \"name\" = $2");
    }

    result<void> commit() {
        if (this->failure_) return *this->failure_;
        const detail::answer done = this->db_->run("COMMIT");
        // A transaction that had failed answers "ROLLBACK", and calls it a success.
        const bool is_kept =
            detail::is_good(done) && std::string_view(PQcmdStatus(done.get())) == "COMMIT";
        if (is_kept) {
            this->db_.end();
            return {};
        }
        error failed = detail::is_good(done)
                           ? error{.code = errc::internal, .message = "the transaction had failed"}
                           : this->db_->why(done);
        if (!this->db_->is_alive()) {
            failed.code = errc::commit_unknown;
            failed.message = "the connection was lost while the transaction was committed";
        }
        this->failure_ = failed;
        this->db_.end();
        return failed;
    }

  private:
    using base::base;

    // Whether the server can refuse a row of T for its values.
    template <class T>
    static constexpr bool may_refuse = [] {
        for (const field_info& each : entity_of<T>.fields)
            if (each.has(meaning::unique) || each.refers_to.type != nullptr) return true;
        return false;
    }();

    template <class T>
    [[nodiscard]] static error beyond(const key_of<T>& at) {
        return {.code = errc::out_of_range,
                .message = "the server has no time so far away",
                .entity = std::string(entity_of<T>.name),
                .key = key_text(at)};
    }

    [[nodiscard]] result<void> plain(std::string_view text) {
        auto done = this->run(text);
        return done ? result<void>() : result<void>(done.error());
    }

    /// A statement that may be refused without the end of the transaction.
    template <class T, class F>
    [[nodiscard]] result<void> guarded(bool may_be_refused, std::string_view text, F&& name) {
        auto done = may_be_refused ? this->run_guarded(text) : this->run(text);
        if (done) return {};
        error refused = done.error();
        refused.entity = std::string(entity_of<T>.name);
        name(refused);
        return may_be_refused ? go_back(refused) : refused;
    }

    /// To the savepoint after a refusal: the transaction goes on.
    [[nodiscard]] error go_back(const error& refused) {
        if (!this->db_ || !this->db_->is_alive()) return refused;
        this->failure_.reset();
        if (auto back = this->run_plain("ROLLBACK TO guard; RELEASE guard"); !back)
            return back.error();
        return refused;
    }

    // One statement can't touch a row twice: of those of one key the last one counts.
    template <class T>
    [[nodiscard]] static std::vector<const record<T>*> last_of_each(
        std::span<const record<T>> rows) {
        std::vector<std::pair<key_of<T>, std::size_t>> places;
        places.reserve(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) places.emplace_back(key(rows[i].value), i);
        std::sort(places.begin(), places.end());
        std::vector<bool> counts(rows.size(), true);
        for (std::size_t i = 1; i < places.size(); ++i)
            if (places[i].first == places[i - 1].first) counts[places[i - 1].second] = false;
        std::vector<const record<T>*> last;
        last.reserve(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (counts[i]) last.push_back(&rows[i]);
        return last;
    }

    template <class T>
    [[nodiscard]] result<void> put_parts(const std::vector<const record<T>*>& rows) {
        std::vector<detail::array_content> columns(sql::column_count(entity_of<T>));
        bool is_guarded = false;
        for (std::size_t at = 0; at < rows.size();) {
            const bool is_first = at == 0;
            if (auto done = give_part<T>(rows, at, columns); !done)
                return is_guarded ? go_back(done.error()) : done.error();
            const bool is_whole = is_first && at == rows.size();
            if (is_first && !is_whole) {
                if (auto done = this->run_plain("SAVEPOINT guard"); !done) return done;
                is_guarded = true;
            }
            const auto name = [&](error& refused) {
                if (rows.size() == 1) refused.key = key_text(key(rows[0]->value));
            };
            if (is_whole) return guarded<T>(may_refuse<T>, sql::put_many_text<T>, name);
            if (auto done = this->run(sql::put_many_text<T>); !done) {
                error refused = done.error();
                refused.entity = std::string(entity_of<T>.name);
                return go_back(refused);
            }
        }
        return this->run_plain("RELEASE guard");
    }
    // As many of the rows from `at` on as one statement takes.
    template <class T>
    [[nodiscard]] result<void> give_part(const std::vector<const record<T>*>& rows, std::size_t& at,
                                         std::vector<detail::array_content>& columns) {
        for (detail::array_content& each : columns) each.clear();
        std::size_t bytes = 0;
        const std::size_t first = at;
        while (at < rows.size() && at - first < detail::rows_max && bytes < detail::bytes_max)
            if (auto done = add_row(*rows[at++], columns, bytes); !done) return done;
        this->given_.clear();
        std::size_t i = 0;
        sql::for_each_column(
            entity_of<T>, [&](const field_info& column, const sql::hidden_column*) {
                const bool is_sealed = column.cipher != encryption::none;
                columns[i++].add_to(this->given_, is_sealed ? value_kind::bytes : column.kind);
            });
        return {};
    }
    template <class T>
    [[nodiscard]] result<void> add_row(const record<T>& row,
                                       std::vector<detail::array_content>& columns,
                                       std::size_t& bytes) {
        bool fits = true;
        auto written =
            syncfw::detail::write_columns(row, this->whose_, *this->cipher_, scratch_,
                                          [&](std::size_t place, const value_view& seen) {
                                              fits = fits && detail::fits_server(seen);
                                              columns[place].add(seen);
                                              bytes += seen.text.size() + 12;
                                          });
        if (!written) return written;
        return fits ? result<void>() : result<void>(beyond<T>(key(row.value)));
    }

    buffer scratch_{};
};

}  // namespace syncfw::postgres
