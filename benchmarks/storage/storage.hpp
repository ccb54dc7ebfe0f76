// SPDX-License-Identifier: BSL-1.0
// What the benchmarks of the stores share. One .cpp for each store, which registers itself: a
// library that is missing costs no more than its rows.
#pragma once

#include "../measure.hpp"
#include "../report.hpp"
#include "entity.hpp"
#include <syncfw/core/result.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

struct settings {
    std::string results{};
    std::string only{};
    bool with_header = true;
    std::size_t rows = 100'000;  ///< Of most tables; the large ones have ten times as many.
    plan how{.pairs = 15};

    /// For what waits for a disk or a server: by the wall clock, and fewer pairs.
    [[nodiscard]] plan slow(std::size_t pairs, std::size_t attempts = 3) const {
        return {
            .pairs = std::min(pairs, how.pairs), .attempts = attempts, .clock = CLOCK_MONOTONIC};
    }
};

struct part {
    std::string_view name;
    void (*run)(report& out, const settings& chosen);
    bool is_for_itself = false;  ///< Runs only when it is named.
};

inline std::vector<part>& parts() {
    static std::vector<part> all;
    return all;
}

struct registered_part {
    explicit registered_part(const part& each) { parts().push_back(each); }
};

/// A benchmark whose work fails measures nothing.
template <class T>
void must(const syncfw::result<T>& done) {
    if (done) return;
    std::fprintf(stderr, "%s\n", to_string(done.error()).c_str());
    std::exit(1);
}

/// "1,000,000"
inline std::string in_words(std::size_t count) {
    std::string text = std::to_string(count);
    for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
    return text;
}

inline row versus(std::string name, const comparison& seen, std::size_t rows, std::string peer,
                  double budget = no_budget) {
    const auto per_row = static_cast<double>(rows);
    row made{.name = std::move(name), .value = seen.ours / per_row, .unit = "ns/row"};
    made.peer = std::move(peer);
    made.peer_value = seen.theirs / per_row;
    made.ratio = seen.ratio;
    if (budget != no_budget) made.budget = budget;
    return made;
}

}  // namespace bench
