// SPDX-License-Identifier: BSL-1.0
// Queries and bodies from a stranger, to a route of plain structs and of an entity: a query, a line
// end, a body. Whatever comes, the answer is success or the stranger's own error, in JSON; what
// reaches the function keeps its rules; and what goes out is read back as the same.
#include "fuzz.hpp"
#include <syncfw/transport/http/typed.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

enum class colour { red, green };

struct row {
    uuid id{};
    std::string title{};
    std::string owner{};
    std::optional<std::int32_t> pages{};

    static constexpr auto sync_entity =
        entity<"row">(field<&row::id>(primary_key), field<&row::title>(max_length<9>),
                      field<&row::owner>(tenant), field<&row::pages>(range(1, 99)));
};
struct asked_query {
    std::int64_t limit = 10;
    std::optional<std::string> after{};
    std::vector<colour> colours{};
    std::optional<timestamp> since{};
    double ratio = 0;
    bool is_new = false;

    static constexpr auto sync_rules = rules(field<&asked_query::limit>(range(1, 100)));
};
struct rows {
    std::string note{};
    std::vector<row> items{};
    std::optional<row> first{};

    static constexpr auto sync_rules = rules(field<&rows::note>(max_length<20>));
};

bool are_same(const rows& a, const rows& b) {
    return http::detail::to_json(a) == http::detail::to_json(b);
}

const http::typed_route echo =
    http::typed([](const http::call&, const http::query<asked_query>& wanted, const rows& given) {
        fuzz::require(wanted.limit >= 1 && wanted.limit <= 100, "a query keeps its rules");
        fuzz::require(keep_rules(given).has_value(), "a body keeps its rules");
        for (const row& each : given.items)
            fuzz::require(each.owner.empty(), "no client sets what the server owns");
        const auto again = http::detail::from_json<rows>(http::detail::to_json(given));
        fuzz::require(again && are_same(*again, given), "what goes out comes back");
        return given;
    });

}  // namespace

void fuzz::check(std::string_view input) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    http::call asked;
    asked.asked.head.query = input.substr(0, end);
    asked.asked.head.fields.add("Content-Type", "application/json");
    if (end < input.size()) asked.asked.body = input.substr(end + 1);
    const http::response given = echo.handle(asked);
    require(given.status == 200 || (given.status >= 400 && given.status < 500),
            "an error is the stranger's own");
    require(syncfw::json::decode_document(given.body).has_value(), "an answer is JSON");
}
