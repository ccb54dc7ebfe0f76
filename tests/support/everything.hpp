// SPDX-License-Identifier: BSL-1.0
// Entities that have fields of every type, for the round trips of all codecs.
#pragma once

#include <syncfw/codec/cipher.hpp>
#include <syncfw/core/blob.hpp>
#include <syncfw/core/counter.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/core/sync_status.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/entity.hpp>

#include <boost/describe/enum.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tests {

enum class colour : unsigned char { red, green, blue };

enum class level : int { lowest = -1000, usual = 0, highest = 1000 };
BOOST_DESCRIBE_ENUM(level, lowest, usual, highest)

/// A user's type without ==, kept as an integer; every integer is one.
struct money {
    std::int64_t cents = 0;
};

/// A user's type that is kept as a text, and refuses some.
class isbn {
  public:
    static bool is_valid(std::string_view text) {
        if (text.size() > 13) return false;
        for (const char c : text)
            if (c < '0' || c > '9') return false;
        return true;
    }
    isbn() = default;
    explicit isbn(std::string digits) : digits_(std::move(digits)) {}
    [[nodiscard]] const std::string& digits() const { return digits_; }

  private:
    std::string digits_{};
};

struct point {
    double x = 0;
    float y = 0;
};

struct address {
    std::string street{};
    std::optional<std::int32_t> number{};
    point place{};
    std::vector<std::string> lines{};
};

}  // namespace tests

template <>
struct syncfw::value_traits<tests::money> {
    using storage_type = std::int64_t;
    static std::int64_t to_storage(const tests::money& m) { return m.cents; }
    static result<tests::money> from_storage(std::int64_t cents) { return tests::money{cents}; }
};

template <>
struct syncfw::value_traits<tests::isbn> {
    using storage_type = std::string;
    static const std::string& to_storage(const tests::isbn& i) { return i.digits(); }
    static result<tests::isbn> from_storage(std::string digits) {
        if (!tests::isbn::is_valid(digits))
            return error{.code = errc::invalid_value, .message = "an ISBN has digits alone"};
        return tests::isbn(std::move(digits));
    }
};

namespace tests {

/// Every type that a field can have, but for encrypted ones.
struct everything {
    syncfw::uuid id{};
    std::string owner{};
    std::int64_t version = 0;
    bool is_deleted = false;
    syncfw::sync_status status = syncfw::sync_status::pending;

    std::int8_t int_8 = 0;
    std::int16_t int_16 = 0;
    std::int32_t int_32 = 0;
    std::int64_t int_64 = 0;
    std::uint8_t uint_8 = 0;
    std::uint16_t uint_16 = 0;
    std::uint32_t uint_32 = 0;
    float real_32 = 0;
    double real_64 = 0;
    bool flag = false;
    std::string text{};
    colour plain_enum = colour::red;
    level described_enum = level::usual;
    syncfw::uuid other{};
    syncfw::timestamp moment{};
    syncfw::blob bytes{};
    address home{};
    syncfw::document settings{};
    syncfw::counter likes{};
    syncfw::set_of<std::string> tags{};
    syncfw::set_of<std::int64_t> numbers{};
    money price{};
    isbn book{};

    std::optional<std::int32_t> maybe_int{};
    std::optional<double> maybe_real{};
    std::optional<bool> maybe_flag{};
    std::optional<std::string> maybe_text{};
    std::optional<colour> maybe_enum{};
    std::optional<syncfw::uuid> maybe_uuid{};
    std::optional<syncfw::timestamp> maybe_moment{};
    std::optional<syncfw::blob> maybe_bytes{};
    std::optional<address> maybe_home{};
    std::optional<std::vector<std::int32_t>> maybe_ints{};
    std::optional<syncfw::set_of<std::string>> maybe_tags{};
    std::optional<syncfw::counter> maybe_likes{};
    std::optional<money> maybe_price{};

    std::vector<std::uint8_t> small_ints{};
    std::vector<std::int64_t> ints{};
    std::vector<float> reals{};
    std::vector<bool> flags{};
    std::vector<std::string> texts{};
    std::vector<level> enums{};
    std::vector<syncfw::uuid> uuids{};
    std::vector<syncfw::timestamp> moments{};
    std::vector<syncfw::blob> parts{};
    std::vector<address> homes{};
    std::vector<syncfw::document> documents{};
    std::vector<std::optional<std::string>> maybe_texts{};
    std::vector<std::vector<std::int32_t>> table{};
    std::vector<money> prices{};

