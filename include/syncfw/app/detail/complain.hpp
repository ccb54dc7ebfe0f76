// SPDX-License-Identifier: BSL-1.0
// How a program of app/ ends, and what it says then.
#pragma once

#include <syncfw/core/error.hpp>

#include <cstdio>
#include <string>
#include <string_view>

namespace syncfw::app::detail {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_unreachable = 3;
inline constexpr int exit_refused = 4;

/// One line on stderr, whatever is in it.
inline int complain(std::string_view program, int code, std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(program.size()), program.data(),
                 text.c_str());
    return code;
}

/// Exit 2 for what somebody wrote wrongly.
inline int complain_of_usage(std::string_view program, const error& why) {
    return complain(program, exit_usage,
                    to_string(why) + " (" + std::string(program) + " --help tells all)");
}

}  // namespace syncfw::app::detail
