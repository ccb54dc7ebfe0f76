// SPDX-License-Identifier: BSL-1.0
// The floor of the binary codec: written by hand for this one struct, with the bytes and the
// guarantees of syncfw's rows. Texts are a varint length and UTF-8 bytes, integers zigzag
// varints, doubles eight bytes, bools one, enums their names; no tags.
#include "hand.hpp"
#include "peer.hpp"

#include <bit>

namespace bench {
namespace {

static_assert(std::endian::native == std::endian::little);

// --- encoding -------------------------------------------------------------------------------

// Longer varints as one word: seven bits into each byte, all but the last marked.
[[gnu::noinline]] char* put_long_varint(char* to, std::uint64_t value) {
    if (value >> 56 != 0 || value < 1 << 14) {
        for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
        *to++ = static_cast<char>(value);
        return to;
    }
    const unsigned size = (static_cast<unsigned>(std::bit_width(value)) + 6) / 7;
    value = (value & 0x0FFF'FFFF) | (value & 0x00FF'FFFF'F000'0000) << 4;
    value = (value & 0x0000'3FFF'0000'3FFF) | (value & 0x0FFF'C000'0FFF'C000) << 2;
    value = (value & 0x007F'007F'007F'007F) | (value & 0x3F80'3F80'3F80'3F80) << 1;
    value |= hand::highs & ((std::uint64_t{1} << (8 * size - 8)) - 1);
    std::memcpy(to, &value, 8);
    return to + size;
}

// May write up to ten bytes, however short the value gets.
[[gnu::always_inline]] inline char* put_varint(char* to, std::uint64_t value) {
    *to = static_cast<char>(value);
    return value < 0x80 ? to + 1 : put_long_varint(to, value);
}

char* put_integer(char* to, std::int64_t value) {
    return put_varint(
        to, (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

char* put_text(char* to, std::string_view text) {
    return hand::put_short(put_varint(to, text.size()), text);
}

void append(hand::byte_buffer& out, const book& b) {
    constexpr std::size_t longest_varint = 10;
    constexpr std::size_t numbers = 3 * longest_varint + sizeof(double) + 1;
    constexpr std::size_t longest_status = 8;
    char* to = out.room(b.id.size() + b.tenant_id.size() + b.title.size() + b.author.size() +
                        longest_status + 5 * longest_varint + numbers);
    to = put_text(to, b.id);
    to = put_text(to, b.tenant_id);
    to = put_text(to, b.title);
    to = put_text(to, b.author);
    to = put_integer(to, b.pages);
    std::memcpy(to, &b.rating, sizeof b.rating);
    to += sizeof b.rating;
    *to++ = b.is_deleted ? 1 : 0;
    to = put_integer(to, b.version);
    to = put_text(to, to_string(b.sync_status));
    out.commit(put_integer(to, b.updated_at));
}

std::string_view encode_all(std::span<const book> books) {
    static hand::byte_buffer out;
    out.clear();
    for (const book& b : books) append(out, b);
    return out.view();
}

// --- decoding -------------------------------------------------------------------------------

// A byte is NUL or no ASCII when this has its high bit. A borrow can mark only bytes behind a NUL.
std::uint64_t marks(std::uint64_t word) {
    return ((word - hand::ones) | word) & hand::highs;
}

// The length of the sequence of two to four bytes that begins here; 0 when it is none.
std::size_t sequence_size(const char* at, std::size_t room) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(at[i]); };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const unsigned char lead = byte(0);
    if (lead < 0xC2 || lead > 0xF4 || room < 2 || !continues(1)) return 0;
    if (lead < 0xE0) return 2;
    if (room < 3 || !continues(2)) return 0;
    if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F)) return 0;
    if (lead < 0xF0) return 3;
    if (room < 4 || !continues(3)) return 0;
    return (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F) ? 0 : 4;
}

[[gnu::noinline]] bool is_text_beyond_ascii(const char* at, const char* end) {
    while (at != end) {
        const auto room = static_cast<std::size_t>(end - at);
        if (room >= 8) {
            const std::uint64_t found = marks(hand::load8(at));
            at += found == 0 ? 8 : std::countr_zero(found) / 8;
            if (found == 0) continue;
        }
        if (*at == 0) return false;
        const bool ascii = static_cast<unsigned char>(*at) < 0x80;
        const std::size_t size = ascii ? 1 : sequence_size(at, static_cast<std::size_t>(end - at));
        if (size == 0) return false;
        at += size;
    }
    return true;
}

bool is_text(std::string_view text) {
    const char* at = text.data();
    const std::size_t size = text.size();
    const char* const end = at + size;
    std::uint64_t found = 0;
    if (size >= 16) {
        for (; end - at > 16; at += 16)
            found |= marks(hand::load8(at)) | marks(hand::load8(at + 8));
        found |= marks(hand::load8(end - 16)) | marks(hand::load8(end - 8));
    } else if (size >= 8) {
        found = marks(hand::load8(at)) | marks(hand::load8(end - 8));
    } else {
        for (const char c : text) found |= static_cast<unsigned char>(c - 1) >= 0x7F;
    }
    return found == 0 || is_text_beyond_ascii(text.data(), end);
}

struct varint_and_end {
    std::uint64_t value;
    const char* end;
};

[[gnu::noinline]] varint_and_end varint_by_bytes(const char* at, const char* end) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at != end; shift += 7) {
        const auto byte = static_cast<unsigned char>(*at++);
        value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if (byte >= 0x80) continue;
        if (shift == 63 && byte > 1) break;
        return {value, at};
    }
    malformed();
}

