// SPDX-License-Identifier: BSL-1.0
// The server that tests/browser/docs.py opens in a browser: prints its port, and serves until it
// is told to stop.
#include "support/books_service.hpp"
#include <syncfw/app/docs_page.hpp>
#include <syncfw/transport/http/server.hpp>

#include <csignal>
#include <cstdio>
#include <functional>

int main() {
    syncfw::http::router routes(books_service::verify);
    books_service::add_routes(routes);
    syncfw::add_docs_routes(routes, books_service::info(), syncfw::http::open_to_all);
    auto listening = syncfw::http::server::open(std::ref(routes));
    if (!listening) {
        std::fprintf(stderr, "%s\n", to_string(listening.error()).c_str());
        return 1;
    }
    std::printf("listening on http://127.0.0.1:%d\n", (*listening)->port());
    std::fflush(stdout);
    if (!(*listening)->stop_on({SIGINT, SIGTERM})) return 1;
    (*listening)->run();
}
