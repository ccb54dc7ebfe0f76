// SPDX-License-Identifier: BSL-1.0
// What the benchmarks of the stores share.
#pragma once

#include "../measure.hpp"
#include "../report.hpp"
#include "entity.hpp"
#include <syncfw/core/result.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace bench {

/// A benchmark whose work fails measures nothing.
template <class T>
void must(const syncfw::result<T>& done) {
    if (done) return;
    std::fprintf(stderr, "%s\n", to_string(done.error()).c_str());
    std::exit(1);
}

inline row versus(std::string name, const comparison& seen, double rows, std::string peer,
                  double budget) {
    row made{.name = std::move(name), .value = seen.ours / rows, .unit = "ns/row"};
    made.peer = std::move(peer);
    made.peer_value = seen.theirs / rows;
    made.ratio = seen.ratio;
    if (budget != no_budget) made.budget = budget;
    return made;
}

void bench_memory(report& out, const plan& how);
void bench_sqlite(report& out, const plan& how);
void bench_postgres(report& out, const plan& how);

}  // namespace bench
