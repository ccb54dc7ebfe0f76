// SPDX-License-Identifier: BSL-1.0
// Bodies of requests and answers as gzip (RFC 1952), whole or in pieces; link syncfw::zlib.
//
//     syncfw::gzip_writer writer;
//     writer.compress(body, out);
//
//     syncfw::gzip_reader reader(10 << 20);  // and no byte more comes out, whatever goes in
//     for (std::string_view piece; connection.read(piece);)
//         if (auto done = reader.read(piece, out); !done) return refuse(400, done.error());
//     if (auto whole = reader.finish(); !whole) return refuse(400, whole.error());
//
// Each is a state of zlib that is used again and again without asking for memory: keep one for each
// connection or thread. Moving one is cheap; two threads may not use one at the same time.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/core/result.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

namespace detail {

// With zlib's header and trailer of gzip, and the largest window.
inline constexpr int gzip_window_bits = 15 + 16;
inline constexpr std::size_t gzip_chunk = 64 << 10;

// zlib counts in 32 bits, and does not change what it reads.
inline std::string_view give_input(z_stream& stream, std::string_view bytes) {
    const std::size_t size =
        std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max() / 2);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(size);
    return bytes.substr(size);
}
inline void give_output(z_stream& stream, char* to, std::size_t size) {
    stream.next_out = reinterpret_cast<Bytef*>(to);
    stream.avail_out = static_cast<uInt>(size);
}

}  // namespace detail

/// Compresses. What it writes depends on the content and the pieces alone: no time, no name.
class gzip_writer {
  public:
    /// Level 1 is the fastest; of JSON, 6 makes a fifth less in three times the time.
    explicit gzip_writer(int level = 1);

    /// Appends what has become ready.
    void write(std::string_view bytes, buffer& out) { deflate_all(bytes, Z_NO_FLUSH, out); }
    /// Appends all that was written so far, so that a reader sees it; costs some compression.
    void flush(buffer& out) { deflate_all({}, Z_SYNC_FLUSH, out); }
    /// Ends the body. What is written afterwards is another one.
    void finish(buffer& out);

    /// A whole body at once.
    void compress(std::string_view bytes, buffer& out) {
        deflateReset(stream_.get());
        deflate_all(bytes, Z_NO_FLUSH, out);
        finish(out);
    }

  private:
    void deflate_all(std::string_view bytes, int flush, buffer& out);

    // For what zlib holds back, with its header and trailer.
    static constexpr std::size_t spare_room = 256;

    struct end_stream {
        void operator()(z_stream* stream) const noexcept {
            deflateEnd(stream);
            delete stream;
        }
    };
    // A stream may not be moved, as its state points back to it.
    std::unique_ptr<z_stream, end_stream> stream_{};
};

/// Decompresses one body of at most so many bytes. All its members are read, as RFC 1952 wants it;
/// checksum and length of each must be right, and nothing else may follow.
///
/// - `errc::too_large`: more would come out than allowed. It stops right there: neither time nor
///   memory is spent on the rest.
/// - `errc::malformed`: this is no gzip, or was damaged.
/// - `errc::trailing_data`: something that is no gzip follows.
/// - `errc::truncated`: the end is missing. Only `finish` says so.
class gzip_reader {
  public:
    static constexpr std::size_t default_size_max = 10 << 20;

    explicit gzip_reader(std::size_t size_max = default_size_max);

    /// Appends what came out. After an error it gives the same one until `reset`; what it appended
    /// before the error is not to be trusted.
    result<void> read(std::string_view bytes, buffer& out);
    /// Whether the body was whole. It ends the body: what is read afterwards is another one.
    result<void> finish();
    /// Forgets the body that was begun.
    void reset() noexcept;

    /// A whole body at once. On failure nothing is appended.
    result<void> decompress(std::string_view bytes, buffer& out);

    /// How much has come out of this body.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    enum class place : unsigned char { at_the_first, within, between };

    [[nodiscard]] result<void> inflate_some(buffer& out);
    [[nodiscard]] char* make_room(buffer& out, std::size_t& room);
    [[nodiscard]] result<void> begin_member();
    [[nodiscard]] error damage() const;

    struct end_stream {
        void operator()(z_stream* stream) const noexcept {
            inflateEnd(stream);
            delete stream;
        }
    };
    std::unique_ptr<z_stream, end_stream> stream_{};
    std::size_t size_max_;
    std::size_t size_ = 0;
    place place_ = place::at_the_first;
    bool is_first_ = true;
    std::optional<error> failed_{};
};

// --- how it is done ------------------------------------------------------------------------------

