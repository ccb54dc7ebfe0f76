// SPDX-License-Identifier: BSL-1.0
// One open connection: hardened, with its prepared statements and its deadline. For one thread at
// a time.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/storage/sqlite/error.hpp>
#include <syncfw/storage/sqlite/statement_cache.hpp>

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace syncfw::sqlite::detail {

using deadline = std::chrono::steady_clock::time_point;

[[nodiscard]] inline deadline deadline_in(std::chrono::milliseconds time) {
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365);
    return std::chrono::steady_clock::now() + (time < longest ? time : longest);
}

/// A little longer each time; false when the time is up.
[[nodiscard]] inline bool wait_a_little(int times_waited, deadline until) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= until) return false;
    const int shift = times_waited < 5 ? times_waited : 5;
    const auto time = std::chrono::microseconds(250) * (1 << shift);
    std::this_thread::sleep_for(time < until - now ? time : until - now);
    return true;
}

enum class access : unsigned char { read, write, create };

class connection {
  public:
    /// Opens the file. What it holds is not looked at before the first statement.
    [[nodiscard]] static result<std::unique_ptr<connection>> open(const std::string& path,
                                                                  access wanted) {
        std::unique_ptr<connection> made(new connection);
        const int code = sqlite3_open_v2(path.c_str(), &made->database_, flags_of(wanted), nullptr);
        if (code != SQLITE_OK) {
            if (made->database_ == nullptr) return error_of(code, 0, sqlite3_errstr(code));
            sqlite3_extended_result_codes(made->database_, 1);
            return made->why(code);
        }
        made->harden();
        return made;
    }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection() {
        statements_.clear();
        sqlite3_close_v2(database_);
    }

    /// Until when its statements wait for other processes.
    void wait_until(deadline until) noexcept { until_ = until; }

    /// The statement of a text that is a constant of the program, prepared at its first use. Null
    /// when it can't be; `last_error()` says why.
    [[nodiscard]] statement* constant(std::string_view text) {
        statement* const found = statements_.find(text.data());
        return found != nullptr ? found : add(text);
    }
    /// The same of a text made at run time; of these the last few are kept.
    [[nodiscard]] statement* transient(const std::string& text) {
        statement* const found = statements_.find_transient(text);
        return found != nullptr ? found : add_transient(text);
    }

    /// Runs statements, one behind the other, whose rows nobody wants.
    [[nodiscard]] result<void> execute(std::string_view texts) {
        while (!texts.empty()) {
            const char* rest = nullptr;
            statement once = prepare(texts, 0, &rest);
            if (rest == nullptr) return last_error();
            texts.remove_prefix(static_cast<std::size_t>(rest - texts.data()));
            if (once.handle() == nullptr) {  // Only blanks and comments, or a mistake.
                if (sqlite3_errcode(database_) != SQLITE_OK) return last_error();
                continue;
            }
            int code = SQLITE_ROW;
            while (code == SQLITE_ROW) code = once.step();
            if (code != SQLITE_DONE) return why(code);
        }
        return {};
    }
    /// The first column of the first row as a text; nothing without a row, or for null.
    [[nodiscard]] result<std::optional<std::string>> read_text(std::string_view text) {
        statement once = prepare(text, 0);
        if (once.handle() == nullptr) return last_error();
        std::optional<std::string> found;
        int code = once.step();
        if (code == SQLITE_ROW) {
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(once.handle(), 0));
            if (const unsigned char* first = sqlite3_column_text(once.handle(), 0))
                found.emplace(reinterpret_cast<const char*>(first), size);
            while (code == SQLITE_ROW) code = once.step();
        }
        if (code != SQLITE_DONE) return why(code);
        return found;
    }
    /// Runs a constant without parameters and rows. SQLITE_DONE or why not.
    [[nodiscard]] int run(std::string_view constant_text) {
        statement* const found = constant(constant_text);
        if (found == nullptr) return sqlite3_extended_errcode(database_);
        const int code = found->step();
        found->reset();
        return code;
    }

    [[nodiscard]] bool is_in_transaction() const noexcept {
        return sqlite3_get_autocommit(database_) == 0;
    }
    void roll_back() {
        if (is_in_transaction()) (void)run("ROLLBACK");
    }

    [[nodiscard]] error why(int code) const { return error_of(database_, code); }
    [[nodiscard]] error last_error() const { return why(sqlite3_extended_errcode(database_)); }
    [[nodiscard]] std::string_view last_words() const noexcept { return sqlite3_errmsg(database_); }
    [[nodiscard]] sqlite3* handle() const noexcept { return database_; }

    /// How many pages the log of changes has since this connection's last commit.
    [[nodiscard]] int log_pages() const noexcept { return log_pages_; }
    void set_log_pages(int pages) noexcept { log_pages_ = pages; }

  private:
    connection() = default;

    static int flags_of(access wanted) noexcept {
        // Each connection is used by one thread at a time, so SQLite needn't lock.
        const int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
        switch (wanted) {
            case access::read: return common | SQLITE_OPEN_READONLY;
            case access::write: return common | SQLITE_OPEN_READWRITE;
            default: return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        }
    }

    // The file may come from anybody: nothing in it may run, and nothing is believed unseen.
    void harden() noexcept {
        sqlite3_extended_result_codes(database_, 1);
        const auto set = [&](int option, int value) {
            sqlite3_db_config(database_, option, value, nullptr);
        };
        set(SQLITE_DBCONFIG_DEFENSIVE, 1);
        set(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
        set(SQLITE_DBCONFIG_ENABLE_TRIGGER, 0);
        set(SQLITE_DBCONFIG_ENABLE_VIEW, 0);
        set(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0);
        set(SQLITE_DBCONFIG_DQS_DML, 0);
        set(SQLITE_DBCONFIG_DQS_DDL, 0);
        // Checkpoints are made under the lease alone; see lease.hpp.
        set(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1);
        sqlite3_wal_hook(database_, &connection::note_log, this);
        sqlite3_busy_handler(database_, &connection::wait_busy, this);
    }

    static int note_log(void* self, sqlite3*, const char*, int pages) noexcept {
        static_cast<connection*>(self)->log_pages_ = pages;
        return SQLITE_OK;
    }
    static int wait_busy(void* self, int times_waited) noexcept {
        return wait_a_little(times_waited, static_cast<connection*>(self)->until_) ? 1 : 0;
    }

    [[nodiscard]] statement prepare(std::string_view text, unsigned flags,
                                    const char** rest = nullptr) {
        sqlite3_stmt* made = nullptr;
        sqlite3_prepare_v3(database_, text.data(), static_cast<int>(text.size()), flags, &made,
                           rest);
        return made == nullptr ? statement() : statement(made);
    }
    [[gnu::noinline]] statement* add(std::string_view text) {
        statement made = prepare(text, SQLITE_PREPARE_PERSISTENT);
        if (made.handle() == nullptr) return nullptr;
        return statements_.add(text.data(), std::move(made));
    }
    [[gnu::noinline]] statement* add_transient(const std::string& text) {
        statement made = prepare(text, SQLITE_PREPARE_PERSISTENT);
        if (made.handle() == nullptr) return nullptr;
        return statements_.add_transient(text, std::move(made));
    }

    sqlite3* database_ = nullptr;
    statement_cache statements_{};
    deadline until_{};
    int log_pages_ = 0;
};

}  // namespace syncfw::sqlite::detail
