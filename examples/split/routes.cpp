// SPDX-License-Identifier: BSL-1.0
// Routes of the program's own, as they are edited all day.
// [routes]
#include "service.hpp"
#include <syncfw/transport/http/typed.hpp>

using syncfw::where;

struct wanted_books {
    std::string author{};
    std::int64_t limit = 20;

    static constexpr auto sync_rules =
        syncfw::rules(field<&wanted_books::limit>(syncfw::annotations::range(1, 200)));
};
struct one_book {
    syncfw::uuid id{};
};
struct shelf_page {
    std::vector<book> books{};
};
struct book_state {
    std::string title{};
    std::vector<std::string> readers{};
};

void add_routes(library_service& to) {
    using namespace syncfw::http;
    to.routes().add("GET", "/api/books", needs_token,
                    typed({.summary = "The books of an author"},
                          [&](const call& asked,
                              const query<wanted_books>& wanted) -> syncfw::result<shelf_page> {
                              auto found =
                                  to.find(asked.who.tenant,
                                          where(field<&book::author> == wanted.author)
                                              .order_by(field<&book::title>)
                                              .limit(static_cast<std::uint64_t>(wanted.limit)));
                              if (!found) return found.error();
                              return shelf_page{std::move(*found)};
                          }));
    to.routes().add(
        "GET", "/api/books/{id}", needs_token,
        typed({.summary = "A book, and who has it"},
              [&](const call& asked, const path<one_book>& at) -> syncfw::result<book_state> {
                  auto found = to.find(asked.who.tenant, where(field<&book::id> == at.id));
                  if (!found) return found.error();
                  if (found->empty()) return syncfw::error{.code = syncfw::errc::not_found};
                  auto loans = to.find(asked.who.tenant, where(field<&loan::book_id> == at.id));
                  if (!loans) return loans.error();
                  book_state seen{std::move(found->front().title)};
                  for (loan& each : *loans) seen.readers.push_back(std::move(each.reader));
                  return seen;
              }));
}
// [/routes]
