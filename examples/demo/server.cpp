// SPDX-License-Identifier: BSL-1.0
#include "library.hpp"
#include "roles.hpp"
#include <syncfw/app/docs_page.hpp>
#include <syncfw/app/json_routes.hpp>
#include <syncfw/app/service.hpp>
#include <syncfw/security/static_token.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/version.hpp>

#include <string>

namespace demo {

// [serve]
int serve(const std::string& file, unsigned short port) {
    auto store = syncfw::sqlite::open<library>(file);
    if (!store) return fail(store.error());
    syncfw::static_tokens known;
    const auto added =
        known.add(syncfw::secret<std::string>(token()), {.subject = "family", .tenant = home()});
    if (!added) return fail(added.error());

    syncfw::service_events told;
    syncfw::server hub(*store, library_policy(), {}, syncfw::observed(told));
    syncfw::service served(hub, told, syncfw::checked_by(known), {.port = port});
    syncfw::add_json_sync_routes(served.routes(), hub, served.pokes());
    syncfw::add_docs_routes(served.routes(),
                            {.title = "The demo's library", .version = SYNCFW_VERSION_STRING},
                            syncfw::http::open_to_all);
    return served.run();
}
// [/serve]

}  // namespace demo
