// SPDX-License-Identifier: BSL-1.0
// A small service that uses all that a description can say; its description is a golden file, and
// a browser looks at its page.
#pragma once

#include <syncfw/app/openapi.hpp>
#include <syncfw/transport/http/typed.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace books_service {

using namespace syncfw::annotations;

enum class binding { paper, hard, audio };

struct volume {
    syncfw::uuid id{};
    std::string title{};
    std::string isbn{};
    std::optional<std::int32_t> pages{};
    binding bound = binding::paper;
    std::string scroll_position{};
    std::int64_t version = 0;

    static constexpr auto sync_entity = entity<"book">(
        field<&volume::id>(primary_key), field<&volume::title>(required, length<1, 200>),
        field<&volume::isbn>(pattern<"([0-9]{13})?">),
        field<&volume::pages>(range(1, 20'000), is::json("pageCount")),
        field<&volume::scroll_position>(local_only), field<&volume::version>(is::version));
};

struct list_query {
    std::int64_t limit = 100;
    std::optional<std::string> after{};
    std::vector<binding> bound{};
    bool newest_first = false;

    static constexpr auto sync_rules = rules(field<&list_query::limit>(range(1, 1'000)));
};
struct one_volume {
    syncfw::uuid id{};
};
struct volume_page {
    std::vector<volume> items{};
    std::optional<std::string> cursor{};
};
struct rename {
    std::string title{};

    static constexpr auto sync_rules = rules(field<&rename::title>(required, length<1, 200>));
};

inline constexpr std::string_view token = "a-token-of-the-tests";

/// Knows one token, whose holder is a reader and no librarian.
inline syncfw::result<syncfw::principal> verify(std::string_view given) {
    if (given != token) return syncfw::error{.code = syncfw::errc::unauthorized};
    return syncfw::principal{
        .subject = "ada", .tenant = syncfw::tenant_id("t"), .roles = {"reader"}};
}

inline volume dune() {
    return {.id = *syncfw::uuid::parse("0190a5c2-7f1e-7c3a-9b4d-2e6f80a1c3d5"),
            .title = "Dune",
            .isbn = "9780441172719",
            .pages = 412,
            .scroll_position = "of this device alone",
            .version = 3};
}

inline void add_routes(syncfw::http::router& routes) {
    using namespace syncfw;
    using namespace syncfw::http;
    routes
        .add("GET", "/api/books", needs_token,
             typed({.summary = "Lists the books", .description = "Oldest first."},
                   [](const call&, const http::query<list_query>& wanted) -> result<volume_page> {
                       volume_page page{.items = {dune()}, .cursor = wanted.after};
                       page.items.resize(wanted.limit > 0 ? 1 : 0);
                       return page;
                   }))
        .add("POST", "/api/books", needs_role("librarian"),
             typed({.summary = "Adds a book", .status = 201, .errors = {409}},
                   [](const call&, const volume& given) -> result<volume> { return given; }))
        .add("GET", "/api/books/{id}", needs_token,
             typed({.summary = "One book"},
                   [](const call&, const http::path<one_volume>& at) -> result<volume> {
                       if (at.id == dune().id) return dune();
                       return error{.code = errc::not_found};
                   }))
        .add("POST", "/api/books/{id}/rename", needs_token,
             typed({.summary = "Renames a book", .status = 204},
                   [](const call&, const http::path<one_volume>&, const rename&) -> result<void> {
                       return {};
                   }))
        .add("GET", "/metrics", open_to_all,
             typed({.summary = "Counters for Prometheus", .content_type = "text/plain"},
                   [](const call&) {
                       return response{.body = "books 1\n", .content_type = "text/plain"};
                   }))
        .add("GET", "/hidden", open_to_all,
             typed({.is_hidden = true}, [](const call&) -> result<void> { return {}; }))
        .add("DELETE", "/api/books/{id}", needs_token,
             [](const call&) { return response{.status = 204}; });
}

inline syncfw::api_info info() {
    return {.title = "Books", .version = "1.2.0", .description = "Who reads what."};
}

}  // namespace books_service
