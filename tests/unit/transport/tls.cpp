// SPDX-License-Identifier: BSL-1.0
// Two ends of TLS in memory. What happens on real sockets is in tests/network/tls.cpp.
#include "support/certificates.hpp"
#include "support/raw_tls.hpp"
#include <syncfw/transport/http/client.hpp>
#include <syncfw/transport/tls.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using tests::authority;
using tests::issue;
using tests::wanted_certificate;

/// A client and a server, whose bytes go to and fro until none are left.
struct pair {
    explicit pair(const wanted_certificate& wanted = {}, const std::string& host = "localhost")
        : pair(*tests::client_tls(), *tests::server_tls(wanted), host) {}
    pair(const tls_context& one, const tls_context& other, const std::string& host = "localhost")
        : client(one.session(host).value()), server(other.session().value()) {}

    /// In pieces of this size, which stands for how the net cuts them.
    void run(std::size_t piece = 1 << 20) {
        while (client.has_output() || server.has_output()) {
            carry(client, server, piece);
            carry(server, client, piece);
        }
    }
    static void carry(tls_session& from, tls_session& to, std::size_t piece) {
        const std::string bytes = from.take_output();
        for (std::size_t at = 0; at < bytes.size(); at += piece)
            to.receive(std::string_view(bytes).substr(at, piece));
    }

    tls_session client, server;
};

/// The client's word on a server with such a certificate.
error refusal_of(const wanted_certificate& wanted, const std::string& host = "localhost",
                 const tests::issued* issuer = &authority()) {
    const auto serves = tls_context::for_server(issue(wanted, issuer).identity()).value();
    pair both(*tests::client_tls(), *serves, host);
    both.client.send("a secret");
    both.run();
    CHECK(!both.client.is_established());
    CHECK(!both.server.is_established());
    CHECK(both.server.take_plain().empty());
    REQUIRE(both.client.failed());
    CHECK(both.client.failed()->code == errc::peer_unavailable);
    return *both.client.failed();
}

bool says(const error& why, std::string_view words) {
    return why.message.find(words) != std::string::npos;
}

std::string many_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    std::uint32_t next = 1;
    for (char& each : bytes)
        each = static_cast<char>((next = next * 1'664'525 + 1'013'904'223) >> 24);
    return bytes;
}

}  // namespace

TEST_CASE("TLS: two identities are the same if all that they show is") {
    const auto first = issue({}, &authority()), second = issue({}, &authority());
    CHECK(first.identity() == first.identity());
    CHECK(first.identity() != second.identity());
    const std::string longer = first.certificate_pem() + authority().certificate_pem();
    CHECK(tls_identity::from_text(longer, first.key_pem()).value() != first.identity());
}

TEST_CASE("tls: both sides agree, and hear what the other says") {
    pair both;
    CHECK(!both.client.is_established());
    CHECK(both.client.has_output());
    both.run();
    CHECK(both.client.is_established());
    CHECK(both.server.is_established());
    both.client.send("question");
    both.run();
    CHECK(both.server.take_plain() == "question");
    CHECK(both.server.take_plain().empty());
    both.server.send("answer");
    both.run();
    CHECK(both.client.take_plain() == "answer");
}

TEST_CASE("tls: what is said before both have agreed waits for it, and none of it is readable") {
    pair both;
    both.client.send("a secret");
    both.server.send("another");
    const std::string first = both.client.take_output();
    CHECK(first.find("secret") == std::string::npos);
    both.server.receive(first);
    both.run();
    CHECK(both.server.take_plain() == "a secret");
    CHECK(both.client.take_plain() == "another");
}

