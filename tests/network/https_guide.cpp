// SPDX-License-Identifier: BSL-1.0
// The code of docs/guide/https.md, run.
#include "support/certificates.hpp"
#include <syncfw/transport/http/server.hpp>
#include <syncfw/transport/http_link.hpp>
#include <syncfw/transport/tls.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace {

using namespace syncfw;

http::response handle(http::request&&) {
    return {.body = "hello"};
}

struct opened {
    std::shared_ptr<tls_context> tls;
    std::unique_ptr<http::server> listening;
};

result<opened> serve(const std::string& chain, const std::string& key, unsigned short port) {
    // [serve]
    auto shown = syncfw::tls_identity::from_files(chain, key);
    if (!shown) return shown.error();
    auto tls = syncfw::tls_context::for_server(*shown);
    if (!tls) return tls.error();
    auto listening = syncfw::http::server::open(handle, {.port = port, .tls = *tls});
    if (!listening) return listening.error();
    // [/serve]
    return opened{*tls, std::move(*listening)};
}

// [renew]
// Called once a day, say. False: the old certificate is still shown, and somebody should know.
bool look_for_a_new_one(syncfw::tls_context& tls, syncfw::timestamp now) {
    auto shown = syncfw::tls_identity::from_files("/etc/books/chain.pem", "/etc/books/key.pem");
    if (!shown || shown->expires_at() < now + std::chrono::hours(24 * 7)) return false;
    return tls.renew(*shown).has_value();
}
// [/renew]

result<http_link> reach(const std::string& address) {
    // [reach]
    auto tls = syncfw::tls_context::for_client();
    if (!tls) return tls.error();
    auto link = syncfw::http_link::make(address, {.tls = *tls});
    // [/reach]
    return link;
}

result<http::answer> ask(const std::string& address, const std::string& authority) {
    // [own-authority]
    auto whom = syncfw::tls_trust::from_file(authority);
    if (!whom) return whom.error();
    auto tls = syncfw::tls_context::for_client(*whom);
    if (!tls) return tls.error();
    auto books = syncfw::http::client::make(address, {.tls = *tls});
    // [/own-authority]
    if (!books) return books.error();
    return books->ask({});
}

}  // namespace

TEST_CASE("https: the guide's server and its client") {
    const tests::folder here;
    const auto server = tests::issue({}, &tests::authority());
    auto served = serve(here.put("chain.pem", server.certificate_pem(), 0644),
                        here.put("key.pem", server.key_pem().reveal()), 0);
    REQUIRE(served);
    std::thread runs([&] { served->listening->run(); });
    const std::string address = "https://localhost:" + std::to_string(served->listening->port());
    const auto got =
        ask(address, here.put("authority.pem", tests::authority().certificate_pem(), 0644));
    REQUIRE(got);
    CHECK(got->body == "hello");
    auto link = reach(address);
    REQUIRE(link);
    CHECK(link->exchange("").error().code == errc::peer_unavailable);
    CHECK(!look_for_a_new_one(*served->tls, timestamp::now()));
    served->listening->stop();
    runs.join();
}
