// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/transport/http/head.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncfw::http {

/// Takes a body's bytes as they come, and says where it ends.
class body_reader {
  public:
    body_reader() = default;
    /// Of at most so many bytes.
    body_reader(framing kind, std::uint64_t size, std::size_t most) noexcept
        : kind_(kind), left_(size), most_(most) {
        if (kind == framing::none) state_ = state::done;
        if (kind == framing::chunked) state_ = state::size;
    }

    [[nodiscard]] bool is_done() const noexcept { return state_ == state::done; }

    /// Appends what is the body's, and gives how many bytes it took: fewer than all where the body
    /// has ended. False, with the reason, where it can't be one.
    [[nodiscard]] bool feed(std::string_view bytes, std::string& out, std::size_t& taken,
                            refusal& why);

  private:
    enum class state : unsigned char {
        data,
        size,
        extension,
        size_end,
        chunk_end,
        chunk_feed,
        trailer,
        trailer_end,
        last_feed,
        done
    };

    [[nodiscard]] bool take_data(std::string_view bytes, std::string& out, std::size_t& taken,
                                 refusal& why);
    [[nodiscard]] bool take_letter(char c, refusal& why);
    [[nodiscard]] bool take_size(char c, refusal& why);
    static bool fail(refusal& why, int status, std::string_view text) noexcept {
        why = {status, text};
        return false;
    }

    framing kind_ = framing::none;
    state state_ = state::data;
    std::uint64_t left_ = 0;  // Of the body, or of the chunk.
    std::size_t most_ = 0;
    std::size_t digits_ = 0;  // Of a chunk's size.
    std::size_t beside_ = 0;  // Bytes of extensions and trailers, which nobody needs.
    bool line_is_empty_ = true;
};

// --- how it is done ------------------------------------------------------------------------------

inline bool body_reader::feed(std::string_view bytes, std::string& out, std::size_t& taken,
                              refusal& why) {
    taken = 0;
    while (taken < bytes.size() && !is_done()) {
        if (state_ == state::data) {
            if (!take_data(bytes, out, taken, why)) return false;
        } else if (!take_letter(bytes[taken++], why)) {
            return false;
        }
    }
    return true;
}

inline bool body_reader::take_data(std::string_view bytes, std::string& out, std::size_t& taken,
                                   refusal& why) {
    std::size_t count = bytes.size() - taken;
    if (kind_ != framing::until_close)
        count = static_cast<std::size_t>(std::min<std::uint64_t>(count, left_));
    if (count > most_ - std::min(most_, out.size())) return fail(why, 413, "the body is too large");
    out.append(bytes.substr(taken, count));
    taken += count;
    if (kind_ == framing::until_close) return true;
    left_ -= count;
    if (left_ == 0) state_ = kind_ == framing::sized ? state::done : state::chunk_end;
    return true;
}

inline bool body_reader::take_size(char c, refusal& why) {
    const char small = detail::lower(c);
    const bool is_digit = small >= '0' && small <= '9';
    if (is_digit || (small >= 'a' && small <= 'f')) {
        if (++digits_ > 15) return fail(why, 400, "a chunk's size is no number");
        left_ = left_ * 16 + static_cast<std::uint64_t>(is_digit ? small - '0' : small - 'a' + 10);
        return left_ <= most_ || fail(why, 413, "the body is too large");
    }
    if (digits_ == 0) return fail(why, 400, "a chunk has no size");
    if (c == '\r')
        state_ = state::size_end;
    else if (c == ';')
        state_ = state::extension;
    else
        return fail(why, 400, "a chunk's size is no number");
    return true;
}

inline bool body_reader::take_letter(char c, refusal& why) {
    constexpr std::size_t beside_max = 4'096;
    const bool must_end = state_ == state::size_end || state_ == state::chunk_feed ||
                          state_ == state::trailer_end || state_ == state::last_feed;
    if (must_end && c != '\n') return fail(why, 400, "a line of a chunked body has no end");
    switch (state_) {
        case state::size: return take_size(c, why);
        case state::extension:
            if (++beside_ > beside_max || (c != '\r' && !detail::is_field_value({&c, 1})))
                return fail(why, 400, "a chunk's extension is none");
            if (c == '\r') state_ = state::size_end;
            return true;
        case state::size_end:
            digits_ = 0;
            line_is_empty_ = true;
            state_ = left_ == 0 ? state::trailer : state::data;
            return true;
        case state::chunk_end:
            if (c != '\r') return fail(why, 400, "a chunk is longer than it said");
            state_ = state::chunk_feed;
            return true;
        case state::chunk_feed: state_ = state::size; return true;
        case state::trailer:
            if (c == '\r') {
                state_ = line_is_empty_ ? state::last_feed : state::trailer_end;
                return true;
            }
            if (++beside_ > beside_max || !detail::is_field_value({&c, 1}))
                return fail(why, 400, "a trailer is none");
            line_is_empty_ = false;
            return true;
        case state::trailer_end:
            line_is_empty_ = true;
            state_ = state::trailer;
            return true;
        case state::last_feed: state_ = state::done; return true;
        default: return true;
    }
}

}  // namespace syncfw::http
