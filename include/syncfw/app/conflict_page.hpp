// SPDX-License-Identifier: BSL-1.0
// A page on which people settle the conflicts that wait for them.
//
//     syncfw::add_conflict_routes(routes, hub, pokes, "/api/sync/conflicts", http::needs_token);
//     syncfw::add_conflict_page(routes, {.path = "/conflicts", .routes = "/api/sync/conflicts"});
//
// It shows both sides beside each other. It loads nothing from elsewhere, runs its own script
// alone, shows all that it gets as text, and keeps the token that is typed in for as long as it is
// open.
#pragma once

#include <syncfw/app/detail/conflict_page_files.hpp>
#include <syncfw/app/docs_page.hpp>
#include <syncfw/transport/http/router.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

struct conflict_page_options {
    std::string path = "/conflicts";
    std::string routes = "/api/sync/conflicts";  ///< Where the page finds them.
};

/// Everybody gets the page, and with a token his own conflicts.
void add_conflict_page(http::router& routes, const conflict_page_options& options = {});

// --- how it is done ------------------------------------------------------------------------------

inline void add_conflict_page(http::router& routes, const conflict_page_options& options) {
    using detail::docs_file;
    std::string page(detail::conflict_page_html);
    const std::string name = options.path.substr(options.path.rfind('/') + 1);
    const auto put = [&](std::string_view mark, const std::string& text) {
        for (std::size_t at = 0; (at = page.find(mark)) != std::string::npos;)
            page.replace(at, mark.size(), text);
    };
    put("@name@", name);
    put("@routes@", options.routes);
    routes
        .add("GET", options.path, http::open_to_all,
             docs_file(std::move(page), "text/html; charset=utf-8"))
        .add("GET", options.path + "/page.css", http::open_to_all,
             docs_file(std::string(detail::conflict_page_style), "text/css; charset=utf-8"))
        .add(
            "GET", options.path + "/page.js", http::open_to_all,
            docs_file(std::string(detail::conflict_page_script), "text/javascript; charset=utf-8"));
}

}  // namespace syncfw
