// SPDX-License-Identifier: BSL-1.0
// Goal: a token is taken when it is good in every part, and refused when any one part is not.
// Method: one good token, and for each threat the same token with that one thing wrong, signed with
// the right key, so that nothing but the rule under test can refuse it.
#include "support/tokens.hpp"
#include <syncfw/security/jwt.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace tests;

constexpr std::string_view good_header = R"({"alg":"HS256","typ":"JWT"})";

/// Rules under which each of `claims` is good.
jwt_rules strict() {
    return {.issuer = "login", .audience = "books", .leeway = std::chrono::seconds(10)};
}
/// The good claims, with these members in place of the ones of the same names, or beside them.
std::string claims(std::string_view more = {}) {
    document all = document::object({{"iss", "login"},
                                     {"aud", "books"},
                                     {"sub", "paul"},
                                     {"tenant_id", "arrakis"},
                                     {"iat", today - 60},
                                     {"exp", today + 60}});
    const document others = expect(json::decode_document("{" + std::string(more) + "}"));
    for (const document::member& each : *others.members()) all.set(each.key, each.value);
    return json::encode(all);
}
std::string without(std::string_view name) {
    document all = expect(json::decode_document(claims()));
    all.erase(name);
    return json::encode(all);
}

result<principal> verify(std::string_view token, std::int64_t now = today) {
    jwt_verifier verifier(hs256_keys(), strict());
    return verifier.verify(token, at(now));
}
std::string with_header(std::string_view header) {
    return signed_token(hs256_key(), header, claims());
}
std::string with_claims(std::string_view text) {
    return signed_token(hs256_key(), good_header, text);
}

/// Why the log says that it was refused. Outsiders must see the same of every token.
std::string reason(const result<principal>& answer) {
    if (answer) return "accepted";
    const error seen{.code = errc::unauthorized, .message = "the token is not valid"};
    error shown = answer.error();
    const std::string why = std::exchange(shown.cause, {});
    return shown == seen ? why : "refused in another way";
}

}  // namespace

TEST_CASE("token: a good one tells who asks") {
    const auto who = expect(verify(with_claims(claims(R"("roles":["reader","writer"])"))));
    CHECK(who.subject == "paul");
    CHECK(who.tenant == tenant_id("arrakis"));
    CHECK(who.roles == std::vector<std::string>{"reader", "writer"});
    CHECK(who.has_role("writer"));
    CHECK(!who.has_role("Writer"));
    CHECK(!who.has_role(""));
    CHECK(who.expires_at == at(today + 60));
}

