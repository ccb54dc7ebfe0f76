// SPDX-License-Identifier: BSL-1.0
// Many rows of one entity as a stream, for files and transfers of any length: in bounded memory,
// with checksums, and complete or refused.
//
//     binary::frame_writer<book> writer(out);
//     for (const book& b : books) {
//         if (auto done = writer.write(b); !done) return done;
//         send(out.view()), out.clear();         // as often as wished
//     }
//     if (auto done = writer.finish(); !done) return done;
//
//     binary::frame_reader<book> reader;
//     while (receive(bytes)) {
//         reader.feed(bytes);                     // in pieces of any size
//         while (const book* b = reader.next()) …
//     }
//     if (auto done = reader.finish(); !done) return done;
//
// A frame names its entity and the layout of its rows, so older and newer programs read it as they
// read rows. Its rows stand in blocks of about 64 KiB, each with a checksum of itself and all
// before it. The end mark has the number of rows: what is cut off anywhere is noticed.
#pragma once

#include <syncfw/codec/binary.hpp>
#include <syncfw/codec/compression.hpp>
#include <syncfw/codec/detail/frame_format.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::binary {

/// What both sides of a frame may choose.
template <class Compression = no_compression, class Cipher = detail::no_cipher>
struct frame_settings {
    Compression compression{};
    Cipher cipher{};  ///< For entities with encrypted fields.
    /// A writer closes a block when it has this many bytes. Larger ones compress better; a reader
    /// needs memory for one.
    std::size_t block_size = 64 * 1024;
    /// What a block may have at most, so also a row; a reader never needs more memory than this.
    std::size_t block_size_max = 16 * 1024 * 1024;
};

/// Writes a frame into a buffer, which the caller may take and clear after each call. Dropped
/// without `finish`, it leaves a frame that every reader refuses as cut off.
template <class T, route Way = local, block_compression Compression = no_compression,
          class Cipher = detail::no_cipher>
class frame_writer {
    static_assert(detail::require_codec<T, Cipher>());

  public:
    /// Appends the header. The buffer must outlive this.
    explicit frame_writer(buffer& out, frame_settings<Compression, Cipher> settings = {});

    /// Adds a row. Fails with `errc::too_large` for one that no block can hold, and with what the
    /// cipher or the compression says; that row is left out, and the frame goes on.
    result<void> write(const T& row);
    /// Closes the last block and writes the end mark. Nothing can be written after it.
    result<void> finish();

    /// How many rows were written.
    [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }

  private:
    [[nodiscard]] result<void> append(const T& row);
    [[nodiscard]] result<void> close_block(std::size_t size);

    buffer* out_;
    frame_settings<Compression, Cipher> settings_;
    buffer block_{};
    buffer packed_{};
    std::uint64_t chain_ = 0;  // the last checksum
    std::uint64_t rows_ = 0;
    bool is_finished_ = false;
};

/// What a reader waits for.
enum class frame_state : unsigned char {
    more,      ///< For more bytes: `feed` them.
    row,       ///< For `next`: the last one gave a row.
    complete,  ///< For nothing: every row was given, and the frame was whole.
    failed,    ///< For nothing: `failure()` says why.
};

/// Reads a frame that comes in pieces. It needs memory for one row and at most two blocks,
/// however long the frame is. A reader with a compression reads frames without one, too.
template <class T, route Way = local, block_compression Compression = no_compression,
          class Cipher = detail::no_cipher>
class frame_reader {
    static_assert(detail::require_codec<T, Cipher>());

  public:
    explicit frame_reader(frame_settings<Compression, Cipher> settings = {})
        : settings_(std::move(settings)) {}

    /// Gives the next bytes. They must stay until `next` has returned null; only then may there be
    /// others.
    void feed(std::string_view bytes);

    /// The next row, which is there until the next call. Null when there is none in what was fed
    /// so far: `state()` tells why.
    [[nodiscard]] const T* next();

    /// Says, once `next` has returned null, that there are no more bytes: fails with
    /// `errc::truncated` when the frame isn't whole, or with what went wrong before.
    [[nodiscard]] result<void> finish();

