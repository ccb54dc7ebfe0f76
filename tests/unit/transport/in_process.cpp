// SPDX-License-Identifier: BSL-1.0
#include <syncfw/testing/check_transport.hpp>
#include <syncfw/transport/in_process.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace syncfw;
using namespace syncfw::testing;

/// A server whose answers somebody else gives.
struct answering {
    request_handler answer;
    std::string handle(const caller&, std::string_view request) const { return answer(request); }
};

class in_process_endpoint {
  public:
    explicit in_process_endpoint(request_handler answer) : hub_{std::move(answer)} {}
    in_process_link<answering, caller> link() { return {hub_, caller()}; }

  private:
    answering hub_;
};

}  // namespace

TEST_CASE("in_process: keeps the promises of a transport") {
    const report seen = check_transport(
        [](request_handler answer) { return in_process_endpoint(std::move(answer)); });
    INFO(to_string(seen));
    CHECK(seen.passed());
    CHECK(seen.checks > 1'000);
}
