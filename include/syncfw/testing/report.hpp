// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace syncfw::testing {

/// A promise that was not kept.
struct finding {
    std::string promise{};  ///< As storage.hpp has it.
    std::string what{};     ///< What was done, expected and found.
};

/// What a suite found out.
struct report {
    std::size_t checks = 0;  ///< How many were made.
    std::vector<finding> findings{};

    [[nodiscard]] bool passed() const noexcept { return findings.empty(); }

    report& operator+=(report other) {
        checks += other.checks;
        for (finding& each : other.findings) findings.push_back(std::move(each));
        return *this;
    }
};

/// One line for each finding, and one with the sum.
[[nodiscard]] inline std::string to_string(const report& seen) {
    std::string text;
    for (const finding& each : seen.findings) text += each.promise + ": " + each.what + "\n";
    return text + std::to_string(seen.checks) + " checks, " + std::to_string(seen.findings.size()) +
           " findings";
}

}  // namespace syncfw::testing
