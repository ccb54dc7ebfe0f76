// SPDX-License-Identifier: BSL-1.0
// Routes that describe themselves; docs/guide/openapi.md shows its regions.
#include <syncfw/app/docs_page.hpp>
#include <syncfw/transport/http/router.hpp>
#include <syncfw/transport/http/typed.hpp>

#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// [structs]
using namespace syncfw::annotations;

struct book {
    syncfw::uuid id{};
    std::string title{};
    std::optional<std::int32_t> pages{};
    std::int64_t version = 0;

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::title>(required, length<1, 200>),
                       field<&book::pages>(range(1, 20'000)), field<&book::version>(is::version));
};

struct one_book {
    syncfw::uuid id{};  // The part {id} of the path.
};
struct list_query {
    std::int64_t limit = 100;  // ?limit=20; 100 where it isn't given.
    std::optional<std::string> title{};

    static constexpr auto sync_rules = rules(field<&list_query::limit>(range(1, 1'000)));
};
struct book_page {
    std::vector<book> items{};
};
// [/structs]

struct shelf {
    std::map<syncfw::uuid, book> books{};

    book_page list(const list_query& wanted) const {
        book_page page;
        for (const auto& [id, each] : books)
            if (std::ssize(page.items) < wanted.limit &&
                wanted.title.value_or(each.title) == each.title)
                page.items.push_back(each);
        return page;
    }
    syncfw::result<book> find(const syncfw::uuid& id) const {
        const auto found = books.find(id);
        if (found == books.end()) return syncfw::error{.code = syncfw::errc::not_found};
        return found->second;
    }
    syncfw::result<book> put(book given) {
        ++given.version;
        return books[given.id] = given;
    }
};

// [routes]
void add_routes(syncfw::http::router& routes, shelf& mine) {
    using namespace syncfw::http;
    routes.add("GET", "/api/books", needs_token,
               typed({.summary = "Lists the books"},
                     [&](const call&, const query<list_query>& wanted) -> book_page {
                         return mine.list(wanted);
                     }));
    routes.add("GET", "/api/books/{id}", needs_token,
               typed({.summary = "One book"},
                     [&](const call&, const path<one_book>& at) { return mine.find(at.id); }));
    routes.add("POST", "/api/books", needs_role("librarian"),
               typed({.summary = "Adds a book", .status = 201, .errors = {409}},
                     [&](const call&, const book& given) { return mine.put(given); }));
}
// [/routes]

int main() {
    shelf mine;
    // [docs]
    syncfw::http::router routes([](std::string_view) -> syncfw::result<syncfw::principal> {
        return syncfw::principal{.subject = "ada", .roles = {"librarian"}};
    });
    add_routes(routes, mine);
    syncfw::add_docs_routes(routes, {.title = "Books", .version = "1.0.0"},
                            syncfw::http::open_to_all);
    // [/docs]

    const auto ask = [&](std::string method, std::string path, std::string query,
                         std::string body) {
        syncfw::http::request asked;
        asked.head.method = std::move(method);
        asked.head.path = std::move(path);
        asked.head.query = std::move(query);
        asked.head.fields.add("Authorization", "Bearer any");
        asked.head.fields.add("Content-Type", "application/json");
        asked.body = std::move(body);
        return routes(std::move(asked));
    };
    const auto added = ask("POST", "/api/books", "",
                           R"({"id":"0190a5c2-7f1e-7c3a-9b4d-2e6f80a1c3d5","title":"Dune"})");
    const auto listed = ask("GET", "/api/books", "limit=10", "");
    const auto refused = ask("GET", "/api/books", "limit=0", "");
    std::cout << added.status << " " << added.body << "\n"
              << listed.status << " " << listed.body << "\n"
              << refused.status << " " << refused.body << "\n"
              << ask("GET", "/openapi.json", "", "").body << "\n";
    return added.status == 201 && listed.status == 200 && refused.status == 400 ? 0 : 1;
}
