// SPDX-License-Identifier: BSL-1.0
// A secret from a file, which is where secrets belong: environments are inherited and printed,
// command lines are seen by everybody on the machine.
//
//     result<secret<std::string>> key = read_secret_file("/run/secrets/jwt");
#pragma once

#include <syncfw/core/detail/wipe.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/secret.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#if !defined(_WIN32)
#include <sys/stat.h>
#endif

namespace syncfw {

inline constexpr std::size_t secret_file_bytes_max = 64 * 1024;

/// The file's content without the newline at its end. Fails with `errc::not_found` where there is
/// none, with `errc::forbidden` where its permissions let others read it, with `errc::too_large`,
/// and with `errc::invalid_value` where it is empty or no ordinary file.
[[nodiscard]] inline result<secret<std::string>> read_secret_file(const std::string& path);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

struct close_file {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using open_file = std::unique_ptr<std::FILE, close_file>;

/// At most one byte more than `most`, so that the caller sees that there is more.
[[nodiscard]] inline result<std::string> read_up_to(std::FILE* file, const std::string& path,
                                                    std::size_t most) {
    // Without the library's buffer, which would keep a copy of a secret.
    std::setvbuf(file, nullptr, _IONBF, 0);
    std::string bytes(most + 1, '\0');
    const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), file);
    if (std::ferror(file) != 0) {
        wipe_memory(bytes.data(), bytes.size());
        return error{.code = errc::unavailable, .message = "the file " + path + " can't be read"};
    }
    bytes.resize(count);
    return bytes;
}

[[nodiscard]] inline error no_file(const std::string& path) {
    return {.code = errc::not_found,
            .message = "the file " + path + " can't be opened",
            .cause = std::generic_category().message(errno)};
}

// Asks the open file, not the path: nobody can put another one there in between.
[[nodiscard]] inline result<void> check_secret_file(std::FILE* file, const std::string& path) {
#if !defined(_WIN32)
    struct ::stat seen{};
    if (::fstat(::fileno(file), &seen) != 0) return no_file(path);
    if (!S_ISREG(seen.st_mode))
        return error{.code = errc::invalid_value, .message = path + " is no ordinary file"};
    if ((seen.st_mode & 0077) != 0)
        return error{
            .code = errc::forbidden,
            .message = "the secret in " + path + " is open to others; run: chmod 600 " + path};
#else
    (void)file, (void)path;
#endif
    return {};
}

}  // namespace detail

inline result<secret<std::string>> read_secret_file(const std::string& path) {
    const detail::open_file file(std::fopen(path.c_str(), "rb"));
    if (!file) return detail::no_file(path);
    if (auto allowed = detail::check_secret_file(file.get(), path); !allowed)
        return allowed.error();
    auto bytes = detail::read_up_to(file.get(), path, secret_file_bytes_max);
    if (!bytes) return bytes.error();
    if (bytes->ends_with('\n')) bytes->pop_back();
    if (bytes->ends_with('\r')) bytes->pop_back();
    secret<std::string> found(std::move(*bytes));
    if (found.reveal().size() > secret_file_bytes_max)
        return error{.code = errc::too_large,
                     .message = "the file " + path + " is too large for a secret: at most " +
                                std::to_string(secret_file_bytes_max) + " bytes"};
    if (found.reveal().empty())
        return error{.code = errc::invalid_value, .message = "the file " + path + " is empty"};
    return found;
}

}  // namespace syncfw
