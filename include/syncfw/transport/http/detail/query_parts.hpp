// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/transport/http/url.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::http::detail {

using parameter_list = std::vector<std::pair<std::string, std::string>>;

// `a=1&b=x+y` in its parts. One that comes twice is refused: two programs would differ in which of
// them counts.
[[nodiscard]] inline result<parameter_list> split_query(std::string_view query) {
    const auto is_utf8 = [](std::string_view text) {
        const char* const end = text.data() + text.size();
        return syncfw::detail::find_invalid_utf8(text.data(), end) == end;
    };
    parameter_list found;
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view one = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        if (one.empty()) continue;
        const std::size_t equals = one.find('=');
        auto name = unescape(one.substr(0, equals), true);
        auto value = unescape(equals == std::string_view::npos ? "" : one.substr(equals + 1), true);
        if (!name || !value || !is_utf8(*name))
            return error{.code = errc::malformed, .message = "the query has a broken escape"};
        if (!is_utf8(*value))
            return error{.code = errc::invalid_value, .message = "expected UTF-8", .field = *name};
        for (const auto& [known, ignored] : found)
            if (known == *name)
                return error{.code = errc::duplicate_field,
                             .message = "the parameter comes twice",
                             .field = *name};
        found.emplace_back(std::move(*name), std::move(*value));
    }
    return found;
}

}  // namespace syncfw::http::detail
