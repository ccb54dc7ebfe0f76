// SPDX-License-Identifier: BSL-1.0
// Goal: keys that rotate reach the verifiers, whatever tokens ask for and however the fetch fails.
// Method: an issuer of one text that counts how often it is asked.
#include "support/tokens.hpp"
#include <syncfw/core/uuid.hpp>
#include <syncfw/security/jwks_source.hpp>

#include <doctest/doctest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace {

using namespace syncfw;
using namespace tests;

struct issuer {
    secret<std::string> pair = new_pair("EC");
    jwt_key key(const std::string& id) const { return expect(jwt_key::from_private_pem(pair, id)); }
    std::string jwk(const std::string& id) const { return jwk_of(pair, id); }
};

/// What is fetched, and how often.
struct published {
    std::string text{};
    int fetches = 0;
    bool is_down = false;

    jwks_source::fetch_function function() {
        return [this]() -> result<std::string> {
            ++fetches;
            if (is_down) return error{.code = errc::unavailable, .message = "no answer"};
            return text;
        };
    }
};

std::string token_of(const jwt_key& key) {
    jwt_claims made = good_claims();
    made.expires_at = at(today + 100'000);
    return expect(mint(key, made));
}

const issuer& first() {
    static const issuer one;
    return one;
}
const issuer& second() {
    static const issuer one;
    return one;
}

}  // namespace

TEST_CASE("jwks_source: fails at the start when there are no keys, and says why") {
    published seen{.text = "{}"};
    CHECK(jwks_source::open(seen.function(), at(today)).error().message.find("JWK set") !=
          std::string::npos);
    seen.is_down = true;
    CHECK(jwks_source::open(seen.function(), at(today)).error().message == "no answer");
    CHECK(
        jwks_source::open([]() -> result<std::string> { throw std::runtime_error("x"); }, at(today))
            .error()
            .code == errc::internal);
}

TEST_CASE("jwks_source: T10, a key that is taken away fails at once, remembered tokens too") {
    published seen{.text = jwks(first().jwk("one") + "," + second().jwk("two"))};
    const auto source = expect(jwks_source::open(seen.function(), at(today)));
    jwt_verifier verifier(source);
    const std::string one = token_of(first().key("one"));
    const std::string two = token_of(second().key("two"));
    CHECK(verifier.verify(one, at(today)));
    CHECK(verifier.verify(two, at(today)));

    seen.text = jwks(second().jwk("two"));
    expect(source->refresh(at(today + 1)));
    CHECK(!verifier.verify(one, at(today + 1)));
    CHECK(verifier.verify(two, at(today + 1)));
}

TEST_CASE("jwks_source: a key of the same id and other numbers is another key") {
    published seen{.text = jwks(first().jwk("id"))};
    const auto source = expect(jwks_source::open(seen.function(), at(today)));
    jwt_verifier verifier(source);
    const std::string old_token = token_of(first().key("id"));
    CHECK(verifier.verify(old_token, at(today)));
    seen.text = jwks(second().jwk("id"));
    expect(source->refresh(at(today)));
    CHECK(!verifier.verify(old_token, at(today)));
    CHECK(verifier.verify(token_of(second().key("id")), at(today)));
}

TEST_CASE("jwks_source: T11, an unknown key id fetches, but once in thirty seconds") {
    published seen{.text = jwks(first().jwk("one"))};
    jwt_verifier verifier(expect(jwks_source::open(seen.function(), at(today))));
    CHECK(seen.fetches == 1);
    const std::string two = token_of(second().key("two"));
    for (int i = 0; i < 30; ++i) CHECK(!verifier.verify(two, at(today + i)));
    CHECK(seen.fetches == 1);
    CHECK(!verifier.verify(two, at(today + 30)));
    CHECK(seen.fetches == 2);

    seen.text = jwks(first().jwk("one") + "," + second().jwk("two"));
    CHECK(!verifier.verify(two, at(today + 59)));
    CHECK(seen.fetches == 2);
    CHECK(verifier.verify(two, at(today + 60)));
    CHECK(seen.fetches == 3);
    CHECK(verifier.verify(two, at(today + 200)));
    CHECK(seen.fetches == 3);
}

TEST_CASE("jwks_source: T11, a token that is no token never makes it fetch") {
    published seen{.text = jwks(first().jwk("one"))};
    jwt_verifier verifier(expect(jwks_source::open(seen.function(), at(today))));
    for (const std::string_view token : {"", "a.b.c", "eyJhbGciOiJIUzI1NiJ9"})
        CHECK(!verifier.verify(token, at(today + 100)));
    CHECK(seen.fetches == 1);
}

