// SPDX-License-Identifier: BSL-1.0
// What the benchmarks of the stores share. One .cpp for each store, which registers itself: a
// library that is missing costs no more than its rows.
#pragma once

#include "../measure.hpp"
#include "../report.hpp"
#include "../run.hpp"
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
