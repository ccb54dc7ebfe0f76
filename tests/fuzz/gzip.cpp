// SPDX-License-Identifier: BSL-1.0
// Any bytes as gzip, in pieces, beside zlib's own reading of the whole. The first byte is the size
// of the pieces.
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

}  // namespace

void fuzz::check(std::string_view input) {
    if (input.empty()) return;
    const std::size_t piece = 1 + static_cast<unsigned char>(input[0]);
    const std::string_view bytes = input.substr(1);

    const found cut = in_pieces(bytes, piece), whole = in_pieces(bytes, bytes.size() + 1);
    require(cut.ended.has_value() == whole.ended.has_value(), "pieces make no difference");
    if (!whole.ended) require(cut.ended.error() == whole.ended.error(), "nor for the reason");
    std::string content;
    require(by_zlib(bytes, content) == whole.ended.has_value(), "zlib says the same");
    if (whole.ended)
        require(whole.content == content && cut.content == content, "and reads the same");

    static syncfw::gzip_writer writer;
    syncfw::buffer packed, back;
    for (std::string_view left = bytes; !left.empty();) {
        const std::size_t size = std::min(piece, left.size());
        writer.write(left.substr(0, size), packed);
        left.remove_prefix(size);
    }
    writer.finish(packed);
    static syncfw::gzip_reader reader;
    require(reader.decompress(packed.view(), back).has_value(), "what was compressed can be read");
    require(back.view() == bytes, "and is the same");
}