class reader {
  public:
    explicit reader(std::string_view bytes)
        : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    [[nodiscard]] bool at_end() const { return at_ == end_; }

    std::uint64_t varint() {
        if (at_ != end_ && static_cast<signed char>(*at_) >= 0)
            return static_cast<unsigned char>(*at_++);
        const std::uint64_t word = end_ - at_ >= 8 ? hand::load8(at_) : ~std::uint64_t{0};
        const std::uint64_t stops = ~word & hand::highs;
        if (stops == 0) {
            const varint_and_end slowly = varint_by_bytes(at_, end_);
            at_ = slowly.end;
            return slowly.value;
        }
        at_ += std::countr_zero(stops) / 8 + 1;
        std::uint64_t value = word & (stops ^ (stops - 1)) & ~hand::highs;
        value = (value & 0x007F'007F'007F'007F) | (value & 0x7F00'7F00'7F00'7F00) >> 1;
        value = (value & 0x0000'3FFF'0000'3FFF) | (value & 0x3FFF'0000'3FFF'0000) >> 2;
        return (value & 0x0FFF'FFFF) | (value & 0x0FFF'FFFF'0000'0000) >> 4;
    }
    std::int64_t integer() {
        const std::uint64_t value = varint();
        return static_cast<std::int64_t>((value >> 1) ^ (0 - (value & 1)));
    }
    std::string_view raw(std::size_t size) {
        if (static_cast<std::size_t>(end_ - at_) < size) malformed();
        at_ += size;
        return {at_ - size, size};
    }
    std::string_view text() {
        const std::string_view bytes = raw(varint());
        if (!is_text(bytes)) malformed();
        return bytes;
    }
    double real() {
        double value;
        std::memcpy(&value, raw(sizeof value).data(), sizeof value);
        return value;
    }
    bool boolean() {
        const char byte = raw(1)[0];
        if (byte != 0 && byte != 1) malformed();
        return byte == 1;
    }

  private:
    const char* at_;
    const char* end_;
};

syncfw::sync_status status(std::string_view name) {
    if (name == "synced") return syncfw::sync_status::synced;
    if (name == "pending") return syncfw::sync_status::pending;
    if (name == "failed") return syncfw::sync_status::failed;
    if (name == "conflict") return syncfw::sync_status::conflict;
    malformed();
}

// Everything is checked before the first member changes, so that a malformed row leaves the book
// as it was.
void read(reader& source, book& b) {
    reader from = source;  // A copy that nobody else knows can live in registers.
    const std::string_view id = from.text();
    const std::string_view tenant_id = from.text();
    const std::string_view title = from.text();
    const std::string_view author = from.text();
    const std::int64_t pages = from.integer();
    const double rating = from.real();
    const bool is_deleted = from.boolean();
    const std::int64_t version = from.integer();
    const syncfw::sync_status sync_status = status(from.raw(from.varint()));
    const std::int64_t updated_at = from.integer();

    source = from;
    b.id.assign(id);
    b.tenant_id.assign(tenant_id);
    b.title.assign(title);
    b.author.assign(author);
    b.pages = pages;
    b.rating = rating;
    b.is_deleted = is_deleted;
    b.version = version;
    b.sync_status = sync_status;
    b.updated_at = updated_at;
}

std::vector<book> decode_all(std::string_view document, std::size_t count) {
    std::vector<book> books;
    books.reserve(count);
    for (reader from(document); !from.at_end();) read(from, books.emplace_back());
    return books;
}

std::int64_t decode_over(std::string_view document) {
    std::int64_t pages = 0;
    book b;
    for (reader from(document); !from.at_end(); pages += b.pages) read(from, b);
    return pages;
}

const registered hand_binary{{.name = "hand binary",
                              .encode_all = encode_all,
                              .decode_all = decode_all,
                              .decode_over = decode_over}};

}  // namespace
}  // namespace bench