    std::string note_to_self{};
    syncfw::secret<std::string> password{};
    std::int64_t credit = 0;
};

constexpr auto sync_entity(syncfw::of<everything>) {
    using namespace syncfw::annotations;
    return entity<"everything">(
        field<&everything::id>(primary_key), field<&everything::owner>(tenant),
        field<&everything::version>(is::version), field<&everything::is_deleted>(soft_delete),
        field<&everything::status>(sync_state), field<&everything::likes>(merge(by::counter)),
        field<&everything::tags>(merge(by::set)), field<&everything::text>(json("a text, quoted")),
        field<&everything::flag>(default_value(true)), field<&everything::note_to_self>(local_only),
        field<&everything::password>(local_only), field<&everything::credit>(server_owned));
}

/// Every way to be encrypted. Its codecs need a cipher.
struct sealed_note {
    std::int64_t id = 0;
    std::string title{};
    std::string text{};
    syncfw::blob bytes{};
    syncfw::secret<std::string> token{};
    std::optional<std::string> maybe_text{};
    isbn book{};
    std::string mail{};
    std::optional<double> after{};
};

constexpr auto sync_entity(syncfw::of<sealed_note>) {
    using namespace syncfw::annotations;
    return entity<"sealed_note">(
        field<&sealed_note::id>(primary_key), field<&sealed_note::text>(encrypted),
        field<&sealed_note::bytes>(encrypted), field<&sealed_note::token>(encrypted),
        field<&sealed_note::maybe_text>(encrypted), field<&sealed_note::book>(encrypted),
        field<&sealed_note::mail>(encrypted_revealing_equality));
}

/// No cipher at all, but it behaves like one: it needs the key, binds the ciphertext to the field,
/// notices tampering, and never gives the same ciphertext twice unless it must.
class toy_cipher {
  public:
    explicit toy_cipher(std::uint64_t key = 1) : key_(key) {}

    [[nodiscard]] syncfw::result<void> seal(const syncfw::sealed_field& field,
                                            std::string_view content, std::string& out) const {
        const std::uint64_t nonce =
            field.mode == syncfw::encryption::equality ? mix(key_, content) : ++sealed_;
        const std::uint64_t start = mix(mix(mix(key_, field.entity), field.field), nonce);
        out.clear();
        put(out, nonce);
        put(out, mix(start, content));
        apply(start, content, out);
        return {};
    }
    [[nodiscard]] syncfw::result<void> open(const syncfw::sealed_field& field,
                                            std::string_view sealed, std::string& out) const {
        out.clear();
        if (sealed.size() >= 16) {
            const std::uint64_t nonce = get(sealed);
            const std::uint64_t start = mix(mix(mix(key_, field.entity), field.field), nonce);
            apply(start, sealed.substr(16), out);
            if (get(sealed.substr(8)) == mix(start, out)) return {};
        }
        out.clear();
        return syncfw::error{.code = syncfw::errc::invalid_value, .message = "tampered with"};
    }

  private:
    static std::uint64_t mix(std::uint64_t state, std::uint64_t word) {
        state = (state ^ word) * 0x9E37'79B9'7F4A'7C15;
        return (state ^ state >> 29) * 0xBF58'476D'1CE4'E5B9 ^ state >> 32;
    }
    static std::uint64_t mix(std::uint64_t state, std::string_view text) {
        for (const char c : text) state = mix(state, static_cast<unsigned char>(c));
        return mix(state, text.size());
    }
    static void put(std::string& out, std::uint64_t word) {
        for (int i = 0; i < 8; ++i) out += static_cast<char>(word >> (8 * i) & 0xFF);
    }
    static std::uint64_t get(std::string_view from) {
        std::uint64_t word = 0;
        for (int i = 7; i >= 0; --i)
            word = word << 8 | static_cast<unsigned char>(from[static_cast<std::size_t>(i)]);
        return word;
    }
    static void apply(std::uint64_t state, std::string_view from, std::string& out) {
        for (const char c : from) {
            state = mix(state, std::uint64_t{7});
            out += static_cast<char>(static_cast<unsigned char>(c) ^ (state >> 40 & 0xFF));
        }
    }

    std::uint64_t key_;
    mutable std::uint64_t sealed_ = 0;
};

}  // namespace tests
