// SPDX-License-Identifier: BSL-1.0
// Goal: a ciphertext opens in its own place with its own key, and nowhere else; equality is found
// only where it is asked for; keys come and go without a change of any content.
#include "support/tokens.hpp"
#include <syncfw/core/detail/hex.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/security/keyring.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using tests::expect;

constexpr std::string_view first_key = "BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY=";
constexpr std::string_view second_key = "mJeWlZSTkpGQj46NjIuKiYiHhoWEg4KBgH9+fXx7enk=";
const tenant_id acme("acme");
const tenant_id other_tenant("other");

constexpr sealed_field note{"user", "note", encryption::randomised};
constexpr sealed_field mail{"user", "mail", encryption::equality};

secret<std::string> list(std::string_view first, std::string_view second = {}) {
    return secret(std::string(first).append(second.empty() ? "" : ",").append(second));
}
keyring ring(std::string_view text, keyring_options wanted = {}) {
    return expect(keyring::parse(list(text), std::move(wanted)));
}
std::string one(std::uint32_t id, std::string_view key = first_key) {
    return std::to_string(id).append(":").append(key);
}
std::string sealed(const keyring_cipher& cipher, const sealed_field& field,
                   std::string_view content) {
    std::string out = "is replaced";
    expect(cipher.seal(field, content, out));
    return out;
}
/// The content, or the code and the message of the refusal.
std::string opened(const keyring_cipher& cipher, const sealed_field& field,
                   std::string_view bytes) {
    std::string out = "is replaced";
    if (const auto done = cipher.open(field, bytes, out); !done) {
        CHECK(out.empty());
        CHECK(done.error().entity == field.entity);
        CHECK(done.error().field == field.field);
        return std::string(describe(done.error().code).name) + ": " + done.error().message;
    }
    return out;
}
bool opens(const keyring_cipher& cipher, const sealed_field& field, std::string_view bytes) {
    std::string out;
    return cipher.open(field, bytes, out).has_value();
}
std::string unhex(std::string_view text) {
    using syncfw::detail::hex_value;
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes += static_cast<char>(hex_value(text[i]) << 4 | hex_value(text[i + 1]));
    return bytes;
}

}  // namespace

TEST_CASE("keyring: what is sealed opens again, whatever it is (property)") {
    const auto cipher = ring(one(1)).for_tenant(acme);
    CHECK(rc::check([&](const std::string& content) {
        for (const auto& field : {note, mail}) {
            const std::string bytes = sealed(cipher, field, content);
            RC_ASSERT(bytes.size() == content.size() + 33);
            RC_ASSERT(opened(cipher, field, bytes) == content);
        }
    }));
    const std::string large(1 << 20, 'x');
    CHECK(opened(cipher, note, sealed(cipher, note, large)) == large);
    CHECK(opened(cipher, mail, sealed(cipher, mail, "")).empty());
}

TEST_CASE("keyring: T22, a searchable ciphertext is what an independent program makes") {
    // From HKDF, HMAC and GHASH in Python, with AES of the openssl program.
    const std::string known = unhex(
        "120000000392f499096702e2549913cd821cf55f2c264f4e887560374a1d1bd2e786170618cd515d15b67a285"
        "4");
    const auto cipher = ring(one(3)).for_tenant(acme);
    CHECK(sealed(cipher, mail, "paul@arrakis") == known);
    CHECK(opened(cipher, mail, known) == "paul@arrakis");
}