    [[nodiscard]] frame_state state() const noexcept { return state_; }
    /// What went wrong, if anything did.
    [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }
    /// How many rows were read.
    [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
    /// The fields of the last row that the sender wrote; the others have their defaults.
    [[nodiscard]] field_mask present() const noexcept {
        return reader_ ? reader_->present() : field_mask{};
    }

  private:
    enum class frame_part : unsigned char { header, block, nothing };

    template <class Part, class... Limits>
    [[nodiscard]] std::optional<Part> take(const Limits&... limits);
    [[nodiscard]] bool read_part();
    [[nodiscard]] bool read_header(const detail::frame::header& header);
    [[nodiscard]] bool read_block(const detail::frame::block& block);
    bool fail(errc code, std::string message);
    bool fail(error why);

    frame_settings<Compression, Cipher> settings_;
    std::string_view input_{};
    buffer pending_{};  // a part that came in pieces
    std::size_t pending_used_ = 0;
    buffer unpacked_{};
    std::optional<row_reader<T, Way, Cipher>> reader_{};
    std::optional<error> failure_{};
    std::uint64_t chain_ = 0;
    std::uint64_t rows_ = 0;
    frame_part expected_ = frame_part::header;
    bool is_compressed_ = false;
    frame_state state_ = frame_state::more;
};

// --- writing -------------------------------------------------------------------------------------

template <class T, route Way, block_compression Compression, class Cipher>
frame_writer<T, Way, Compression, Cipher>::frame_writer(
    buffer& out, frame_settings<Compression, Cipher> settings)
    : out_(&out), settings_(std::move(settings)) {
    constexpr std::string_view name = entity_of<T>.name;
    const std::size_t start = out.size();
    out.append(detail::frame::magic);
    char* end = out.room(2 + detail::binary::varint_max + name.size());
    *end++ = detail::frame::format_version;
    *end++ = static_cast<char>(Compression::id);
    out.set_end(detail::binary::put_bytes(end, name.data(), name.size()));
    append_layout<T, Way>(out);
    chain_ = detail::checksum(out.view().substr(start), 0);
    out.set_end(detail::binary::put_fixed(out.room(detail::frame::checksum_size), chain_));
}

template <class T, route Way, block_compression Compression, class Cipher>
result<void> frame_writer<T, Way, Compression, Cipher>::append(const T& row) {
    if constexpr (detail::has_encrypted_fields<T>)
        return append_row<Way>(block_, row, settings_.cipher);
    else
        return append_row<Way>(block_, row), result<void>();
}

template <class T, route Way, block_compression Compression, class Cipher>
result<void> frame_writer<T, Way, Compression, Cipher>::write(const T& row) {
    SYNCFW_ASSERT(!is_finished_, "write() after finish()");
    const std::size_t before = block_.size();
    if (auto done = append(row); !done) return done;
    const auto refuse = [&](error why) {
        block_.truncate(before);
        return why;
    };
    if (block_.size() - before > settings_.block_size_max)
        return refuse(
            {.code = errc::too_large,
             .message = "the row has over " + std::to_string(settings_.block_size_max) + " bytes",
             .entity = std::string(entity_of<T>.name)});
    // A row that doesn't fit any more begins the next block.
    if (before != 0 && block_.size() > settings_.block_size)
        if (auto done = close_block(before); !done) return refuse(std::move(done).error());
    ++rows_;
    return {};
}

template <class T, route Way, block_compression Compression, class Cipher>
result<void> frame_writer<T, Way, Compression, Cipher>::finish() {
    SYNCFW_ASSERT(!is_finished_, "finish() twice");
    if (!block_.empty())
        if (auto done = close_block(block_.size()); !done) return done;
    detail::frame::append_block(*out_, chain_, true, 0, rows_, {});
    is_finished_ = true;
    return {};
}

// Writes the first `size` bytes as a block; what follows them becomes the next one's beginning.
template <class T, route Way, block_compression Compression, class Cipher>
result<void> frame_writer<T, Way, Compression, Cipher>::close_block(std::size_t size) {
    std::string_view payload = block_.view().substr(0, size);
    std::uint64_t packed_size = 0;
    if constexpr (Compression::id != no_compression::id) {
        packed_.clear();
        if (auto done = settings_.compression.compress(payload, packed_); !done) return done;
        if (packed_.size() < size) {
            payload = packed_.view();
            packed_size = packed_.size();
        }
    }
    detail::frame::append_block(*out_, chain_, Compression::id != no_compression::id, size,
                                packed_size, payload);
    const std::size_t rest = block_.size() - size;
    char* const begin = block_.room(0) - block_.size();
    if (rest != 0) std::memmove(begin, begin + size, rest);
    block_.set_end(begin + rest);
    return {};
}

// --- reading -------------------------------------------------------------------------------------

template <class T, route Way, block_compression Compression, class Cipher>
void frame_reader<T, Way, Compression, Cipher>::feed(std::string_view bytes) {
    SYNCFW_ASSERT(input_.empty() && state_ != frame_state::row,
                  "feed() before next() has returned null");
    if (!failure_) input_ = bytes;
}

template <class T, route Way, block_compression Compression, class Cipher>
const T* frame_reader<T, Way, Compression, Cipher>::next() {
    while (!failure_) {
        if (reader_) {
            if (const T* const row = reader_->next()) {
                ++rows_;
                state_ = frame_state::row;
                return row;
            }
            if (reader_->failure()) {
                error why = *reader_->failure();
                why.cause = "in row " + std::to_string(rows_ + 1) + " of the frame";
                fail(std::move(why));
                break;
            }
        }
        if (!read_part()) break;
    }
    return nullptr;
}

template <class T, route Way, block_compression Compression, class Cipher>
result<void> frame_reader<T, Way, Compression, Cipher>::finish() {
    SYNCFW_ASSERT(input_.empty() && state_ != frame_state::row,
                  "finish() before next() has returned null");
    if (!failure_ && state_ != frame_state::complete)
        fail(errc::truncated, "the frame is cut off behind row " + std::to_string(rows_));
    if (failure_) return *failure_;
    return {};
}

// The next part once all of it has come: where it lies in the input, if that has all of it.
template <class T, route Way, block_compression Compression, class Cipher>
template <class Part, class... Limits>
std::optional<Part> frame_reader<T, Way, Compression, Cipher>::take(const Limits&... limits) {
    if (pending_used_ == pending_.size()) {
        pending_.clear();
        pending_used_ = 0;
        Part part(input_, limits...);
        if (part.size <= input_.size()) {
            input_.remove_prefix(part.size);
            return part;
        }
        pending_.append(input_);
        input_ = {};
        return std::nullopt;
    }
    for (;;) {
        Part part(pending_.view(), limits...);
        if (part.size <= pending_.size()) {
            pending_used_ = pending_.size();
            return part;
        }
        const std::size_t missing = part.size - pending_.size();
        const std::string_view some = input_.substr(0, missing);
        if (some.empty()) return std::nullopt;
        pending_.append(some);
        input_.remove_prefix(some.size());
    }
}

// Whether `next` should go on.
template <class T, route Way, block_compression Compression, class Cipher>
bool frame_reader<T, Way, Compression, Cipher>::read_part() {
    if (expected_ == frame_part::nothing) {
        if (!input_.empty()) return fail(errc::trailing_data, "bytes follow the frame's end mark");
        state_ = frame_state::complete;
        return false;
    }
    if (expected_ == frame_part::header) {
        if (const auto header = take<detail::frame::header>(layout_size_max))
            return read_header(*header);
    } else if (const auto block =
                   take<detail::frame::block>(is_compressed_, settings_.block_size_max)) {
        return read_block(*block);
    }
    state_ = frame_state::more;
    return false;
}

template <class T, route Way, block_compression Compression, class Cipher>
bool frame_reader<T, Way, Compression, Cipher>::read_header(const detail::frame::header& header) {
    if (header.mistake == errc::unsupported_format)
        return fail(header.mistake, "this is no frame, or one of a newer format");
    if (header.mistake != errc{}) return fail(header.mistake, "the frame's header is none");
    if (header.checksum != detail::checksum(header.content, 0))
        return fail(errc::checksum_mismatch, "the frame's header changed on the way");
    if (header.name != entity_of<T>.name)
        return fail(errc::unknown_entity, "these are rows of " + detail::frame::shown(header.name) +
                                              ", not of " + std::string(entity_of<T>.name));
    if (header.compression != no_compression::id && header.compression != Compression::id)
        return fail(errc::unsupported_format,
                    "the frame's compression is number " + std::to_string(header.compression) +
                        ", and this reader has " + std::string(Compression::name));
    auto reader = row_reader<T, Way, Cipher>::open(header.layout, settings_.cipher);
    if (!reader) return fail(std::move(reader).error());
    reader_.emplace(std::move(*reader));
    is_compressed_ = header.compression != no_compression::id;
    chain_ = header.checksum;
    expected_ = frame_part::block;
    return true;
}

template <class T, route Way, block_compression Compression, class Cipher>
bool frame_reader<T, Way, Compression, Cipher>::read_block(const detail::frame::block& block) {
    if (block.mistake == errc::too_large)
        return fail(block.mistake, "a block of the frame is over " +
                                       std::to_string(settings_.block_size_max) + " bytes");
    if (block.mistake != errc{}) return fail(block.mistake, "a block of the frame has no size");
    if (block.checksum != block.expected(chain_))
        return fail(errc::checksum_mismatch,
                    "the frame changed on the way, behind row " + std::to_string(rows_));
    chain_ = block.checksum;
    if (block.is_end()) {
        if (block.packed_size != rows_)
            return fail(errc::malformed, "the frame ends with " + std::to_string(rows_) +
                                             " rows and says that it has " +
                                             std::to_string(block.packed_size));
        expected_ = frame_part::nothing;
        reader_->read_on({});
        return true;
    }
    if (!block.is_packed()) {
        reader_->read_on(block.payload);
        return true;
    }
    const auto size = static_cast<std::size_t>(block.raw_size);
    unpacked_.clear();
    char* const to = unpacked_.room(size);
    if (auto done = settings_.compression.decompress(block.payload, to, size); !done)
        return fail(std::move(done).error());
    unpacked_.set_end(to + size);
    reader_->read_on(unpacked_.view());
    return true;
}

template <class T, route Way, block_compression Compression, class Cipher>
bool frame_reader<T, Way, Compression, Cipher>::fail(errc code, std::string message) {
    return fail(error{.code = code, .message = std::move(message)});
}

template <class T, route Way, block_compression Compression, class Cipher>
bool frame_reader<T, Way, Compression, Cipher>::fail(error why) {
    why.entity = entity_of<T>.name;
    failure_ = std::move(why);
    state_ = frame_state::failed;
    input_ = {};
    return false;
}

}  // namespace syncfw::binary
