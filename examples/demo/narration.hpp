// SPDX-License-Identifier: BSL-1.0
// How the story looks: numbered chapters, and who does what in two columns. Colours only on a
// terminal, and not where NO_COLOR is set.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace demo {

class narration {
  public:
    void chapter(const char* title, const char* what_to_see) {
        std::printf("\n%s%d. %s%s\n   %s\n\n", ink("\033[1m"), ++chapters_, title, ink("\033[0m"),
                    what_to_see);
    }
    /// Somebody does something; what comes of it must be as wanted.
    void step(const std::string& who, const std::string& what, const std::string& seen = "",
              const std::string& wanted = "") {
        line(who, what, seen == "done" ? "" : seen);
        if (seen == wanted) return;
        std::printf("   %s^ got \"%s\", wanted \"%s\"%s\n", ink("\033[31m"), seen.c_str(),
                    wanted.c_str(), ink("\033[0m"));
        ++failures_;
    }
    void end(bool is_fine, const std::string& words) {
        std::printf("\n%s%s%s\n", ink(is_fine ? "\033[1;32m" : "\033[1;31m"), words.c_str(),
                    ink("\033[0m"));
    }
    [[nodiscard]] int failures() const noexcept { return failures_; }

  private:
    void line(const std::string& who, const std::string& what, const std::string& seen) {
        const char* const colour = who == "server"   ? "\033[35m"
                                   : who == "phone"  ? "\033[36m"
                                   : who == "laptop" ? "\033[33m"
                                                     : "";
        std::string shown = seen;  // Parts of it stand below each other.
        for (std::size_t at = 0; (at = shown.find(" | ", at)) != shown.npos;)
            shown.replace(at, 3, "\n" + std::string(48, ' '));
        std::printf("   %s%-7s%s %-*s%s%s%s\n", ink(colour), who.c_str(), ink("\033[0m"),
                    seen.empty() ? 0 : 37, what.c_str(), ink("\033[1m"), shown.c_str(),
                    ink("\033[0m"));
        std::fflush(stdout);
    }
    [[nodiscard]] const char* ink(const char* code) const { return has_colours_ ? code : ""; }

    static bool wants_colours() {
        const char* const no = std::getenv("NO_COLOR");
        return ::isatty(STDOUT_FILENO) != 0 && (no == nullptr || *no == '\0');
    }

    bool has_colours_ = wants_colours();
    int chapters_ = 0;
    int failures_ = 0;
};

}  // namespace demo