TEST_CASE(
    "keyring: T21, randomised ciphertexts of one content are never the same, nor their nonces") {
    const auto cipher = ring(one(1)).for_tenant(acme);
    std::set<std::string> nonces;
    for (int i = 0; i < 1'000; ++i) nonces.insert(sealed(cipher, note, "equal").substr(5, 12));
    CHECK(nonces.size() == 1'000);
}

TEST_CASE("keyring: T22, searchable ciphertexts are equal for equal contents and only for them") {
    const auto keys = ring(one(1));
    const auto cipher = keys.for_tenant(acme);
    CHECK(sealed(cipher, mail, "paul") == sealed(ring(one(1)).for_tenant(acme), mail, "paul"));
    std::set<std::string> nonces;
    for (int i = 0; i < 1'000; ++i)
        nonces.insert(sealed(cipher, mail, std::to_string(i)).substr(5, 12));
    CHECK(nonces.size() == 1'000);
    // The same content elsewhere has another nonce, and another ciphertext.
    constexpr sealed_field name{"user", "name", encryption::equality};
    const std::string here = sealed(cipher, mail, "paul");
    for (const std::string& there :
         {sealed(cipher, name, "paul"), sealed(keys.for_tenant(other_tenant), mail, "paul"),
          sealed(ring(one(2)).for_tenant(acme), mail, "paul"),
          sealed(ring(one(1, second_key)).for_tenant(acme), mail, "paul")})
        CHECK(there.substr(5, 12) != here.substr(5, 12));
}

TEST_CASE("keyring: T22, a right tag under a nonce that is not the content's is refused") {
    // Whoever had the key of encryption alone could make this.
    using namespace syncfw::detail;
    crypto::aes_key given{}, search{};
    std::string bytes;
    REQUIRE(read_base64(first_key, bytes));
    std::copy(bytes.begin(), bytes.end(), given.begin());
    REQUIRE(crypto::hkdf_sha256(bytes, "syncfw field encryption 1", "searchable", search.data(),
                                search.size()));
    const sealed_place place{"user.mail", "acme", encryption::equality};
    const std::string bound = place.bound_to(1);
    const crypto::gcm_nonce nonce{1, 2, 3};
    std::string made = bound.substr(0, 5);
    made.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
    made.resize(made.size() + 4 + 16);
    REQUIRE(crypto::gcm_seal({search, nonce, bound}, "paul",
                             reinterpret_cast<unsigned char*>(made.data() + 17)));
    const auto cipher = ring(one(1)).for_tenant(acme);
    CHECK(opened(cipher, mail, made).starts_with("corrupted"));
}

TEST_CASE("keyring: T21, no bit of a ciphertext can be changed, and nothing cut off or added") {
    const auto cipher = ring(one(1)).for_tenant(acme);
    for (const auto& field : {note, mail}) {
        const std::string good = sealed(cipher, field, "the secret of the tomb");
        for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
            std::string changed = good;
            changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
            CHECK(!opens(cipher, field, changed));
        }
        for (std::size_t size = 0; size < good.size(); ++size)
            CHECK(!opens(cipher, field, good.substr(0, size)));
        CHECK(!opens(cipher, field, good + '\0'));
    }
}

TEST_CASE("keyring: T21, a ciphertext opens for no other field, entity, tenant or mode") {
    const auto keys = ring(one(1));
    const auto cipher = keys.for_tenant(acme);
    constexpr std::string_view why =
        "corrupted: the ciphertext under key 1 was changed, or is another field's or "
        "tenant's";
    for (const auto mode : {encryption::randomised, encryption::equality}) {
        const sealed_field here{"user", "mail", mode};
        const std::string bytes = sealed(cipher, here, "paul");
        CHECK(opened(cipher, {"user", "mai", mode}, bytes) == why);
        CHECK(opened(cipher, {"users", "mail", mode}, bytes) == why);
        CHECK(opened(keys.for_tenant(other_tenant), here, bytes) == why);
        CHECK(opened(keys.for_tenant(tenant_id()), here, bytes) == why);
        CHECK(opened(ring(one(1, second_key)).for_tenant(acme), here, bytes) == why);
    }
    CHECK(opened(cipher, {"user", "mail", encryption::randomised}, sealed(cipher, mail, "paul")) ==
          "corrupted: the ciphertext was made for the other mode of encryption");
}

TEST_CASE("keyring: what is no ciphertext, or under an unknown key, says so") {
    const auto cipher = ring(one(1)).for_tenant(acme);
    CHECK(opened(cipher, note, "") == "truncated: a ciphertext has at least 33 bytes, this has 0");
    CHECK(opened(cipher, note, std::string(32, '\x11')).starts_with("truncated"));
    CHECK(opened(cipher, note, "this is the plain text of an old row") ==
          "unsupported_format: the bytes are no ciphertext of a format that is known here");
    const std::string later = sealed(ring(one(7)).for_tenant(acme), note, "x");
    CHECK(opened(cipher, note, later) ==
          "not_found: the ciphertext is under key 7, which the keyring has not; put it back in");
}

TEST_CASE("keyring: T23, the newest key seals, all open, and a removed one no more") {
    const auto before = ring(one(1));
    const auto during = expect(keyring::parse(list(one(1), one(2, second_key))));
    const auto after = ring(one(2, second_key));
    CHECK(during.newest() == 2);
    CHECK(during.ids() == std::vector<std::uint32_t>{1, 2});
    for (const auto& field : {note, mail}) {
        const std::string old_bytes = sealed(before.for_tenant(acme), field, "paul");
        const std::string new_bytes = sealed(during.for_tenant(acme), field, "paul");
        CHECK(expect(key_of_ciphertext(old_bytes)) == 1);
        CHECK(expect(key_of_ciphertext(new_bytes)) == 2);
        CHECK(opened(during.for_tenant(acme), field, old_bytes) == "paul");
        CHECK(opened(during.for_tenant(acme), field, new_bytes) == "paul");
        CHECK(opened(after.for_tenant(acme), field, new_bytes) == "paul");
        CHECK(opened(after.for_tenant(acme), field, old_bytes).starts_with("not_found"));
    }
    CHECK(key_of_ciphertext("short").error().code == errc::truncated);
    CHECK(key_of_ciphertext(std::string(40, 'x')).error().code == errc::unsupported_format);
}

TEST_CASE("keyring: T23, a search looks for the ciphertexts under all keys, the newest first") {
    const auto before = ring(one(1)).for_tenant(acme);
    const auto during = expect(keyring::parse(list(one(1), one(2, second_key)))).for_tenant(acme);
    const auto wanted = expect(during.ciphertexts_of(mail, "paul"));
    REQUIRE(wanted.size() == 2);
    CHECK(wanted[0] == sealed(during, mail, "paul"));
    CHECK(wanted[1] == sealed(before, mail, "paul"));
    CHECK(during.ciphertexts_of(note, "paul").error().code == errc::invalid_value);
}

TEST_CASE("keyring: T22, two programs with other names for a field share it under one name") {
    const auto theirs = ring(one(1), {.shared = {{"account", "email", "customer.email"}}});
    const auto ours = ring(one(1), {.shared = {{"user", "mail", "customer.email"}}});
    constexpr sealed_field account{"account", "email", encryption::equality};
    const std::string bytes = sealed(theirs.for_tenant(acme), account, "paul");
    CHECK(bytes == sealed(ours.for_tenant(acme), mail, "paul"));
    CHECK(opened(ours.for_tenant(acme), mail, bytes) == "paul");
    CHECK(!opens(ring(one(1)).for_tenant(acme), mail, bytes));
    // The name of a field that is called so.
    constexpr sealed_field customer{"customer", "email", encryption::equality};
    CHECK(bytes == sealed(ring(one(1)).for_tenant(acme), customer, "paul"));
}

TEST_CASE("keyring: T21, a key that has sealed all that is safe seals no more") {
    const auto keys = ring(one(1), {.seals_max = 3});
    std::string out;
    CHECK(keys.for_tenant(acme).seal(note, "1", out));
    CHECK(keys.for_tenant(other_tenant).seal(note, "2", out));
    const keyring copy = keys;
    CHECK(copy.for_tenant(acme).seal(note, "3", out));
    const auto refused = keys.for_tenant(acme).seal(note, "4", out);
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::forbidden);
    CHECK(refused.error().message.find("add a newer one") != std::string::npos);
    CHECK(out.empty());
    // Searchable ones have no random nonces to run out of.
    CHECK(keys.for_tenant(acme).seal(mail, "4", out));
    CHECK(keyring_options().seals_max == std::uint64_t{1} << 32);
}

TEST_CASE("keyring: keys are read from a list or from lines with remarks") {
    CHECK(ring(one(1) + "," + one(2, second_key)).newest() == 2);
    CHECK(ring("# the keys, of production\n" + one(2) + "\r\n  # , \n\n " + one(1, second_key) +
               "  \n")
              .ids() == std::vector<std::uint32_t>{2, 1});
    CHECK(ring(one(4'294'967'295)).newest() == 4'294'967'295);
}

TEST_CASE("keyring: T8, lists that are wrong are refused, and the error doesn't show them") {
    const std::string key(first_key);
    for (const std::string& wrong :
         {std::string(), std::string("# nothing"), key, std::string("1:"), ":" + key, "0:" + key,
          "-1:" + key, "4294967296:" + key, "one:" + key, "1 :" + key, "1:" + key + "A",
          "1:" + key.substr(4), "1:" + key.substr(0, 40), "1:AAAA" + key,
          one(1) + "," + one(1, second_key), one(1) + "," + one(2),
          one(1) + ";" + one(2, second_key), "1:" + std::string(43, 'A') + "="}) {
        CAPTURE(wrong);
        const auto refused = keyring::parse(secret(std::string(wrong)));
        REQUIRE(!refused);
        CHECK(refused.error().code == errc::invalid_value);
        CHECK(refused.error().message.find(key.substr(0, 20)) == std::string::npos);
    }
    CHECK(!keyring::of({}));
}

TEST_CASE("keyring: T8, is read from a file that nobody else may read") {
    namespace fs = std::filesystem;
    const auto path = fs::temp_directory_path() / ("syncfw-keys-" + to_string(new_uuid()));
    std::ofstream(path) << one(1) << "\n" << one(2, second_key) << "\n";
    fs::permissions(path, fs::perms::owner_read | fs::perms::others_read);
    CHECK(keyring::from_file(path.string()).error().code == errc::forbidden);
    fs::permissions(path, fs::perms::owner_read);
    CHECK(expect(keyring::from_file(path.string())).newest() == 2);
    fs::remove(path);
    CHECK(keyring::from_file(path.string()).error().code == errc::not_found);
}
