// SPDX-License-Identifier: BSL-1.0
// The bytes of messages: numbers, texts and sections, written one behind the other and read with
// every length checked.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/detail/binary_numbers.hpp>
#include <syncfw/core/blob.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/uuid.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace syncfw::detail {

class wire_writer {
  public:
    explicit wire_writer(buffer& out) : out_(out) {}

    void number(std::uint64_t v) { out_.set_end(binary::put_varint(out_.room(10), v)); }
    void signed_number(std::int64_t v) {
        number(static_cast<std::uint64_t>(v) << 1 ^ static_cast<std::uint64_t>(v >> 63));
    }
    void fixed(std::uint64_t v) {
        char bytes[8];
        for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(v >> (8 * i));
        out_.append({bytes, 8});
    }
    void id(const uuid& v) { out_.append({reinterpret_cast<const char*>(v.bytes().data()), 16}); }
    /// An id that may begin like the one before it, as those do that were made one behind the
    /// other.
    void next_id(const uuid& v) {
        std::size_t shared = 0;
        while (shared < 16 && v.bytes()[shared] == last_.bytes()[shared]) ++shared;
        number(shared);
        out_.append({reinterpret_cast<const char*>(v.bytes().data()) + shared, 16 - shared});
        last_ = v;
    }
    void text(std::string_view v) {
        number(v.size());
        out_.append(v);
    }

  private:
    buffer& out_;
    uuid last_{};
};

/// Reads what a stranger sent: after the first thing that isn't right everything is zero and
/// `is_good()` false.
class wire_reader {
  public:
    explicit wire_reader(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool is_good() const noexcept { return is_good_; }
    [[nodiscard]] bool is_at_end() const noexcept { return rest_.empty(); }

    std::uint64_t number() {
        std::uint64_t v = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(take(1));
            v |= std::uint64_t{byte & 0x7Fu} << shift;
            if ((byte & 0x80) == 0) return is_good_ ? v : 0;
        }
        is_good_ = false;
        return 0;
    }
    std::int64_t signed_number() {
        const std::uint64_t v = number();
        return static_cast<std::int64_t>(v >> 1 ^ (~(v & 1) + 1));
    }
    /// A number that can't be more than `most`.
    std::uint64_t number_up_to(std::uint64_t most) {
        const std::uint64_t v = number();
        if (v <= most) return v;
        is_good_ = false;
        return 0;
    }
    std::uint64_t fixed() {
        const std::string_view bytes = raw(8);
        std::uint64_t v = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i)
            v |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
        return v;
    }
    uuid id() {
        std::array<std::uint8_t, 16> bytes{};
        const std::string_view from = raw(16);
        if (!from.empty()) std::memcpy(bytes.data(), from.data(), 16);
        return uuid(bytes);
    }
    uuid next_id() {
        const auto shared = static_cast<std::size_t>(number_up_to(16));
        std::array<std::uint8_t, 16> bytes = last_.bytes();
        const std::string_view from = raw(16 - shared);
        if (!from.empty()) std::memcpy(bytes.data() + shared, from.data(), from.size());
        return last_ = is_good_ ? uuid(bytes) : uuid();
    }
    std::string_view text() { return raw(number()); }
    /// As many bytes as said, or none and a failure.
    std::string_view raw(std::uint64_t size) {
        if (!is_good_ || size > rest_.size()) {
            is_good_ = false;
            return {};
        }
        const std::string_view bytes = rest_.substr(0, static_cast<std::size_t>(size));
        rest_.remove_prefix(bytes.size());
        return bytes;
    }
    std::string_view rest() noexcept { return std::exchange(rest_, {}); }

  private:
    char take(std::size_t size) {
        const std::string_view bytes = raw(size);
        return bytes.empty() ? '\0' : bytes[0];
    }

    std::string_view rest_;
    bool is_good_ = true;
    uuid last_{};
};

[[nodiscard]] inline blob to_blob(std::string_view bytes) {
    const auto* const from = reinterpret_cast<const std::byte*>(bytes.data());
    return blob(from, from + bytes.size());
}
[[nodiscard]] inline std::string_view to_view(const blob& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace syncfw::detail
