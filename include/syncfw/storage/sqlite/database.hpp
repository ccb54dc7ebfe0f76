// SPDX-License-Identifier: BSL-1.0
// A file and its connections: one that writes, and those that read, which are lent to transactions.
#pragma once

#include <syncfw/storage/sqlite/connection.hpp>
#include <syncfw/storage/sqlite/file.hpp>
#include <syncfw/storage/sqlite/lease.hpp>
#include <syncfw/storage/sqlite/options.hpp>
#include <syncfw/storage/sqlite/preparation.hpp>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::sqlite::detail {

class database;

/// A connection for one transaction. It goes back with the object, rolled back.
class loan {
  public:
    loan() = default;
    loan(database& from, connection& lent) noexcept : from_(&from), lent_(&lent) {}
    loan(loan&& other) noexcept
        : from_(std::exchange(other.from_, nullptr)), lent_(std::exchange(other.lent_, nullptr)) {}
    loan& operator=(loan&& other) noexcept {
        std::swap(from_, other.from_);
        std::swap(lent_, other.lent_);
        return *this;
    }
    ~loan() { end(); }

    void end() noexcept;
    [[nodiscard]] connection* operator->() const noexcept { return lent_; }
    [[nodiscard]] connection& operator*() const noexcept { return *lent_; }
    [[nodiscard]] explicit operator bool() const noexcept { return lent_ != nullptr; }

  private:
    database* from_ = nullptr;
    connection* lent_ = nullptr;
};

class database {
  public:
    [[nodiscard]] static result<std::unique_ptr<database>> open(std::string_view path,
                                                                const options& wanted) {
        auto checked = checked_path(path);
        if (!checked) return checked.error();
        std::unique_ptr<database> made(new database(std::move(*checked), wanted));
        if (auto opened = made->open_writer(); !opened) return about(made->path_, opened.error());
        return made;
    }
    database(const database&) = delete;
    database& operator=(const database&) = delete;
    ~database() {
        idle_.clear();
        if (writer_ && is_file()) check_in_last_time();
    }

    /// The one connection that writes; other writers of this and of all processes wait.
    [[nodiscard]] result<loan> lend_writer() {
        const deadline until = deadline_in(options_.busy_timeout);
        if (!wait_for_turn(until))
            return error{.code = errc::busy, .message = "another transaction is being written"};
        loan lent(*this, *writer_);
        if (is_shared())
            if (auto taken = lease_.take(path_ + "-lease", until); !taken)
                return about(path_, taken.error());
        if (auto same = check_in_place(); !same) return same.error();
        writer_->wait_until(until);
        return lent;
    }

    /// A connection that reads, which is the one that writes where there is but one.
    [[nodiscard]] result<loan> lend_reader() {
        if (!is_shared()) return lend_writer();
        if (auto same = check_in_place(); !same) return same.error();
        const deadline until = deadline_in(options_.busy_timeout);
        std::unique_lock locked(lock_);
        const auto is_free = [&] { return !idle_.empty() || readers_ < options_.readers; };
        if (!changed_.wait_until(locked, until, is_free))
            return error{.code = errc::busy,
                         .message =
                             "all connections for reading are in use; end transactions, or "
                             "open the store with more readers"};
        if (idle_.empty()) {
            ++readers_;
            locked.unlock();
            return open_reader(until);
        }
        connection* const found = idle_.back().release();
        idle_.pop_back();
        found->wait_until(until);
        return loan(*this, *found);
    }

