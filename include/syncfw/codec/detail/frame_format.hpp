// SPDX-License-Identifier: BSL-1.0
// The parts of a frame: a header, blocks and an end mark. docs/reference/binary-format.md says it
// in prose. Each checksum is seeded with the one before, so that blocks that are left out, doubled
// or in another order are noticed.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/detail/binary_numbers.hpp>
#include <syncfw/codec/detail/checksum.hpp>
#include <syncfw/codec/detail/layout_header.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncfw::detail::frame {

// The first byte is none of UTF-8, so that no text is taken for a frame.
inline constexpr std::string_view magic = "\xF5SYF";
inline constexpr char format_version = 1;
inline constexpr std::size_t checksum_size = 8;
inline constexpr std::size_t name_size_max = 255;

// Reads a number that may not be there yet in full.
enum class progress : unsigned char { done, incomplete, broken };

[[nodiscard]] inline progress read_number(std::string_view bytes, std::size_t& at,
                                          std::uint64_t& number) {
    binary::decoder d{bytes.data(), bytes.data() + bytes.size()};
    const char* const after = binary::get_varint(bytes.data() + at, d, number);
    if (after == nullptr)
        return d.code == errc::truncated ? progress::incomplete : progress::broken;
    at = static_cast<std::size_t>(after - bytes.data());
    return progress::done;
}

// A part of a frame as far as it has come. While `size` is more than there is, that many bytes at
// least are wanted to go on.
struct header {
    std::size_t size = 0;
    errc mistake{};  // what is wrong, if anything is
    unsigned char compression = 0;
    std::string_view name{};
    std::string_view layout{};   // as rows are led by it
    std::string_view content{};  // all but the checksum
    std::uint64_t checksum = 0;

    explicit header(std::string_view bytes, std::size_t layout_size_max) {
        constexpr std::size_t name_at = magic.size() + 2;
        size = name_at + 1;
        if (bytes.size() < size) return;
        if (bytes.substr(0, magic.size()) != magic || bytes[magic.size()] != format_version) {
            mistake = errc::unsupported_format;
            return;
        }
        compression = static_cast<unsigned char>(bytes[magic.size() + 1]);
        std::size_t at = name_at;
        if (!take(bytes, at, name_size_max, name)) return;
        const std::size_t layout_at = at++;
        size = at;
        if (bytes.size() < size) return;
        if (bytes[layout_at] != syncfw::binary::layout_in_full) {
            mistake = errc::unsupported_format;
            return;
        }
        std::string_view text;
        if (!take(bytes, at, layout_size_max, text)) return;
        layout = bytes.substr(layout_at, at - layout_at);
        size = at + checksum_size;
        if (bytes.size() < size) return;
        content = bytes.substr(0, at);
        binary::decoder d{bytes.data(), bytes.data() + bytes.size()};
        (void)binary::get_fixed(bytes.data() + at, d, checksum);
    }

  private:
    // Takes counted bytes. When it can't, `size` or `mistake` say why.
    [[nodiscard]] bool take(std::string_view bytes, std::size_t& at, std::size_t limit,
                            std::string_view& part) {
        std::uint64_t count = 0;
        const progress read = read_number(bytes, at, count);
        size = bytes.size();
        if (read == progress::incomplete) {
            ++size;
            return false;
        }
        if (read == progress::broken) mistake = errc::malformed;
        if (read == progress::done && count > limit) mistake = errc::too_large;
        if (mistake != errc{}) return false;
        part = bytes.substr(at, static_cast<std::size_t>(count));
        at += static_cast<std::size_t>(count);
        size = at;
        return at <= bytes.size();
    }
};

struct block {
    std::size_t size = 0;
    errc mistake{};
    std::uint64_t raw_size = 0;     // 0: the end mark
    std::uint64_t packed_size = 0;  // 0: not compressed; of the end mark the number of rows
    std::uint64_t checksum = 0;
    std::string_view payload{};

    block(std::string_view bytes, bool is_compressed, std::size_t size_max) {
        std::size_t at = 0;
        if (!take(bytes, at, raw_size)) return;
        const bool is_end = raw_size == 0;
        if ((is_end || is_compressed) && !take(bytes, at, packed_size)) return;
        size = at;
        if (raw_size > size_max || raw_size > SIZE_MAX / 2) mistake = errc::too_large;
        if (!is_end && packed_size != 0 && packed_size >= raw_size) mistake = errc::malformed;
        if (mistake != errc{}) return;
        size += checksum_size + payload_size();
        if (bytes.size() < size) return;
        binary::decoder d{bytes.data(), bytes.data() + bytes.size()};
        (void)binary::get_fixed(bytes.data() + at, d, checksum);
        payload = bytes.substr(at + checksum_size, payload_size());
    }

    [[nodiscard]] bool is_end() const { return raw_size == 0; }
    [[nodiscard]] bool is_packed() const { return !is_end() && packed_size != 0; }

    // What the checksum must be behind the part whose checksum is `before`.
    [[nodiscard]] std::uint64_t expected(std::uint64_t before) const {
        return expected(before, raw_size, packed_size, payload);
    }
    [[nodiscard]] static std::uint64_t expected(std::uint64_t before, std::uint64_t raw,
                                                std::uint64_t packed, std::string_view payload) {
        return detail::checksum(payload, checksum_step(checksum_step(before, raw), packed));
    }

  private:
    [[nodiscard]] std::size_t payload_size() const {
        return static_cast<std::size_t>(is_packed() ? packed_size : raw_size);
    }
    [[nodiscard]] bool take(std::string_view bytes, std::size_t& at, std::uint64_t& number) {
        const progress read = read_number(bytes, at, number);
        size = bytes.size();
        if (read == progress::incomplete) ++size;
        if (read == progress::broken) mistake = errc::malformed;
        return read == progress::done;
    }
};

inline void append_block(buffer& out, std::uint64_t& chain, bool has_second, std::uint64_t raw,
                         std::uint64_t packed, std::string_view payload) {
    chain = block::expected(chain, raw, packed, payload);
    char* end = binary::put_varint(out.room(2 * binary::varint_max + checksum_size), raw);
    if (has_second) end = binary::put_varint(end, packed);
    out.set_end(binary::put_fixed(end, chain));
    out.append(payload);
}

// A name that came from outside, for a message.
[[nodiscard]] inline std::string shown(std::string_view name) {
    const char* const end = name.data() + name.size();
    return find_invalid_text(name.data(), end) == end ? std::string(name)
                                                      : "something without name";
}

}  // namespace syncfw::detail::frame
