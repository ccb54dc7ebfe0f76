// SPDX-License-Identifier: BSL-1.0
// Any bytes as gzip, in pieces, beside zlib's own reading of the whole; then the same bytes as the
// content of members with a byte changed. The first byte is the size of the pieces, the next three
// say which byte is changed, and how.
#include "fuzz.hpp"
#include <syncfw/codec/gzip.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t size_max = 1 << 16;

struct found {
    syncfw::result<void> ended;
    std::string content;
};

found in_pieces(std::string_view bytes, std::size_t piece) {
    static syncfw::gzip_reader reader(size_max);  // Used again and again, as a server does.
    syncfw::buffer out;
    while (!bytes.empty()) {
        const std::size_t size = std::min(piece, bytes.size());
        if (!reader.read(bytes.substr(0, size), out)) break;
        bytes.remove_prefix(size);
    }
    fuzz::require(out.size() <= size_max && out.capacity() <= size_max, "no more than the limit");
    syncfw::result<void> ended = reader.finish();
    return {std::move(ended), std::string(out.view())};
}

// One member after the other, each by one call; false when one is not whole or too large.
bool by_zlib(std::string_view bytes, std::string& content) {
    static std::string room(size_max + 1, '\0');
    content.clear();
    do {
        z_stream stream{};
        if (inflateInit2(&stream, 15 + 16) != Z_OK) return false;
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        stream.avail_in = static_cast<uInt>(bytes.size());
        stream.next_out = reinterpret_cast<Bytef*>(room.data());
        stream.avail_out = static_cast<uInt>(room.size());
        const int went = inflate(&stream, Z_FINISH);
        content.append(room, 0, room.size() - stream.avail_out);
        bytes.remove_prefix(bytes.size() - stream.avail_in);
        inflateEnd(&stream);
        if (went != Z_STREAM_END || content.size() > size_max) return false;
    } while (!bytes.empty());
    return true;
}

// The same for both, and whatever the pieces.
void compare(std::string_view bytes, std::size_t piece) {
    const found cut = in_pieces(bytes, piece), whole = in_pieces(bytes, bytes.size() + 1);
    fuzz::require(cut.ended.has_value() == whole.ended.has_value(), "pieces make no difference");
    if (!whole.ended) fuzz::require(cut.ended.error() == whole.ended.error(), "nor for the reason");
    std::string content;
    fuzz::require(by_zlib(bytes, content) == whole.ended.has_value(), "zlib says the same");
    if (whole.ended)
        fuzz::require(whole.content == content && cut.content == content, "and reads the same");
}

}  // namespace

void fuzz::check(std::string_view input) {
    if (input.size() < 4) return;
    const auto number = [&](std::size_t i) { return static_cast<unsigned char>(input[i]); };
    const std::size_t piece = 1 + number(0);
    const std::string_view bytes = input.substr(4);
    compare(bytes, piece);

    static syncfw::gzip_writer writer;
    static syncfw::gzip_reader reader;
    syncfw::buffer packed, back;
    for (std::string_view left = bytes; !left.empty();) {
        const std::size_t size = std::min(piece, left.size());
        writer.write(left.substr(0, size), packed);
        if (number(3) % 4 == 0) writer.flush(packed);
        left.remove_prefix(size);
    }
    writer.finish(packed);
    require(reader.decompress(packed.view(), back).has_value(), "what was compressed can be read");
    require(back.view() == bytes, "and is the same");

    // No chance makes whole members, so here are some, with one byte of them changed.
    std::string damaged(packed.view());
    damaged += number(3) % 3 == 0 ? damaged : std::string();
    compare(damaged, piece);
    char& changed = damaged[(number(1) * 256u + number(2)) % damaged.size()];
    changed = static_cast<char>(number(3) ^ static_cast<unsigned char>(changed));
    compare(damaged, piece);
}