    void take_back(connection& lent) noexcept {
        lent.roll_back();
        if (&lent == writer_.get()) {
            if (is_file() && may_check_in() && lent.log_pages() >= options_.checkpoint_pages)
                check_in(SQLITE_CHECKPOINT_PASSIVE);
            if (lease_.is_taken()) lease_.give_back();
            const std::lock_guard locked(lock_);
            is_writing_ = false;
        } else {
            std::unique_ptr<connection> back(&lent);
            const std::lock_guard locked(lock_);
            // One that can't even roll back is closed; the next transaction gets a new one.
            if (lent.is_in_transaction())
                --readers_;
            else
                idle_.push_back(std::move(back));
        }
        changed_.notify_all();
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// Whether other connections may have it open.
    [[nodiscard]] bool is_shared() const noexcept { return is_file() && !options_.exclusive; }
    [[nodiscard]] bool is_file() const noexcept { return path_ != ":memory:"; }
    [[nodiscard]] const options& settings() const noexcept { return options_; }

  private:
    database(std::string&& path, const options& wanted) : path_(std::move(path)), options_(wanted) {
        if (options_.readers == 0) options_.readers = 1;
        idle_.reserve(options_.readers);
    }

    [[nodiscard]] result<void> open_writer() {
        if (is_shared())
            if (auto fits = check_log(); !fits) return fits;
        const bool is_new = file_mark::of(path_) == file_mark{};
        auto opened = connection::open(path_, is_new ? access::create : access::write);
        if (!opened)
            return is_new && is_closed(folder_of(path_)) ? no_permission() : opened.error();
        writer_ = std::move(*opened);
        writer_->wait_until(deadline_in(options_.busy_timeout));
        // Before the first look at the file, or SQLite would want to share memory for it.
        if (options_.exclusive)
            if (auto alone = set_pragma(*writer_, "locking_mode", "EXCLUSIVE", "exclusive"); !alone)
                return alone;
        if (auto ours = check_owner(*writer_); !ours) return ours;
        mark_ = file_mark::of(path_);
        auto lent = lend_writer();
        if (!lent) return lent.error();
        if (is_shared())
            if (auto noted = lease_.write_note(lasting_mark(path_)); !noted) return noted;
        if (auto ready = prepare_writer(*writer_, options_, is_file()); !ready) return ready;
        if (is_file()) check_in_what_was_left();
        return {};
    }

    // A file that was put in the place of another one would get that one's last changes, if their
    // log were still beside it. So the lease's file has a note whose log it is.
    [[nodiscard]] result<void> check_log() {
        struct stat log{};
        if (::stat((path_ + "-wal").c_str(), &log) != 0 || log.st_size == 0) return {};
        if (auto taken = lease_.take(path_ + "-lease", deadline_in(options_.busy_timeout)); !taken)
            return taken;
        const std::string whose = lease_.read_note();
        lease_.give_back();
        if (whose.empty() || whose == lasting_mark(path_)) return {};
        return error{
            .code = errc::corrupted,
            .message =
                "the file is another one than that whose last changes are in the -wal file "
                "beside it; put that one back or move its -wal and -shm away, or remove the "
                "-lease file if all were copied together"};
    }

    [[nodiscard]] result<loan> open_reader(deadline until) {
        auto opened = connection::open(path_, access::read);
        result<void> done;
        if (opened) {
            (*opened)->wait_until(until);
            done = prepare(**opened, options_, options_.cache_bytes / 4);
            if (done) return loan(*this, *opened->release());
        }
        {
            const std::lock_guard locked(lock_);
            --readers_;
        }
        changed_.notify_all();
        return about(path_, opened ? done.error() : opened.error());
    }

    // As with the lease, one waits for the writer and the others for that one's turn: a thread that
    // writes all the time stands behind those who wait.
    [[nodiscard]] bool wait_for_turn(deadline until) {
        std::unique_lock locked(lock_);
        const auto wait_for = [&](bool& taken) {
            return changed_.wait_until(locked, until, [&] { return !taken; });
        };
        if (!wait_for(has_next_)) return false;
        has_next_ = true;
        const bool is_ours = wait_for(is_writing_);
        has_next_ = false;
        if (is_ours) is_writing_ = true;
        locked.unlock();
        changed_.notify_all();
        return is_ours;
    }

    // What is written to a file that has no name any more would be lost with the last handle.
    [[nodiscard]] result<void> check_in_place() const {
        if (!is_file() || file_mark::of(path_) == mark_) return {};
        return about(path_, {.code = errc::unavailable,
                             .message = "the file was moved, removed or replaced while it was "
                                        "open; open the store again"});
    }

    // Takes the log into the file. It may fail: the log stays then, and the next one tries again.
    void check_in(int mode) noexcept {
        int log_pages = 0;
        const int code =
            sqlite3_wal_checkpoint_v2(writer_->handle(), "main", mode, &log_pages, nullptr);
        if (code == SQLITE_OK) writer_->set_log_pages(0);
    }
    // Commits end at a sector's end, so that a power cut within the next one can't tear them. What
    // a crash left in the log may not: behind it, no commit is added.
    void check_in_what_was_left() noexcept {
        writer_->wait_until({});
        check_in(SQLITE_CHECKPOINT_TRUNCATE);
    }
    void check_in_last_time() noexcept {
        constexpr std::chrono::milliseconds at_most{100};
        if (!check_in_place()) return;
        if (is_shared() && !lease_.take(path_ + "-lease", deadline_in(at_most))) return;
        writer_->wait_until({});
        check_in(SQLITE_CHECKPOINT_TRUNCATE);
        lease_.give_back();
    }
    [[nodiscard]] bool may_check_in() const noexcept { return !is_shared() || lease_.is_taken(); }

    std::string path_;
    options options_;
    file_mark mark_{};
    lease lease_{};
    std::unique_ptr<connection> writer_{};

    std::mutex lock_{};
    std::condition_variable changed_{};
    bool is_writing_ = false;
    bool has_next_ = false;
    std::size_t readers_ = 0;  // Those that are open, lent or idle.
    std::vector<std::unique_ptr<connection>> idle_{};
};

inline void loan::end() noexcept {
    if (from_ != nullptr) std::exchange(from_, nullptr)->take_back(*std::exchange(lent_, nullptr));
}

}  // namespace syncfw::sqlite::detail