TEST_CASE("tls: an answer larger than a record comes whole, and leaves no room behind") {
    pair both;
    both.run();
    const std::string bytes = many_bytes(1'000'000);
    both.server.send(bytes);
    both.run(1'000);
    CHECK(both.client.take_plain() == bytes);
    CHECK(both.client.take_plain().capacity() < 100);
}

TEST_CASE("tls: however the bytes are cut, the same plain text comes out") {
    const auto client = tests::client_tls();
    const auto server = tests::server_tls();
    const std::string question = many_bytes(40'000), answer = many_bytes(70'000);
    CHECK(rc::check([&] {
        pair both(*client, *server);
        const auto cuts = *rc::gen::nonEmpty(
            rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 3'000)));
        std::size_t next = 0;
        const auto carry = [&](tls_session& from, tls_session& to) {
            const std::string bytes = from.take_output();
            std::size_t at = 0;
            while (at < bytes.size()) {
                const std::size_t size = cuts[next++ % cuts.size()];
                to.receive(std::string_view(bytes).substr(at, size));
                at += size;
            }
        };
        std::string heard, heard_back;
        both.client.send(question);
        both.server.send(answer);
        while (both.client.has_output() || both.server.has_output()) {
            carry(both.client, both.server);
            carry(both.server, both.client);
            heard += both.server.take_plain();
            heard_back += both.client.take_plain();
        }
        RC_ASSERT(heard == question);
        RC_ASSERT(heard_back == answer);
    }));
}

TEST_CASE("tls: one byte after the other will do, too") {
    pair both;
    both.client.send("question");
    both.run(1);
    CHECK(both.server.take_plain() == "question");
}

TEST_CASE("T12: a byte that is changed after the handshake is noticed, each of them") {
    for (std::size_t at = 0;; ++at) {
        pair both;
        both.run();
        both.client.send("pay 10 to Ann");
        std::string bytes = both.client.take_output();
        if (at == bytes.size()) {
            CHECK(at > 20);
            break;
        }
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
        both.server.receive(bytes);
        // A longer length is seen when the rest of the record has come.
        both.server.receive(std::string(600, 'x'));
        CAPTURE(at);
        CHECK(both.server.take_plain().empty());
        REQUIRE(both.server.failed());
        CHECK(both.server.failed()->code == errc::timed_out);
    }
}

TEST_CASE("T12: whatever is changed on the way, nobody ever hears anything else than was said") {
    const auto client = tests::client_tls();
    const auto server = tests::server_tls();
    CHECK(rc::check([&] {
        pair both(*client, *server);
        both.client.send("pay 10 to Ann");
        both.server.send("paid 10 to Ann");
        auto distance = *rc::gen::inRange<std::size_t>(0, 3'500);
        const auto mask = static_cast<char>(*rc::gen::inRange(1, 256));
        const auto carry = [&](tls_session& from, tls_session& to) {
            std::string bytes = from.take_output();
            if (distance < bytes.size())
                bytes[distance] = static_cast<char>(bytes[distance] ^ mask);
            distance -= std::min(distance, bytes.size());
            if (distance == 0) distance = std::string::npos;  // Once is enough.
            to.receive(bytes);
        };
        std::string heard, heard_back;
        while (both.client.has_output() || both.server.has_output()) {
            carry(both.client, both.server);
            carry(both.server, both.client);
            heard += both.server.take_plain();
            heard_back += both.client.take_plain();
        }
        RC_ASSERT(heard.empty() || heard == "pay 10 to Ann");
        RC_ASSERT(heard_back.empty() || heard_back == "paid 10 to Ann");
    }));
}

TEST_CASE("tls: an end that was said is told from one that somebody cut") {
    pair both;
    both.run();
    both.server.send("all");
    both.server.close();
    both.server.send("dropped");
    CHECK(!both.client.is_closed());
    both.run();
    CHECK(both.client.take_plain() == "all");
    CHECK(both.client.is_closed());
    CHECK(!both.client.failed());
    // The other direction is still open.
    both.client.send("thanks");
    both.run();
    CHECK(both.server.take_plain() == "thanks");
    CHECK(!both.server.is_closed());
    both.client.close();
    both.client.close();
    both.run();
    CHECK(both.server.is_closed());
}

TEST_CASE("tls: what was sent and closed at once, before both agreed, still comes first") {
    pair both;
    both.client.send("last words");
    both.client.close();
    both.run();
    CHECK(both.server.take_plain() == "last words");
    CHECK(both.server.is_closed());
}

TEST_CASE("T12: a certificate is refused for its own reason, and nothing is said to its server") {
    CHECK(says(refusal_of({.from_days = -60, .until_days = -30}), "has expired"));
    CHECK(says(refusal_of({.from_days = 5}), "not valid yet"));
    CHECK(says(refusal_of({}, "books.example"), "for other names"));
    CHECK(says(refusal_of({}, "127.0.0.2"), "for other names"));
    CHECK(says(refusal_of({}, "::1"), "for other names"));
    CHECK(says(refusal_of({.usage = "clientAuth"}), "not meant for servers"));
    CHECK(says(refusal_of({}, "localhost", nullptr), "signed by itself"));
    const auto stranger = issue({.is_authority = true});
    const error why = refusal_of({}, "localhost", &stranger);
    CHECK(says(why, "signed by nobody that is trusted"));
    CHECK(!why.cause.empty());
}

TEST_CASE("T12: the name must be the certificate's, in each form that a name has") {
    const auto agrees = [](const char* names, const std::string& host) {
        pair both({.names = names}, host);
        both.run();
        return both.client.is_established();
    };
    CHECK(agrees("DNS:books.example", "books.example"));
    CHECK(agrees("DNS:books.example", "BOOKS.example."));
    CHECK(agrees("DNS:*.example.org", "books.example.org"));
    CHECK(!agrees("DNS:*.example.org", "a.books.example.org"));
    CHECK(!agrees("DNS:b*.example.org", "books.example.org"));
    CHECK(!agrees("DNS:books.example", "books.example.evil.org"));
    CHECK(agrees("IP:127.0.0.1", "127.0.0.1"));
    CHECK(agrees("IP:0:0:0:0:0:0:0:1", "::1"));
    // A name that looks like an address isn't one.
    CHECK(!agrees("DNS:127.0.0.1", "127.0.0.1"));
    // Nor is the subject's common name, which counted long ago.
    pair both({.names = "IP:127.0.0.1", .common_name = "books.example"}, "books.example");
    both.run();
    CHECK(!both.client.is_established());
}

TEST_CASE("tls: a host that no certificate could name is refused before anything is said") {
    const auto client = tests::client_tls();
    for (const std::string& host :
         {std::string(), std::string("."), std::string("local\0host", 10)})
        CHECK(client->session(host).error().code == errc::invalid_value);
}

TEST_CASE("tls: a certificate that is trusted itself needs no authority") {
    const auto alone = issue({});
    const auto serves = tls_context::for_server(alone.identity()).value();
    const auto believes = tls_context::for_client(alone.trust()).value();
    pair both(*believes, *serves);
    both.run();
    CHECK(both.client.is_established());
}

TEST_CASE("tls: a chain over another authority holds, if the server sends it") {
    const auto middle = issue({.is_authority = true}, &authority());
    const auto leaf = issue({}, &middle);
    const auto agrees = [&](const std::string& chain) {
        const auto identity = tls_identity::from_text(chain, leaf.key_pem()).value();
        pair both(*tests::client_tls(), *tls_context::for_server(identity).value());
        both.run();
        return both.client.is_established();
    };
    CHECK(agrees(leaf.certificate_pem() + middle.certificate_pem()));
    CHECK(!agrees(leaf.certificate_pem()));
}

TEST_CASE("tls: the machine's own authorities don't know ours") {
    const auto machine = tls_context::for_client();
    REQUIRE(machine);
    pair both(**machine, *tests::server_tls());
    both.run();
    REQUIRE(both.client.failed());
    CHECK(says(*both.client.failed(), "signed by nobody that is trusted"));
}

TEST_CASE("tls: a renewed certificate is shown to whom comes next") {
    const auto serves = tests::server_tls({.from_days = -9, .until_days = -1});
    const auto client = tests::client_tls();
    pair before(*client, *serves);
    before.run();
    CHECK(!before.client.is_established());
    pair across(*client, *serves);  // Begun with the old one.
    REQUIRE(serves->renew(issue({}, &authority()).identity()));
    across.run();
    CHECK(!across.client.is_established());
    pair after(*client, *serves);
    after.run();
    CHECK(after.client.is_established());
}

TEST_CASE("tls identity: it says when it ends") {
    const auto ends = issue({.until_days = 30}).identity().expires_at();
    const auto away = ends.microseconds_since_epoch() - timestamp::now().microseconds_since_epoch();
    constexpr std::int64_t day = 86'400'000'000;
    CHECK(away > 29 * day);
    CHECK(away <= 30 * day);
}

TEST_CASE("T8: a key that others can read is refused, and so is what is none") {
    const tests::folder here;
    const auto one = issue({}), other = issue({});
    const auto chain = here.put("chain.pem", one.certificate_pem(), 0644);
    const auto key = here.put("key.pem", one.key_pem().reveal());
    CHECK(tls_identity::from_files(chain, key));

    const auto refused = [&](const std::string& with, const std::string& by) {
        auto made = tls_identity::from_files(with, by);
        REQUIRE(!made);
        return made.error();
    };
    const auto open = refused(chain, here.put("open.pem", one.key_pem().reveal(), 0640));
    CHECK(open.code == errc::forbidden);
    CHECK(says(open, "chmod 600 " + here / "open.pem"));
    const auto absent = refused(here / "absent.pem", key);
    CHECK(absent.code == errc::not_found);
    CHECK(says(absent, here / "absent.pem"));
    const auto foreign = refused(chain, here.put("other.pem", other.key_pem().reveal()));
    CHECK(foreign.code == errc::invalid_value);
    CHECK(says(foreign, "other.pem is not the key of the first certificate"));
    CHECK(!says(foreign, "BEGIN"));
    CHECK(says(refused(chain, here.put("empty.pem", "nothing")), "holds no private key"));
    CHECK(says(refused(key, key), "holds no certificate"));
    std::string damaged = one.certificate_pem();
    damaged[damaged.size() / 2] = '!';
    CHECK(says(refused(here.put("damaged.pem", damaged), key), "is damaged"));
    CHECK(
        says(refused(here.put("second.pem", one.certificate_pem() + damaged), key), "is damaged"));
}

TEST_CASE("tls identity: a key that is too weak is refused") {
    const auto weak = issue({.is_rsa_1024 = true});
    const auto made = tls_context::for_server(weak.identity());
    REQUIRE(!made);
    CHECK(made.error().code == errc::invalid_value);
    CHECK(says(made.error(), "too weak"));
}

TEST_CASE("tls trust: a file without certificates is refused by its name") {
    const tests::folder here;
    const auto path = here.put("roots.pem", "none");
    const auto made = tls_trust::from_file(path);
    REQUIRE(!made);
    CHECK(says(made.error(), path));
    CHECK(tls_trust::from_file(here.put("more.pem", authority().certificate_pem())));
    CHECK(tls_trust::from_file(here / "absent").error().code == errc::not_found);
}

TEST_CASE("tls: who says something else than TLS is told so, and told from a bad certificate") {
    auto client = tests::client_tls()->session("localhost").value();
    client.receive("HTTP/1.1 400 Bad Request\r\n\r\n");
    REQUIRE(client.failed());
    CHECK(says(*client.failed(), "is not TLS"));
    auto server = tests::server_tls()->session().value();
    server.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(server.failed());
    server.receive("more");
    CHECK(server.take_plain().empty());
}

TEST_CASE("tls: nothing before TLS 1.2 is spoken, by neither side") {
    const auto server = tests::server_tls();
    const auto client = tests::client_tls();
    const auto shown = issue({}, &authority());
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION}) {
        const bool is_good = version >= TLS1_2_VERSION;
        CAPTURE(version);
        tests::raw_tls asks({.version_max = version});
        auto serves = server->session().value();
        tests::talk(asks, serves);
        CHECK(serves.is_established() == is_good);
        CHECK(serves.failed().has_value() == !is_good);

        tests::raw_tls answers({.version_max = version}, &shown);
        auto calls = client->session("localhost").value();
        tests::talk(answers, calls);
        CHECK(calls.is_established() == is_good);
        if (!is_good) CHECK(says(calls.failed().value(), "no TLS of version 1.2"));
    }
}

TEST_CASE("tls: of TLS 1.2 only ciphers that authenticate and forget their keys are taken") {
    const auto server = tests::server_tls();
    const auto agrees = [&](const char* ciphers) {
        tests::raw_tls asks({.version_max = TLS1_2_VERSION, .ciphers = ciphers});
        auto serves = server->session().value();
        tests::talk(asks, serves);
        return serves.is_established();
    };
    CHECK(agrees("ECDHE-ECDSA-AES128-GCM-SHA256"));
    CHECK(agrees("ECDHE-ECDSA-CHACHA20-POLY1305"));
    CHECK(!agrees("ECDHE-ECDSA-AES256-SHA384"));  // CBC
    CHECK(!agrees("ECDHE-ECDSA-AES128-SHA"));
    CHECK(!agrees("AECDH-AES128-SHA"));  // Nobody proves who it is.
    CHECK(!agrees("ECDHE-ECDSA-NULL-SHA"));
    CHECK(!agrees("AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256"));
}

TEST_CASE("tls: HTTP/1.1 is what both agree upon, and who wants HTTP/2 alone is refused") {
    const auto server = tests::server_tls();
    const auto with = [&](std::string_view protocols) {
        tests::raw_tls asks({.protocols = protocols});
        auto serves = server->session().value();
        tests::talk(asks, serves);
        return serves.is_established() ? asks.protocol() : "refused";
    };
    CHECK(with("\x02h2\x08http/1.1") == "http/1.1");
    CHECK(with("\x02h2") == "refused");
    CHECK(with("") == "");
}

TEST_CASE("tls: a stranger's new keys are followed") {
    tests::raw_tls asks;
    auto serves = tests::server_tls()->session().value();
    tests::talk(asks, serves);
    for (int i = 0; i < 10; ++i) {
        asks.ask_for_new_keys();
        asks.send("a");
        serves.send("b");
        tests::talk(asks, serves);
    }
    CHECK(serves.take_plain() == "aaaaaaaaaa");
    CHECK(asks.heard() == "bbbbbbbbbb");
}

TEST_CASE("https: without client_options::tls a client says what to include") {
    const auto made = http::client::make("https://books.example");
    REQUIRE(!made);
    CHECK(made.error().code == errc::unsupported_format);
    CHECK(says(made.error(), "<syncfw/transport/tls.hpp>"));
}

TEST_CASE("https: what was made for the other side is refused at once") {
    const auto made = http::client::make("https://books.example", {.tls = tests::server_tls()});
    REQUIRE(!made);
    CHECK(made.error().code == errc::invalid_value);
}
