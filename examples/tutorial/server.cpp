// SPDX-License-Identifier: BSL-1.0
#include "shopping.hpp"
#include <syncfw/app/docs_page.hpp>
#include <syncfw/app/service.hpp>
#include <syncfw/security/static_token.hpp>
#include <syncfw/storage/sqlite.hpp>

int main(int count, char** values) {
    const int port = count > 1 ? std::atoi(values[1]) : 8080;

    auto store = syncfw::sqlite::open<shopping>("server.db");
    if (!store) return fail(store.error());

    syncfw::static_tokens known;
    auto added = known.add(syncfw::secret<std::string>(from_environment("TOKEN", "")),
                           {.subject = "family", .tenant = household()});
    if (!added) return fail(added.error());

    syncfw::service_events told;
    syncfw::server hub(*store, syncfw::merge_fields(), {}, syncfw::observed(told));
    syncfw::service lists(hub, told, syncfw::checked_by(known),
                          {.port = static_cast<unsigned short>(port)});
    syncfw::add_docs_routes(lists.routes(), {.title = "Shopping", .version = "1.0.0"},
                            syncfw::http::open_to_all);
    return lists.run();  // until SIGINT or SIGTERM
}