TEST_CASE("jwks_source: fetches anew after ten minutes, and the same text forgets nothing") {
    published seen{.text = jwks(first().jwk("one"))};
    const auto source = expect(jwks_source::open(seen.function(), at(today)));
    CHECK(source->current(at(today + 599)).generation == 1);
    CHECK(seen.fetches == 1);
    CHECK(source->current(at(today + 600)).generation == 1);
    CHECK(seen.fetches == 2);
    CHECK(source->current(at(today + 601)).generation == 1);
    CHECK(seen.fetches == 2);
    seen.text = jwks(second().jwk("two"));
    CHECK(source->current(at(today + 1'200)).generation == 2);
}

TEST_CASE("jwks_source: T11, a failed fetch keeps the old keys, and is repeated after a pause") {
    published seen{.text = jwks(first().jwk("one"))};
    const auto source = expect(jwks_source::open(seen.function(), at(today)));
    jwt_verifier verifier(source);
    const std::string token = token_of(first().key("one"));
    seen.is_down = true;
    CHECK(verifier.verify(token, at(today + 700)));
    CHECK(seen.fetches == 2);
    CHECK(source->last_fetch().error().message == "no answer");
    CHECK(verifier.verify(token, at(today + 729)));
    CHECK(seen.fetches == 2);
    seen.is_down = false;
    seen.text = R"({"keys":[]})";
    CHECK(verifier.verify(token, at(today + 730)));
    CHECK(seen.fetches == 3);
    CHECK(!source->last_fetch());
    seen.text = jwks(second().jwk("two"));
    CHECK(!verifier.verify(token, at(today + 760)));
    CHECK(source->last_fetch());
}

TEST_CASE("jwks_source: a clock that was set back does not keep old keys") {
    published seen{.text = jwks(first().jwk("one"))};
    const auto source = expect(jwks_source::open(seen.function(), at(today)));
    (void)source->current(at(today - 1'000'000));
    CHECK(seen.fetches == 2);
    (void)source->current(at(today - 1'000'000 + 600));
    CHECK(seen.fetches == 3);
}

TEST_CASE("jwks_source: T11, one thread fetches, the others go on with the old keys") {
    std::mutex lock;
    std::condition_variable changed;
    bool is_asked = false, may_answer = false;
    int fetches = 0;
    const std::string text = jwks(first().jwk("one"));
    const auto source = expect(jwks_source::open(
        [&]() -> result<std::string> {
            if (++fetches == 1) return text;
            std::unique_lock locked(lock);
            is_asked = true;
            changed.notify_all();
            changed.wait(locked, [&] { return may_answer; });
            return jwks(second().jwk("two"));
        },
        at(today)));
    std::thread fetching([&] { (void)source->current(at(today + 700)); });
    {
        std::unique_lock locked(lock);
        changed.wait(locked, [&] { return is_asked; });
    }
    // All of these would wait for ever if they waited for the fetch.
    CHECK(source->current(at(today + 2'000)).generation == 1);
    CHECK(source->after_unknown_key(at(today + 2'000)).generation == 1);
    CHECK(source->refresh(at(today + 2'000)));
    {
        const std::lock_guard locked(lock);
        may_answer = true;
    }
    changed.notify_all();
    fetching.join();
    CHECK(fetches == 2);
    CHECK(source->current(at(today + 700)).generation == 2);
}

TEST_CASE("jwks_source: reads a file, and sees when it was replaced") {
    const auto path =
        std::filesystem::temp_directory_path() / ("syncfw-jwks-" + to_string(new_uuid()) + ".json");
    std::ofstream(path) << jwks(first().jwk("one"));
    const auto source = expect(jwks_source::open(jwks_file(path.string()), at(today)));
    std::ofstream(path, std::ios::trunc) << jwks(second().jwk("two"));
    expect(source->refresh(at(today)));
    CHECK(source->current(at(today)).keys->find("two") != nullptr);
    std::ofstream(path, std::ios::trunc) << std::string(jwt_keys::jwks_bytes_max + 1, ' ');
    CHECK(source->refresh(at(today)).error().code == errc::too_large);
    std::filesystem::remove(path);
    CHECK(source->refresh(at(today)).error().code == errc::not_found);
    CHECK(source->current(at(today)).keys->find("two") != nullptr);
}