inline gzip_writer::gzip_writer(int level) {
    SYNCFW_ASSERT(level >= 1 && level <= 9, "a level of gzip is one of 1 to 9");
    constexpr int memory_level = 8;  // zlib's default
    auto stream = std::make_unique<z_stream>();
    if (deflateInit2(stream.get(), level, Z_DEFLATED, detail::gzip_window_bits, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
    stream_.reset(stream.release());
}

inline void gzip_writer::deflate_all(std::string_view bytes, int flush, buffer& out) {
    z_stream& stream = *stream_;
    do {
        bytes = detail::give_input(stream, bytes);
        // As long as it leaves no room, there may be more.
        do {
            const std::size_t room = std::min(detail::gzip_chunk, stream.avail_in + spare_room);
            char* const to = out.room(room);
            detail::give_output(stream, to, room);
            const int went = deflate(&stream, flush);
            SYNCFW_ASSERT(went != Z_STREAM_ERROR, "the state of gzip is sound");
            out.set_end(to + (room - stream.avail_out));
        } while (stream.avail_out == 0);
    } while (!bytes.empty());
}

inline void gzip_writer::finish(buffer& out) {
    deflate_all({}, Z_FINISH, out);
    deflateReset(stream_.get());
}

inline gzip_reader::gzip_reader(std::size_t size_max) : size_max_(size_max) {
    auto stream = std::make_unique<z_stream>();
    if (inflateInit2(stream.get(), detail::gzip_window_bits) != Z_OK) throw std::bad_alloc();
    stream_.reset(stream.release());
}

inline void gzip_reader::reset() noexcept {
    inflateReset(stream_.get());
    size_ = 0;
    place_ = place::at_the_first;
    is_first_ = true;
    failed_.reset();
}

// A place for what comes out. It doubles, but never beyond what may come out. Where no more may, it
// is a single byte of our own, by which more is found out.
inline char* gzip_reader::make_room(buffer& out, std::size_t& room) {
    const std::size_t left = size_max_ - size_;
    const std::size_t all = out.size() + left;
    room = std::min({left, detail::gzip_chunk, std::max<std::size_t>(out.size(), 4 << 10)});
    if (out.capacity() - out.size() < room)
        out.reserve(std::min(all, std::max(out.size() + room, out.capacity() * 2)));
    return out.room(room);
}

inline error gzip_reader::damage() const {
    // It reads these two bytes, by which gzip is known, before it says that they are wrong.
    if (!is_first_ && stream_->total_in <= 2)
        return {.code = errc::trailing_data,
                .message = "something that is no gzip follows the compressed body"};
    const std::string what = stream_->msg == nullptr ? "damaged" : stream_->msg;
    return {.code = errc::malformed, .message = "the body is no whole gzip: " + what};
}

// The first byte is looked at here, so that the answer does not depend on where pieces end.
inline result<void> gzip_reader::begin_member() {
    if (place_ == place::between) {
        inflateReset(stream_.get());
        is_first_ = false;
    }
    place_ = place::within;
    if (*stream_->next_in != 0x1F) return damage();
    return {};
}

// Until the input of this piece is used up.
inline result<void> gzip_reader::inflate_some(buffer& out) {
    z_stream& stream = *stream_;
    while (true) {
        if (place_ != place::within) {
            if (stream.avail_in == 0) return {};
            if (auto fine = begin_member(); !fine) return fine;
        }
        std::size_t room = 0;
        char spare = 0;
        char* to = size_ == size_max_ ? nullptr : make_room(out, room);
        const bool is_full = to == nullptr;
        if (is_full) to = &spare, room = 1;
        detail::give_output(stream, to, room);
        const int went = inflate(&stream, Z_NO_FLUSH);
        if (went == Z_MEM_ERROR) throw std::bad_alloc();
        const std::size_t came = room - stream.avail_out;
        if (is_full && came > 0)
            return error{.code = errc::too_large,
                         .message = "the body is over " + std::to_string(size_max_) +
                                    " bytes when decompressed"};
        if (!is_full) out.set_end(to + came);
        size_ += came;
        if (went == Z_STREAM_END)
            place_ = place::between;
        else if (went != Z_OK && went != Z_BUF_ERROR)
            return damage();
        else if (stream.avail_in == 0 && stream.avail_out != 0)
            return {};
    }
}

inline result<void> gzip_reader::read(std::string_view bytes, buffer& out) {
    while (!failed_ && !bytes.empty()) {
        bytes = detail::give_input(*stream_, bytes);
        if (auto done = inflate_some(out); !done) failed_ = done.error();
    }
    return failed_ ? result<void>(*failed_) : result<void>();
}

inline result<void> gzip_reader::finish() {
    result<void> ended;
    if (failed_)
        ended = *failed_;
    else if (place_ != place::between)
        ended = error{.code = errc::truncated, .message = "the gzip ends before it is complete"};
    reset();
    return ended;
}

inline result<void> gzip_reader::decompress(std::string_view bytes, buffer& out) {
    const std::size_t before = out.size();
    reset();
    (void)read(bytes, out);
    auto ended = finish();
    if (!ended) out.truncate(before);
    return ended;
}

}  // namespace syncfw
