// SPDX-License-Identifier: BSL-1.0
// A copy of the database while others write: of one moment, whole, looked through and on the disk
// before it gets its name.
#pragma once

#include <syncfw/storage/sqlite/file.hpp>
#include <syncfw/storage/sqlite/history.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::sqlite {

struct backup_progress {
    std::int64_t pages_done = 0;
    std::int64_t pages = 0;
};

namespace detail {

/// Every line of a statement's first column.
[[nodiscard]] inline result<std::vector<std::string>> read_lines(connection& on,
                                                                 std::string_view constant_text) {
    statement* const found = on.constant(constant_text);
    if (found == nullptr) return on.last_error();
    const statement_use use(*found);
    std::vector<std::string> lines;
    int code = SQLITE_ROW;
    while ((code = found->step()) == SQLITE_ROW)
        lines.push_back(std::string(found->column(0, value_kind::text).text));
    if (code != SQLITE_DONE) return on.why(code);
    return lines;
}

/// Why a page could not be read, where a line of the checks says that; it tells nothing of damage.
[[nodiscard]] inline int reading_failure(const std::string& line) {
    constexpr std::string_view before = "error code=";
    const std::size_t at = line.find(before);
    // Of pages behind the first of a long row the check doesn't say why.
    if (line.find("failed to get page") != line.npos) return SQLITE_IOERR;
    const int code = at == line.npos ? SQLITE_OK : std::atoi(line.c_str() + at + before.size());
    return (code & 0xFF) == SQLITE_CORRUPT ? SQLITE_OK : code;
}

/// What is wrong with the file; empty when all is well.
[[nodiscard]] inline result<std::vector<std::string>> find_damage(connection& on, bool is_quick) {
    auto found = read_lines(on, is_quick ? std::string_view("PRAGMA quick_check")
                                         : std::string_view("PRAGMA integrity_check"));
    if (!found) return found;
    for (const std::string& line : *found)
        if (const int code = reading_failure(line); code != SQLITE_OK)
            return error_of(code, sqlite3_system_errno(on.handle()), line);
    if (found->size() == 1 && found->front() == "ok") found->clear();
    return found;
}

[[nodiscard]] inline result<void> refuse_damage(connection& on, bool is_quick) {
    auto found = find_damage(on, is_quick);
    if (!found) return found.error();
    if (found->empty()) return {};
    return error{.code = errc::corrupted,
                 .message = "the file is damaged; restore a backup",
                 .cause = found->front()};
}

/// A file that is there under another name until it is whole, and removed where it never becomes.
class unfinished_file {
  public:
    explicit unfinished_file(const std::string& path)
        : path_(path), unfinished_(path + "-partial") {}
    unfinished_file(const unfinished_file&) = delete;
    unfinished_file& operator=(const unfinished_file&) = delete;
    ~unfinished_file() {
        if (is_made_) remove();
    }

    [[nodiscard]] const std::string& name() const noexcept { return unfinished_; }

    [[nodiscard]] result<void> make() {
        struct stat found{};
        if (::lstat(path_.c_str(), &found) == 0) return taken(path_);
        const int opened = ::open(unfinished_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (opened < 0) return errno == EEXIST ? taken(unfinished_) : failed();
        ::close(opened);
        is_made_ = true;
        return {};
    }
    /// Gives it its name, unless another file has got that in the meantime.
    [[nodiscard]] result<void> finish() {
        if (auto done = synchronise(unfinished_); !done) return done;
        if (::link(unfinished_.c_str(), path_.c_str()) != 0)
            return errno == EEXIST ? taken(path_) : failed();
        remove();
        return synchronise(folder_of(path_));
    }

  private:
    // With what SQLite may have left beside it.
    void remove() noexcept {
        for (const char* each : {"", "-journal", "-wal", "-shm"})
            ::unlink((unfinished_ + each).c_str());
        is_made_ = false;
    }
    [[nodiscard]] static error taken(const std::string& path) {
        return {
            .code = errc::already_exists,
            .message = "a backup never replaces a file; remove it or give another name: " + path};
    }
    [[nodiscard]] error failed() const {
        const int why = errno;
        return about(path_, error_of(SQLITE_CANTOPEN, why, std::strerror(why)));
    }

    std::string path_;
    std::string unfinished_;
    bool is_made_ = false;
};

/// Copies the pages as they are at the transaction of `from`.
template <class F>
[[nodiscard]] result<void> copy_pages(connection& from, connection& to, F&& progress) {
    constexpr int pages_at_once = 1'000;
    sqlite3_backup* const copying = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
    if (copying == nullptr) return to.last_error();
    int code = SQLITE_OK;
    while (code == SQLITE_OK) {
        code = sqlite3_backup_step(copying, pages_at_once);
        const std::int64_t pages = sqlite3_backup_pagecount(copying);
        progress(backup_progress{pages - sqlite3_backup_remaining(copying), pages});
    }
    const int end = sqlite3_backup_finish(copying);
    if (code != SQLITE_DONE) return error_of(to.handle(), code);
    if (end != SQLITE_OK) return error_of(to.handle(), end);
    return {};
}

/// Makes the copy a file of its own: without a log, and without the mark of the one it is of.
[[nodiscard]] inline result<void> complete_copy(connection& made) {
    for (const char* each : {"PRAGMA synchronous = EXTRA", "PRAGMA journal_mode = DELETE",
                             "PRAGMA locking_mode = NORMAL"})
        if (auto done = made.execute(each); !done) return done;
    if (auto done = make_mark_table(made); !done) return done;
    if (auto done = set_mark(made, ""); !done) return done;
    return refuse_damage(made, false);
}

/// `from` is in a transaction, and so stays at one moment.
template <class F>
[[nodiscard]] result<void> make_backup(connection& from, const std::string& path, F&& progress) {
    unfinished_file file(path);
    if (auto made = file.make(); !made) return made;
    {
        auto to = connection::open(file.name(), access::write);
        if (!to) return to.error();
        // The copied header says that there is a log; alone, one needs no shared memory for it.
        if (auto alone = (*to)->execute("PRAGMA locking_mode = EXCLUSIVE"); !alone) return alone;
        if (auto done = copy_pages(from, **to, progress); !done) return about(path, done.error());
        if (auto done = complete_copy(**to); !done) return about(path, done.error());
    }
    return file.finish();
}

}  // namespace detail
}  // namespace syncfw::sqlite
