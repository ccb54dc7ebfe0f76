// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"
#include <syncfw/app/service.hpp>
#include <syncfw/storage/postgres.hpp>
#include <syncfw/storage/sqlite.hpp>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace chaos {
namespace {

using namespace syncfw;

template <class Opened>
int serve_from(Opened opened, unsigned short port) {
    if (!opened) {
        std::fprintf(stderr, "chaos: %s\n", to_string(opened.error()).c_str());
        return 1;
    }
    service_events told(logger(stderr, log_level::error));
    syncfw::server hub(*opened, merge_fields(), {}, observed(told));
    const auto verify = [](std::string_view token) -> result<principal> {
        return principal{.subject = std::string(token), .tenant = tenant_id(std::string(token))};
    };
    service served(hub, told, verify, {.port = port});
    return served.run();
}

}  // namespace

int serve(const std::string& database, unsigned short port) {
    if (database.starts_with("postgresql://"))
        return serve_from(postgres::open<rows>(database), port);
    return serve_from(sqlite::open<rows>(database), port);
}

}  // namespace chaos
