// SPDX-License-Identifier: BSL-1.0
// Whether a store keeps the promises of storage/storage.hpp. Any test runner will do: what comes
// back is a report.
//
//     using namespace syncfw::testing;
//     report seen = check_store([] { return std::make_unique<my_store<conformance_schema>>(…); });
//     seen += compare_stores(make_mine, make_model, {.scripts = 2'000});
//     std::puts(to_string(seen).c_str());
//     return seen.passed() ? 0 : 1;
//
// `check_store` wants an empty store for each of its checks; `check_reopening` opens one store
// several times; `compare_stores` does the same random things to two stores and looks for the first
// difference.
#pragma once

#include <syncfw/testing/detail/reopening_checks.hpp>
#include <syncfw/testing/detail/script.hpp>
#include <syncfw/testing/detail/store_checks.hpp>
#include <syncfw/testing/report.hpp>

#include <cstdint>
#include <utility>

namespace syncfw::testing {

/// Tries everything that a store promises. `make()` gives a smart pointer to a new, empty store of
/// `conformance_schema`.
template <class Make>
[[nodiscard]] report check_store(Make make, const check_options& options = {}) {
    detail::store_checks<Make> checks(make, options);
    checks.run();
    return std::move(checks.seen);
}

/// Whether a store that is closed and opened again has what was committed. `open()` gives a smart
/// pointer to the same store each time, empty at first.
template <class Open>
[[nodiscard]] report check_reopening(Open open, const check_options& options = {}) {
    detail::reopening_checks<Open> checks(open, options);
    checks.run();
    return std::move(checks.seen);
}

struct script_options {
    std::uint64_t scripts = 100;
    std::uint64_t operations = 200;
    std::uint64_t seed = 1;
};

/// Does the same random things to two stores, operation by operation; the second one is the model.
/// A difference is reported as the shortest script found that shows it.
template <class Make, class MakeModel>
[[nodiscard]] report compare_stores(Make make, MakeModel make_model,
                                    const script_options& options = {}) {
    report seen;
    for (std::uint64_t i = 0; i < options.scripts && seen.passed(); ++i) {
        ++seen.checks;
        detail::compare_script(make, make_model, options.seed + i, options.operations, seen);
    }
    return seen;
}

}  // namespace syncfw::testing
