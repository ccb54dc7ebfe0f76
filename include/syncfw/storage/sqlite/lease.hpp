// SPDX-License-Identifier: BSL-1.0
// Who may write: one transaction, or one checkpoint, of all processes that have the file open.
//
// SQLite from 3.7.0 to 3.51.2 can damage a file when one connection begins the log of changes anew
// while another one checkpoints. So both are done under a lock that is taken before and given back
// behind them. It is taken with newer versions too, because a process with an older one may have
// the same file open. It lies on a file of its own, `<database>-lease`: locks on the database
// itself are SQLite's, and they would go with any handle of it that this process closes.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/storage/sqlite/connection.hpp>
#include <syncfw/storage/sqlite/error.hpp>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace syncfw::sqlite::detail {

class lease {
  public:
    lease() = default;
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease() { close(); }

    /// Waits for the others. Fails with `errc::busy` when the time is up.
    [[nodiscard]] result<void> take(const std::string& path, deadline until) {
        for (;;) {
            if (file_ < 0)
                if (auto opened = open(path); !opened) return opened;
            if (auto locked = lock(until); !locked) return locked;
            if (is_there(path)) {
                is_taken_ = true;
                return {};
            }
            close();  // Somebody removed the file: the lock of a new one counts.
        }
    }
    void give_back() noexcept {
        is_taken_ = false;
        unlock(the_lease);
    }
    [[nodiscard]] bool is_taken() const noexcept { return is_taken_; }

    /// What `write_note` left; nothing where this file is a copy of the one that it was left in.
    [[nodiscard]] std::string read_note() const {
        char bytes[note_bytes];
        const ssize_t size = ::pread(file_, bytes, sizeof bytes, 0);
        const std::string note(bytes, size > 0 ? static_cast<std::size_t>(size) : 0);
        const std::string own = own_mark();
        return note.compare(0, own.size(), own) == 0 ? note.substr(own.size()) : std::string();
    }
    [[nodiscard]] result<void> write_note(const std::string& about_database) {
        const std::string note = own_mark() + about_database;
        if (note.size() <= note_bytes && ::ftruncate(file_, 0) == 0 &&
            ::pwrite(file_, note.data(), note.size(), 0) == static_cast<ssize_t>(note.size()))
            return {};
        return failed("");
    }

  private:
    // Whoever waits holds the turn, so that one who writes all the time can't keep others away.
    static constexpr off_t the_turn = 0;
    static constexpr off_t the_lease = 1;
    static constexpr std::size_t note_bytes = 256;

    [[nodiscard]] result<void> open(const std::string& path) {
        file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (file_ >= 0) return {};
        return failed(path);
    }
    void close() noexcept {
        if (file_ >= 0) ::close(std::exchange(file_, -1));
    }

    [[nodiscard]] result<void> lock(deadline until) {
        if (auto waited = wait_for(the_turn, until); !waited) return waited;
        auto locked = wait_for(the_lease, until);
        unlock(the_turn);
        return locked;
    }
    [[nodiscard]] result<void> wait_for(off_t which, deadline until) {
        for (int times = 0; !try_lock(which); ++times) {
            if (errno != EAGAIN && errno != EACCES && errno != EINTR) return failed("");
            if (!wait_a_little(times, until))
                return error{.code = errc::busy, .message = "another process is writing"};
        }
        return {};
    }

#if defined(F_OFD_SETLK)
    // These locks belong to the open file, not to the process: two stores of one process exclude
    // each other too.
    [[nodiscard]] bool set(off_t which, short type) noexcept {
        struct flock wanted{};
        wanted.l_type = type;
        wanted.l_whence = SEEK_SET;
        wanted.l_start = which;
        wanted.l_len = 1;
        return ::fcntl(file_, F_OFD_SETLK, &wanted) == 0;
    }
    [[nodiscard]] bool try_lock(off_t which) noexcept { return set(which, F_WRLCK); }
    void unlock(off_t which) noexcept { (void)set(which, F_UNLCK); }
#else
    [[nodiscard]] bool try_lock(off_t which) noexcept {
        return which == the_turn || ::flock(file_, LOCK_EX | LOCK_NB) == 0;
    }
    void unlock(off_t which) noexcept {
        if (which == the_lease) ::flock(file_, LOCK_UN);
    }
#endif

    [[nodiscard]] bool is_there(const std::string& path) const noexcept {
        struct stat named{};
        struct stat opened{};
        return ::stat(path.c_str(), &named) == 0 && ::fstat(file_, &opened) == 0 &&
               named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
    }

    [[nodiscard]] std::string own_mark() const {
        struct stat opened{};
        ::fstat(file_, &opened);
        return std::to_string(opened.st_ino) + ":";
    }

    [[nodiscard]] static error failed(const std::string& path) {
        const int why = errno;
        return error_of(path.empty() ? SQLITE_IOERR_LOCK : SQLITE_CANTOPEN, why,
                        std::strerror(why) + std::string(path.empty() ? "" : ": ") + path);
    }

    int file_ = -1;
    bool is_taken_ = false;
};

}  // namespace syncfw::sqlite::detail
