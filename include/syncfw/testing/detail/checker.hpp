// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/testing/report.hpp>

#include <cstdint>
#include <string>

namespace syncfw::testing::detail {

/// What the checks of any suite say things with.
class checker {
  public:
    report seen{};

  protected:
    bool expect(bool is_so, const std::string& what) {
        ++seen.checks;
        if (!is_so) seen.findings.push_back({promise_, what});
        return is_so;
    }
    template <class T>
    bool must(const char* what, const result<T>& done) {
        return done ? expect(true, "") : expect(false, what + (": " + to_string(done.error())));
    }
    template <class T>
    void expect_same(const char* what, const T& found, const T& wanted) {
        expect(found == wanted,
               std::string(what) + ": expected\n" + text(wanted) + "found\n" + text(found));
    }
    static std::string text(const std::string& s) { return s + "\n"; }
    static std::string text(std::int64_t n) { return std::to_string(n) + "\n"; }
    template <class T>
    bool expect_code(const char* what, const result<T>& done, errc code) {
        return expect(!done && done.error().code == code,
                      std::string(what) + ": expected " + std::string(describe(code).name) +
                          ", found " + (done ? "success" : to_string(done.error())));
    }

    std::string promise_{};
};

}  // namespace syncfw::testing::detail
