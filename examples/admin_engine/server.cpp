// SPDX-License-Identifier: BSL-1.0
// admin_engine: clients of many tenants push what they changed and pull what others did.
#include "entities.hpp"
#include <syncfw/app/host.hpp>
#include <syncfw/app/row_routes.hpp>
#include <syncfw/conflict/merge_rows.hpp>
#include <syncfw/conflict/named_policies.hpp>

#include <string>

namespace {

using namespace admin_engine;

// [policies]
using policies = syncfw::named_policies<syncfw::named<"server-wins", syncfw::server_wins>,
                                        syncfw::named<"client-wins", syncfw::client_wins>,
                                        syncfw::named<"last-write-wins", syncfw::last_write_wins>,
                                        syncfw::named<"merge", syncfw::merge_rows>>;
// [/policies]

/// What `pull-pending` gives.
struct is_pending {
    bool operator()(const syncfw::record<client_user>& row) const {
        return !row.is_deleted() && row.status() == syncfw::sync_status::pending;
    }
    bool operator()(const syncfw::record<interaction>& row) const {
        return row.value.status == interaction_status::pending;
    }
};

const syncfw::app::host_options what = {
    .program = "admin_engine",
    .port = 3000,
    .settings = {{.name = "conflict-resolution",
                  .one_of = policies::names(),
                  .value = "last-write-wins",
                  .help = "what becomes of a change of a row that another has changed meanwhile"}},
    .about = "Synchronises the users and interactions of many tenants.",
    .title = "AdminEngine",
    .description = "Clients push what they changed and pull what others did, tenant by tenant."};

}  // namespace

int main(int argc, char** argv) {
    return syncfw::app::host<engine>(argc, argv, what, [](auto& here) {
        // [rows]
        // A merge needs the rows as its clients knew them.
        const std::string& resolution = here["conflict-resolution"];
        syncfw::server hub(here.store(), *policies::find(resolution),
                           {.operations_max = 100'000,
                            .audit = true,
                            .times_of_arrival = true,
                            .history_max = resolution == "merge" ? 50 : 0},
                           syncfw::observed(here.told()));
        syncfw::row_server rows(hub);
        syncfw::service served(hub, here.told(), here.tokens(), here.options());
        const std::string sync = "/api/client/sync";
        syncfw::add_row_routes(served.routes(), rows, served.pokes(), sync);
        syncfw::add_row_pull(served.routes(), rows, sync + "/pull-pending", "Gives what is pending",
                             is_pending());
        // [/rows]
        syncfw::add_conflict_routes(served.routes(), hub, served.pokes(), sync + "/conflicts",
                                    syncfw::http::needs_token);
        syncfw::add_stream_route(served.routes(), served.pokes(), sync + "/stream",
                                 syncfw::http::needs_token);
        return here.serve(served);
    });
}
