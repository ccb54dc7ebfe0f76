// SPDX-License-Identifier: BSL-1.0
// Which file it is: looked at when it is opened, and again by each transaction.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/storage/sqlite/error.hpp>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace syncfw::sqlite::detail {

/// "sync", at the place of the header where SQLite has the owner of a file.
inline constexpr std::int64_t application_id = 0x7379'6E63;

[[nodiscard]] inline error about(const std::string& path, error what) {
    what.message += ": " + path;
    return what;
}

[[nodiscard]] inline error unsupported(const char* why) {
    return {.code = errc::unsupported_format, .message = std::string("the file ") + why};
}

[[nodiscard]] inline error no_permission() {
    return {.code = errc::read_only,
            .message = "the file or its folder can't be written; check their permissions"};
}

/// Whether this process may make no file in the folder.
[[nodiscard]] inline bool is_closed(const std::string& folder) noexcept {
    return ::faccessat(AT_FDCWD, folder.c_str(), W_OK, AT_EACCESS) != 0 && is_no_permission(errno);
}

/// The path as SQLite is to see it: it would take one that begins with `file:` for an address.
[[nodiscard]] inline result<std::string> checked_path(std::string_view path) {
    if (path.empty() || path.find('\0') != path.npos)
        return error{.code = errc::invalid_value, .message = "the path of the database is empty"};
    std::string checked(path.substr(0, 5) == "file:" ? "./" : "");
    checked += path;
    struct stat found{};
    if (::stat(checked.c_str(), &found) == 0 && !S_ISREG(found.st_mode))
        return about(checked, unsupported("is a folder or a device"));
    return checked;
}

/// What a name stands for. A copy, or another file put in its place, is another one.
struct file_mark {
    dev_t device = 0;
    ino_t number = 0;

    [[nodiscard]] static file_mark of(const std::string& path) noexcept {
        struct stat found{};
        if (::stat(path.c_str(), &found) != 0) return {};
        return {found.st_dev, found.st_ino};
    }
    friend bool operator==(const file_mark&, const file_mark&) = default;
};

/// The same to be kept in the file. Devices get new numbers when the machine starts, so the time
/// of the file's birth takes their place, where the file system has it.
[[nodiscard]] inline std::string lasting_mark(const std::string& path) {
    std::string mark = std::to_string(file_mark::of(path).number);
#if defined(STATX_BTIME)
    struct statx found{};
    if (::statx(AT_FDCWD, path.c_str(), 0, STATX_BTIME, &found) == 0 &&
        (found.stx_mask & STATX_BTIME) != 0)
        mark += " " + std::to_string(found.stx_btime.tv_sec) + "." +
                std::to_string(found.stx_btime.tv_nsec);
#endif
    return mark;
}

/// Makes what was written to a file, or to a folder's list of files, last.
[[nodiscard]] inline result<void> synchronise(const std::string& path) {
    const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool done = opened >= 0 && ::fsync(opened) == 0;
    const int why = errno;
    if (opened >= 0) ::close(opened);
    if (!done) return about(path, error_of(SQLITE_IOERR_FSYNC, why, std::strerror(why)));
    return {};
}

[[nodiscard]] inline std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace syncfw::sqlite::detail
