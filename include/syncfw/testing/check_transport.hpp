// SPDX-License-Identifier: BSL-1.0
// Whether a transport keeps the promises of transport/transport.hpp. Any test runner will do: what
// comes back is a report.
//
//     struct my_endpoint {                     // answers by the handler as long as it lives
//         explicit my_endpoint(request_handler answer);
//         my_link link();                      // a new link to it, for one thread
//         void stop();                         // with these two it is tried as well what happens
//         void start();                        // while nobody serves, and then again
//     };
//     using namespace syncfw::testing;
//     report seen = check_transport([](request_handler answer) {
//         return my_endpoint(std::move(answer));
//     });
//     std::puts(to_string(seen).c_str());
//     return seen.passed() ? 0 : 1;
//
// An exchange that never ends is an end of the suite as well: give your runner a time limit.
#pragma once

#include <syncfw/testing/detail/transport_checks.hpp>
#include <syncfw/testing/report.hpp>

#include <utility>

namespace syncfw::testing {

/// Tries everything that a transport promises. `make(handler)` gives a new endpoint, which asks the
/// handler for each request's answer, from any thread and also from several at once. The handler
/// may throw.
template <class Make>
[[nodiscard]] report check_transport(Make make, const transport_check_options& options = {}) {
    detail::transport_checks<Make> checks(make, options);
    checks.run();
    return std::move(checks.seen);
}

}  // namespace syncfw::testing
