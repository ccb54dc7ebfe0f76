// SPDX-License-Identifier: BSL-1.0
// Compression of frames by zlib; link syncfw::zlib.
//
//     binary::frame_writer<book, local, zlib_compression> writer(out);
#pragma once

#include <syncfw/codec/compression.hpp>

#include <zlib.h>

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <string_view>

namespace syncfw {

/// Raw deflate: a frame has better checksums than zlib's.
class zlib_compression {
  public:
    static constexpr unsigned char id = 1;
    static constexpr std::string_view name = "zlib";
    /// Of blocks of books, level 1 makes 49 % at 89 MB/s and level 6 makes 44 % at 27 MB/s: the
    /// twentieth part less would cost more than to store the rows in SQLite.
    static constexpr int level = 1;

    result<void> compress(std::string_view bytes, buffer& out);
    result<void> decompress(std::string_view bytes, char* to, std::size_t size);

  private:
    static constexpr int raw_window_bits = -15;  // the largest; negative: without zlib's header
    static constexpr int memory_level = 8;       // zlib's default

    struct end_deflate {
        void operator()(z_stream* stream) const noexcept {
            deflateEnd(stream);
            delete stream;
        }
    };
    struct end_inflate {
        void operator()(z_stream* stream) const noexcept {
            inflateEnd(stream);
            delete stream;
        }
    };

    // zlib counts in 32 bits.
    static bool is_countable(std::size_t size) noexcept {
        return size <= std::numeric_limits<uInt>::max() / 2;
    }
    static error too_large() {
        return {.code = errc::too_large, .message = "zlib takes blocks of at most 2 GiB"};
    }
    // zlib does not change what it reads.
    static void give(z_stream& stream, std::string_view bytes, char* to, std::size_t size) {
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        stream.avail_in = static_cast<uInt>(bytes.size());
        stream.next_out = reinterpret_cast<Bytef*>(to);
        stream.avail_out = static_cast<uInt>(size);
    }

    // A stream may not be moved, as its state points back to it.
    std::unique_ptr<z_stream, end_deflate> deflater_{};
    std::unique_ptr<z_stream, end_inflate> inflater_{};
};

inline result<void> zlib_compression::compress(std::string_view bytes, buffer& out) {
    if (!is_countable(bytes.size())) return too_large();
    if (!deflater_) {
        auto stream = std::make_unique<z_stream>();
        if (deflateInit2(stream.get(), level, Z_DEFLATED, raw_window_bits, memory_level,
                         Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
        deflater_.reset(stream.release());
    }
    deflateReset(deflater_.get());
    const std::size_t bound = deflateBound(deflater_.get(), static_cast<uLong>(bytes.size()));
    char* const to = out.room(bound);
    give(*deflater_, bytes, to, bound);
    const int ended = deflate(deflater_.get(), Z_FINISH);
    SYNCFW_ASSERT(ended == Z_STREAM_END, "deflateBound is a bound");
    out.set_end(to + (bound - deflater_->avail_out));
    return {};
}

inline result<void> zlib_compression::decompress(std::string_view bytes, char* to,
                                                 std::size_t size) {
    if (!is_countable(bytes.size()) || !is_countable(size)) return too_large();
    if (!inflater_) {
        auto stream = std::make_unique<z_stream>();
        if (inflateInit2(stream.get(), raw_window_bits) != Z_OK) throw std::bad_alloc();
        inflater_.reset(stream.release());
    }
    inflateReset(inflater_.get());
    give(*inflater_, bytes, to, size);
    const int ended = inflate(inflater_.get(), Z_FINISH);
    if (ended == Z_MEM_ERROR) throw std::bad_alloc();
    if (ended == Z_STREAM_END && inflater_->avail_in == 0 && inflater_->avail_out == 0) return {};
    return error{.code = errc::malformed,
                 .message = "a compressed block does not give the bytes that it says"};
}

}  // namespace syncfw
