// SPDX-License-Identifier: BSL-1.0
// The description of an API, and a page on which people read and try it.
//
//     add_my_routes(routes);
//     syncfw::add_docs_routes(routes, {.title = "Books", .version = "1.2.0"}, http::open_to_all);
//
// | route             | what it gives                                     |
// |-------------------|---------------------------------------------------|
// | GET /openapi.json | the description, see openapi.hpp                  |
// | GET /docs         | the page; its style and script lie beneath it     |
//
// The page loads nothing from elsewhere and runs nothing but its own script: its content policy
// forbids all else. What the description says is shown as text, whatever it looks like. A token
// that a reader types in stays in the page's memory, and goes to this server alone.
#pragma once

#include <syncfw/app/detail/docs_page_script.hpp>
#include <syncfw/app/detail/docs_page_style.hpp>
#include <syncfw/app/openapi.hpp>
#include <syncfw/transport/http/router.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

/// Call it last: it describes the routes that are there by then. Browsers send no token by
/// themselves, so for people `who` is `open_to_all`; with another rule only programs get in.
void add_docs_routes(http::router& routes, const api_info& info, const http::access& who);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

// Paths are relative, so that the page works behind a proxy that puts a prefix before them.
inline constexpr std::string_view docs_page_html = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/page.css">
<script src="docs/page.js" defer></script>
</head>
<body>
<a class="skip" href="#operations">Skip to the operations</a>
<header>
<h1 id="title">API</h1>
<p id="about"></p>
<p><label for="token">Bearer token</label>
<input id="token" type="password" autocomplete="off" spellcheck="false"
 aria-describedby="token-note">
<span id="token-note">Stays in this page's memory, and is sent to this server alone.</span></p>
</header>
<nav aria-label="Contents"><ul id="contents"></ul></nav>
<main id="operations" tabindex="-1"><p id="state" role="status">Loading…</p></main>
<section id="schemas" aria-labelledby="schemas-title" hidden>
<h2 id="schemas-title">Schemas</h2>
</section>
<footer><p>The same for programs: <a href="openapi.json">openapi.json</a></p></footer>
<noscript><p>This page needs its script; openapi.json has the same without.</p></noscript>
</body>
</html>
)html";

inline constexpr std::string_view docs_page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

[[nodiscard]] inline http::typed_route docs_file(std::string content, std::string_view type) {
    http::typed_route made;
    made.said.said.is_hidden = true;
    made.handle = [content = std::move(content), type](const http::call&) {
        http::response file{.body = content, .content_type = std::string(type)};
        file.fields.add("Content-Security-Policy", docs_page_policy);
        file.fields.add("Referrer-Policy", "no-referrer");
        file.fields.add("Cache-Control", "no-cache");
        return file;
    };
    return made;
}

}  // namespace detail

inline void add_docs_routes(http::router& routes, const api_info& info, const http::access& who) {
    using detail::docs_file;
    std::string described = openapi_of(routes, info);
    routes.add("GET", "/openapi.json", who, docs_file(std::move(described), "application/json"))
        .add("GET", "/docs", who,
             docs_file(std::string(detail::docs_page_html), "text/html; charset=utf-8"))
        .add("GET", "/docs/page.css", who,
             docs_file(std::string(detail::docs_page_style), "text/css; charset=utf-8"))
        .add("GET", "/docs/page.js", who,
             docs_file(std::string(detail::docs_page_script), "text/javascript; charset=utf-8"));
}

}  // namespace syncfw
