// SPDX-License-Identifier: BSL-1.0
// The server of Booky: the API in routes.hpp, and the engine's own routes for `booky`.
#include "routes.hpp"
#include <syncfw/app/host.hpp>

#include <utility>

namespace {

/// The operations that wait are rows of the server's own.
using server_library =
    syncfw::schema<booky::book, booky::rating, booky::tag, booky::collection, booky::reading_log,
                   booky::user_settings, syncfw::queued_write>;

/// Data belongs to a user, whatever tenant the token names.
syncfw::http::token_check by_user(syncfw::http::token_check verify) {
    return
        [verify = std::move(verify)](std::string_view token) -> syncfw::result<syncfw::principal> {
            auto who = verify(token);
            if (!who) return who;
            auto user = syncfw::tenant_id::make(who->subject);
            if (!user || who->subject.empty())
                return syncfw::error{.code = syncfw::errc::unauthorized,
                                     .message = "the token names no user"};
            who->tenant = std::move(*user);
            return who;
        };
}

}  // namespace

int main(int argc, char** argv) {
    return syncfw::app::host<server_library>(
        argc, argv,
        {.program = "booky_server",
         .port = 3001,
         .settings = {{.name = "batch-size",
                       .value = "10",
                       .help = "so many queued operations of a user are handled at a time",
                       .kind = syncfw::app::setting_kind::number,
                       .least = 1,
                       .most = 1'000}},
         .about = "Keeps the books of its users, and synchronises their devices.",
         .title = "Booky",
         .rate_limit = 100,
         .rate_window_seconds = 900},
        [](auto& here) {
            syncfw::sync_rates rates;
            syncfw::all_sinks seen(here.told(), rates);
            syncfw::server hub(here.store(), booky::policy(), {.field_times = true},
                               syncfw::observed(seen));
            auto options = here.options();
            // So many within a window, to the number.
            if (const auto limit = std::exchange(options.limit, {}))
                options.window = syncfw::fixed_window{
                    .limit = limit->tokens, .window_microseconds = limit->period_microseconds};
            syncfw::service books(hub, here.told(), by_user(here.tokens()), std::move(options));
            booky::api routes(hub, here.store(), books, here.told(), rates,
                              {.batch = here.number("batch-size")});
            routes.add_routes();
            return here.serve(books);
        });
}