TEST_CASE("token: what Python and the openssl program signed is verified, for each algorithm") {
    jwt_verifier shared(hs256_keys());
    CHECK(expect(shared.verify(hs256_token, at(today))).subject == "paul");
    const auto keys = expect(jwt_keys::of({expect(jwt_key::from_public_pem(rsa_pem, "rsa-1")),
                                           expect(jwt_key::from_public_pem(p256_pem, "ec-1"))}));
    jwt_verifier pairs(keys);
    for (const std::string_view token : {rs256_token, es256_token}) {
        const auto who = expect(pairs.verify(token, at(today)));
        CHECK(who.tenant.name() == "arrakis");
        CHECK(who.has_role("writer"));
        CHECK(who.expires_at == at(1'900'000'000));
    }
    CHECK(reason(pairs.verify(hs256_token, at(today))) == "the key is unknown");
}

TEST_CASE("token: T5, alg none is refused, in every spelling and without a signature too") {
    for (const std::string_view alg : {"none", "None", "NONE", "nOnE", ""}) {
        const std::string header = R"({"alg":")" + std::string(alg) + R"(","typ":"JWT"})";
        CHECK(reason(verify(with_header(header))) != "accepted");
        const std::string bare =
            syncfw::detail::base64url(header) + "." + syncfw::detail::base64url(claims()) + ".";
        CHECK(reason(verify(bare)) != "accepted");
    }
    CHECK(reason(verify(with_header(R"({"alg":"none"})"))) == "the algorithm is not the key's");
}

TEST_CASE("token: T5, an algorithm that the key is not for is refused, rightly signed or not") {
    for (const std::string_view alg : {"HS384", "HS512", "hs256", "RS256", "ES256", "PS256"}) {
        const std::string header = R"({"alg":")" + std::string(alg) + "\"}";
        CHECK(reason(verify(with_header(header))) == "the algorithm is not the key's");
    }
    CHECK(reason(verify(with_header("{}"))) == "the header names no algorithm");
    CHECK(reason(verify(with_header(R"({"alg":["HS256"]})"))) == "the header names no algorithm");
}

TEST_CASE("token: T5, a public key is never taken for a shared secret") {
    // Signed with HS256 and the PEM text of the public key, which everybody knows.
    const auto forger = expect(jwt_key::from_secret(secret(std::string(rsa_pem))));
    const std::string forged = signed_token(forger, good_header, claims());
    jwt_verifier verifier(expect(jwt_keys::from_pem(rsa_pem)), strict());
    CHECK(reason(verifier.verify(forged, at(today))) == "the algorithm is not the key's");
}

TEST_CASE("token: T5, another key's signature, none, or a part of it is refused") {
    const auto other =
        expect(jwt_key::from_secret(secret(std::string("another-key-of-the-tests-98-76-54-qwe"))));
    CHECK(reason(verify(signed_token(other, good_header, claims()))) == "the signature is wrong");
    const std::string good = with_header(good_header);
    const std::string bare = good.substr(0, good.rfind('.') + 1);
    CHECK(reason(verify(bare)) == "the signature is wrong");
    CHECK(reason(verify(bare + "AAAA")) == "the signature is wrong");
    CHECK(reason(verify(good + "AAAA")) != "accepted");
}

TEST_CASE("token: T6, the key id is a name of a key and nothing else") {
    jwt_verifier verifier(
        expect(jwt_keys::of({hs256_key("mine"), hs256_key("file:///etc/passwd")})), strict());
    const auto asked = [&](std::string_view kid) {
        const std::string header = R"({"alg":"HS256","kid":)" + std::string(kid) + "}";
        return reason(verifier.verify(with_header(header), at(today)));
    };
    CHECK(asked(R"("mine")") == "accepted");
    CHECK(asked(R"("file:///etc/passwd")") == "accepted");
    CHECK(asked(R"("Mine")") == "the key is unknown");
    CHECK(asked(R"("mine\u0000")") == "the header is no JSON object in base64url");
    CHECK(asked(R"("' OR 1=1 --")") == "the key is unknown");
    CHECK(asked("\"" + std::string(256, 'k') + "\"") == "the key is unknown");
    CHECK(asked("\"" + std::string(257, 'k') + "\"") == "the key id is too long");
    CHECK(asked("7") == "the key id is no text");
    CHECK(asked(R"("")") == "the key id is no text");
    CHECK(reason(verifier.verify(with_header(good_header), at(today))) == "the key is unknown");
}

TEST_CASE("token: T6, keys and addresses in a token are not looked at") {
    const auto forger = expect(jwt_key::from_private_pem(new_pair("EC")));
    const std::string header =
        R"({"alg":"ES256","jwk":{)" + p256_numbers +
        R"(},"jku":"https://evil.example/keys","x5u":"https://evil.example",)"
        R"("x5c":["AAAA"]})";
    const auto answer = verify(signed_token(forger, header, claims()));
    CHECK(reason(answer) == "the algorithm is not the key's");
    CHECK(reason(verify(with_header(R"({"alg":"HS256","jku":"https://evil.example/keys"})"))) ==
          "accepted");
}

TEST_CASE("token: T7, critical members are refused, even if the list is empty") {
    for (const std::string_view crit : {R"(["exp"])", R"(["b64"])", "[]", "null"})
        CHECK(reason(verify(with_header(R"({"alg":"HS256","crit":)" + std::string(crit) + "}"))) ==
              "the header has critical members");
}

TEST_CASE("token: T7, a type other than JWT is refused") {
    for (const std::string_view good : {R"("JWT")", R"("jwt")", R"("Jwt")"})
        CHECK(reason(verify(with_header(R"({"alg":"HS256","typ":)" + std::string(good) + "}"))) ==
              "accepted");
    for (const std::string_view bad : {R"("JWS")", R"("at+jwt")", R"("")", "7", "null"})
        CHECK(reason(verify(with_header(R"({"alg":"HS256","typ":)" + std::string(bad) + "}"))) ==
              "the type is not JWT");
}

TEST_CASE("token: T7, members that come twice are refused, in header and claims") {
    CHECK(reason(verify(with_header(R"({"alg":"HS256","alg":"HS256"})"))) ==
          "the header is no JSON object in base64url");
    CHECK(reason(verify(with_claims(
              R"({"iss":"login","aud":"books","sub":"paul","sub":"leto","exp":1900000000})"))) ==
          "the claims are no JSON object in base64url");
}

TEST_CASE(
    "token: T7, what is no strict JSON object, no strict base64url or not three parts is refused") {
    for (const std::string_view text :
         {"", "null", "[]", "7", "{", "{}{}", "{'sub':1}", "\xff{}"}) {
        CAPTURE(text);
        CHECK(reason(verify(with_header(text))) == "the header is no JSON object in base64url");
        CHECK(reason(verify(with_claims(text))) == "the claims are no JSON object in base64url");
    }
    const std::string good = with_header(good_header);
    for (const std::string& changed :
         {good + "=", good + "\n", " " + good, good + ".", "." + good, good + "." + good,
          good.substr(0, good.find('.')), good.substr(0, good.rfind('.')), std::string("."),
          std::string(".."), std::string(), std::string("...."), "Bearer " + good}) {
        CAPTURE(changed);
        CHECK(reason(verify(changed)) != "accepted");
    }
}

TEST_CASE("token: T7, one over 8 KiB is refused before it is read, one of 8 KiB is not") {
    const std::size_t base = with_claims(claims(R"("x":"")")).size();
    std::string fill((jwt_verifier::token_bytes_max - base) / 4 * 3, 'x');
    while (with_claims(claims(R"("x":")" + fill + "\"")).size() < jwt_verifier::token_bytes_max)
        fill += 'x';
    const std::string largest = with_claims(claims(R"("x":")" + fill + "\""));
    const std::string larger = with_claims(claims(R"("x":")" + fill + "xx\""));
    REQUIRE(largest.size() == jwt_verifier::token_bytes_max);
    CHECK(reason(verify(largest)) == "accepted");
    CHECK(reason(verify(larger)) == "the token is over 8 KiB");
}

TEST_CASE("token: T7, exp is required, and ends it after the leeway") {
    CHECK(reason(verify(with_claims(without("exp")))) == "the token never expires");
    const std::string good = with_claims(claims());
    CHECK(reason(verify(good, today + 59)) == "accepted");
    CHECK(reason(verify(good, today + 69)) == "accepted");
    CHECK(reason(verify(good, today + 70)) == "the token has expired");
    CHECK(reason(verify(good, today + 1'000'000'000)) == "the token has expired");
}

TEST_CASE("token: T7, nbf and iat in the future are refused beyond the leeway") {
    for (const std::string_view name : {"nbf", "iat"}) {
        const auto from = [&](std::int64_t moment) {
            return reason(verify(
                with_claims(claims("\"" + std::string(name) + "\":" + std::to_string(moment)))));
        };
        CHECK(from(today) == "accepted");
        CHECK(from(today + 10) == "accepted");
        CHECK(from(today + 11) == "the token is not valid yet");
        CHECK(from(today + 1'000'000) == "the token is not valid yet");
    }
}

TEST_CASE("token: T7, times are numbers, whole or not, and finite") {
    const auto with = [](std::string_view name, std::string_view value) {
        return reason(
            verify(with_claims(claims("\"" + std::string(name) + "\":" + std::string(value)))));
    };
    for (const std::string_view bad : {R"("1900000000")", "null", "true", "[1900000000]", "{}"}) {
        CAPTURE(bad);
        CHECK(with("exp", bad) == "the expiry is no number");
        CHECK(with("nbf", bad) == "a time is no number");
        CHECK(with("iat", bad) == "a time is no number");
    }
    CHECK(with("exp", "1800000060.5") == "accepted");
    CHECK(with("exp", "1.9e9") == "accepted");
    CHECK(with("exp", "1e300") == "accepted");
    CHECK(with("exp", "9223372036854775807") == "accepted");
    CHECK(with("exp", "-1e300") == "the token has expired");
    CHECK(with("exp", "-9223372036854775808") == "the token has expired");
    CHECK(with("exp", "0") == "the token has expired");
    CHECK(with("nbf", "1e300") == "the token is not valid yet");
}
TEST_CASE("token: T7, numbers that no finite double is are refused") {
    const std::string text = R"({"iss":"login","aud":"books","sub":"p","exp":)";
    for (const std::string_view bad : {"1e999", "NaN", "Infinity", "-Infinity", "01900000000"})
        CHECK(reason(verify(with_claims(text + std::string(bad) + "}"))) ==
              "the claims are no JSON object in base64url");
}

TEST_CASE("token: T7, the issuer must be exactly the one of the rules") {
    for (const std::string_view bad : {R"("Login")", R"("login/")", R"("")", "7", R"(["login"])"})
        CHECK(reason(verify(with_claims(claims("\"iss\":" + std::string(bad))))) ==
              "the issuer is another one");
    CHECK(reason(verify(with_claims(without("iss")))) == "the issuer is another one");
}

TEST_CASE("token: T7, the audience is one text or a list that has it") {
    const auto for_whom = [](std::string_view aud) {
        return reason(verify(with_claims(claims("\"aud\":" + std::string(aud)))));
    };
    CHECK(for_whom(R"("books")") == "accepted");
    CHECK(for_whom(R"(["films","books"])") == "accepted");
    CHECK(for_whom(R"(["films"])") == "the audience is another one");
    CHECK(for_whom("[]") == "the audience is another one");
    CHECK(for_whom(R"("Books")") == "the audience is another one");
    CHECK(for_whom(R"("books films")") == "the audience is another one");
    CHECK(for_whom("7") == "the audience is another one");
    CHECK(for_whom(R"(["books",7])") == "the audience is no list of texts");
    CHECK(reason(verify(with_claims(without("aud")))) == "there is no audience");
}

TEST_CASE("token: T7, one for an audience is refused where the server has none") {
    jwt_verifier verifier(hs256_keys());
    CHECK(reason(verifier.verify(with_claims(claims()), at(today))) ==
          "the token is for an audience, and this server has none");
    CHECK(reason(verifier.verify(with_claims(without("aud")), at(today))) == "accepted");
}

TEST_CASE("token: a subject is required") {
    CHECK(reason(verify(with_claims(without("sub")))) == "there is no subject");
    CHECK(reason(verify(with_claims(claims(R"("sub":"")")))) == "there is no subject");
    CHECK(reason(verify(with_claims(claims(R"("sub":7)")))) == "there is no subject");
}

TEST_CASE("token: the tenant is the claim that the rules name, else the subject, and a good name") {
    CHECK(expect(verify(with_claims(without("tenant_id")))).tenant.name() == "paul");
    for (const std::string_view bad : {"7", "null", R"("")", R"(["arrakis"])"})
        CHECK(reason(verify(with_claims(claims("\"tenant_id\":" + std::string(bad))))) ==
              "the tenant is no text");
    CHECK(reason(verify(with_claims(claims("\"tenant_id\":\"" + std::string(256, 't') + "\"")))) ==
          "the tenant's name is none");

    jwt_rules rules = strict();
    rules.tenant_claim = "org";
    jwt_verifier renamed(hs256_keys(), rules);
    const auto who = expect(renamed.verify(with_claims(claims(R"("org":"caladan")")), at(today)));
    CHECK(who.tenant.name() == "caladan");

    rules.subject_is_tenant = false;
    jwt_verifier shared(hs256_keys(), rules);
    CHECK(reason(shared.verify(with_claims(claims()), at(today))) == "there is no tenant");
}

TEST_CASE("token: roles are one text, or a list of texts, or both") {
    const auto roles = [](std::string_view more) {
        return expect(verify(with_claims(claims(more)))).roles;
    };
    using list = std::vector<std::string>;
    CHECK(roles("").empty());
    CHECK(roles(R"("role":"admin")") == list{"admin"});
    CHECK(roles(R"("role":"a b","roles":["c","a b","c"])") == list{"a b", "c"});
    CHECK(roles(R"("scope":"admin")").empty());
    CHECK(reason(verify(with_claims(claims(R"("role":["admin"])")))) == "the role is no text");
    CHECK(reason(verify(with_claims(claims(R"("roles":"admin")")))) == "the roles are no list");
    CHECK(reason(verify(with_claims(claims(R"("roles":["a",1])")))) == "a role is no text");
}

TEST_CASE("token: T24, a refusal has nothing of the token") {
    const auto refused =
        verify(with_claims(claims(R"("sub":"canary-subject","iss":"canary-issuer")")));
    CHECK(to_string(refused.error()).find("canary") == std::string::npos);
    const auto header = verify(with_header(R"({"alg":"HS256","kid":"canary-key"})"));
    CHECK(to_string(header.error()).find("canary") == std::string::npos);
}

TEST_CASE("token: what is minted is verified, with each algorithm") {
    for (const auto& key : {hs256_key(), hs256_key("named"),
                            expect(jwt_key::from_private_pem(new_pair("RSA"), "rsa")),
                            expect(jwt_key::from_private_pem(new_pair("EC")))}) {
        jwt_claims made = good_claims();
        made.issuer = "login";
        made.audience = "books";
        jwt_verifier verifier(expect(jwt_keys::of({key})), strict());
        const auto who = expect(verifier.verify(expect(mint(key, made)), at(today)));
        CHECK(who.subject == made.subject);
        CHECK(who.tenant.name() == made.tenant);
        CHECK(who.roles == made.roles);
        CHECK(who.expires_at == made.expires_at);
    }
    CHECK(mint(expect(jwt_key::from_public_pem(p256_pem)), good_claims()).error().code ==
          errc::forbidden);
}

TEST_CASE("token: whatever is minted is verified as it was said (property)") {
    const jwt_key key = hs256_key();
    jwt_verifier verifier(hs256_keys());
    CHECK(rc::check([&] {
        const auto text = rc::gen::map(rc::gen::nonEmpty<std::string>(), [](std::string any) {
            for (char& each : any) each = static_cast<char>(1 + (each & 0x7F) % 0x7F);
            return any;
        });
        jwt_claims made{.subject = *text,
                        .tenant = (*text).substr(0, 255),
                        .roles = *rc::gen::unique<std::vector<std::string>>(text),
                        .issued_at = at(today),
                        .expires_at = at(today + *rc::gen::inRange(1, 1'000'000))};
        const auto token = expect(mint(key, made));
        RC_PRE(token.size() <= jwt_verifier::token_bytes_max);
        const auto who = expect(verifier.verify(token, at(today)));
        RC_ASSERT(who.subject == made.subject);
        RC_ASSERT(who.tenant.name() == made.tenant);
        RC_ASSERT(who.roles == made.roles);
        RC_ASSERT(who.expires_at == made.expires_at);
    }));
}

TEST_CASE("token: no bit of it can be changed") {
    const auto pair = expect(jwt_key::from_private_pem(new_pair("EC")));
    for (const jwt_key& key : {hs256_key(), pair}) {
        jwt_verifier verifier(expect(jwt_keys::of({key})));
        const std::string good = expect(mint(key, good_claims()));
        CHECK(reason(verifier.verify(good, at(today))) == "accepted");  // It is remembered.
        std::size_t accepted = 0;
        for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
            std::string changed = good;
            changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
            if (verifier.verify(changed, at(today))) ++accepted;
        }
        CHECK(accepted == 0);
        for (std::size_t size = 0; size < good.size(); ++size)
            if (verifier.verify(good.substr(0, size), at(today))) ++accepted;
        CHECK(accepted == 0);
    }
}

TEST_CASE("token: T10, a remembered one still expires, and is still refused before its time") {
    jwt_verifier verifier(hs256_keys(), strict());
    const std::string token = with_claims(claims("\"nbf\":" + std::to_string(today - 30)));
    CHECK(reason(verifier.verify(token, at(today))) == "accepted");
    CHECK(reason(verifier.verify(token, at(today + 69))) == "accepted");
    CHECK(reason(verifier.verify(token, at(today + 70))) == "the token has expired");
    CHECK(reason(verifier.verify(token, at(today - 41))) == "the token is not valid yet");
    CHECK(reason(verifier.verify(token, at(today))) == "accepted");
}

TEST_CASE("token: a remembered one is the whole token, not a part") {
    jwt_verifier verifier(hs256_keys(), strict());
    const std::string good = with_claims(claims());
    CHECK(reason(verifier.verify(good, at(today))) == "accepted");
    const std::string other = with_claims(claims(R"("sub":"leto")"));
    const std::string mixed = other.substr(0, other.rfind('.')) + good.substr(good.rfind('.'));
    CHECK(reason(verifier.verify(mixed, at(today))) == "the signature is wrong");
}

TEST_CASE("token_memory: keeps at most as many as it may, and those that are used") {
    using namespace syncfw::detail;
    const auto digest_of = [](int number) {
        crypto::digest made{};
        REQUIRE(crypto::sha256(std::to_string(number), made));
        return made;
    };
    token_memory memory(10);
    for (int i = 0; i < 1'000; ++i) {
        memory.keep(digest_of(i), 1, {.who = {.subject = std::to_string(i)}});
        CHECK(memory.size() <= 10);
        REQUIRE(memory.find(digest_of(0), 1).has_value());
    }
    CHECK(memory.find(digest_of(0), 1)->who.subject == "0");
    CHECK(memory.find(digest_of(999), 1).has_value());
    CHECK(!memory.find(digest_of(500), 1).has_value());
}

TEST_CASE("token_memory: forgets all when the keys are others, and takes nothing of old keys") {
    using namespace syncfw::detail;
    crypto::digest one{}, two{};
    two[0] = 1;
    token_memory memory(10);
    memory.keep(one, 1, {});
    CHECK(memory.find(one, 1).has_value());
    CHECK(!memory.find(one, 2).has_value());
    memory.keep(two, 2, {});
    CHECK(memory.size() == 1);
    memory.keep(one, 1, {});
    CHECK(memory.size() == 1);
    CHECK(!memory.find(one, 2).has_value());

    token_memory none(0);
    none.keep(one, 1, {});
    CHECK(none.size() == 0);
}

TEST_CASE("token: threads may verify at the same time") {
    jwt_verifier verifier(hs256_keys());
    std::vector<std::string> tokens;
    for (int i = 0; i < 20; ++i) {
        jwt_claims made = good_claims();
        made.subject = std::to_string(i);
        tokens.push_back(expect(mint(hs256_key(), made)));
    }
    std::vector<int> right(4);
    std::vector<std::thread> threads;
    for (int& count : right)
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                const auto who =
                    verifier.verify(tokens[static_cast<std::size_t>(i % 20)], at(today));
                if (who && who->subject == std::to_string(i % 20)) ++count;
            }
        });
    for (std::thread& each : threads) each.join();
    CHECK(right == std::vector<int>(4, 200));
}
