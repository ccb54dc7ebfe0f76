// SPDX-License-Identifier: BSL-1.0
// Programs of app/ that speak TLS as their settings say.
#include "support/certificates.hpp"
#include <syncfw/app/client.hpp>
#include <syncfw/app/host.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct sealed_book {
    uuid id{};
    std::string title{};
    static constexpr auto sync_entity = entity<"book">(field<&sealed_book::id>(primary_key));
};
using sealed_books = schema<sealed_book>;

/// What an authority signed, as files.
struct papers {
    tests::folder here{};
    std::string authority = here.put("authority.pem", tests::authority().certificate_pem(), 0644);
    std::string chain{}, key{};

    papers() { renew(30); }
    void renew(long days) {
        const auto made = tests::issue({.until_days = days}, &tests::authority());
        chain = here.put("chain.pem", made.certificate_pem(), 0644);
        key = here.put("key.pem", made.key_pem().reveal());
    }
};

int run(const std::function<int(int, const char* const*)>& program,
        const std::vector<std::string>& given) {
    std::vector<const char*> words = {"program"};
    for (const std::string& each : given) words.push_back(each.c_str());
    return program(static_cast<int>(words.size()), words.data());
}

/// A server of books, at an in-memory database, while `then(address)` is at work.
int serve(const std::vector<std::string>& given, const std::function<int(std::string)>& then) {
    const auto program = [&](int argc, const char* const* argv) {
        return app::host<sealed_books>(argc, argv, {.program = "sealed"}, [&](auto& here) {
            server hub(here.store(), last_write_wins(), {}, observed(here.told()));
            service books(hub, here.told(), here.tokens(), here.options());
            if (!books.listen()) return 99;
            std::thread serving([&] { (void)books.run(); });
            const int code = then("https://localhost:" + std::to_string(books.port()));
            books.stop();
            serving.join();
            return code;
        });
    };
    std::vector<std::string> all = {"--database", "sqlite::memory:", "--log-level", "error"};
    all.insert(all.end(), given.begin(), given.end());
    return run(program, all);
}

int use(const papers& with, const std::string& server, const std::string& verb) {
    const auto program = [](int argc, const char* const* argv) {
        return app::client<sealed_books>(argc, argv, {.program = "sealed"});
    };
    return run(program,
               {verb, "--database", "sqlite:///" + (with.here / "device.db"), "--server", server,
                "--token", "ann", "--patience", "0", "--tls-authorities", with.authority});
}

}  // namespace

TEST_CASE("programs: a server and a device speak https by two files and one") {
    const papers with;
    CHECK(serve({"--insecure-no-auth", "--tls-certificate", with.chain, "--tls-key", with.key},
                [&](const std::string& address) { return use(with, address, "sync"); }) == 0);
}

TEST_CASE("programs: a device believes nobody whom its authorities didn't sign") {
    const papers with;
    papers other;
    other.authority =
        other.here.put("other.pem", tests::issue({.is_authority = true}).certificate_pem(), 0644);
    CHECK(serve({"--insecure-no-auth", "--tls-certificate", with.chain, "--tls-key", with.key},
                [&](const std::string& address) { return use(other, address, "sync"); }) == 3);
}

TEST_CASE("programs: wrong TLS files end a server with exit code 2, before it makes anything") {
    const papers with;
    const auto never = [](const std::string&) { return 77; };
    const std::vector<std::string> open = {"--insecure-no-auth"};
    const auto code = [&](std::vector<std::string> more) {
        more.insert(more.begin(), open.begin(), open.end());
        return serve(more, never);
    };
    CHECK(code({"--tls-certificate", with.chain}) == 2);
    CHECK(code({"--tls-key", with.key}) == 2);
    CHECK(code({"--tls-certificate", with.chain, "--tls-key", with.here / "none"}) == 2);
    CHECK(code({"--tls-certificate", with.key, "--tls-key", with.key}) == 2);
}

TEST_CASE("T11: a server gets its keys over https, from whom its authorities signed") {
    const papers with;
    const auto shown = tls_identity::from_files(with.chain, with.key);
    auto keys = http::server::open(
        [](http::request&&) -> http::response { return {.body = R"({"keys":[]})"}; },
        {.tls = tls_context::for_server(*shown).value()});
    REQUIRE(keys);
    std::thread serving([&] { (*keys)->run(); });
    const std::string address = "https://localhost:" + std::to_string((*keys)->port()) + "/set?v=1";
    const auto read = [&](const std::vector<std::string>& more) {
        std::vector<std::string> line = {"--jwks", address};
        line.insert(line.end(), more.begin(), more.end());
        const auto given = app::settings::read(app::token_settings(), line, [](const std::string&) {
            return std::optional<std::string>();
        });
        return app::open_token_check(*given, {}, timestamp::now());
    };
    // The set is empty, which is known to who could read it.
    const auto believed = read({"--tls-authorities", with.authority});
    REQUIRE(!believed);
    CHECK_MESSAGE(!is_retryable(believed.error()), to_string(believed.error()));
    const auto unknown = read({});
    REQUIRE(!unknown);
    CHECK(unknown.error().code == errc::peer_unavailable);
    (*keys)->stop();
    serving.join();
}

TEST_CASE("programs: a renewed certificate is shown without a pause") {
    papers with;
    const auto given = app::settings::read(
        app::detail::tls_settings(), {"--tls-certificate", with.chain, "--tls-key", with.key},
        [](const std::string&) { return std::optional<std::string>(); });
    auto shown = app::detail::shown_certificate::from(*given);
    REQUIRE(shown);
    CHECK(!shown->look().value());
    const timestamp before = shown->expires_at();
    with.renew(90);
    CHECK(shown->look().value());
    CHECK(shown->expires_at() > before);
    CHECK(!shown->look().value());
    with.renew(90);  // Another one, though it ends as the one before.
    CHECK(shown->look().value());
    (void)with.here.put("chain.pem", "nothing");
    CHECK(!shown->look());
}
