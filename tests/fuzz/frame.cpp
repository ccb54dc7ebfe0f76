// SPDX-License-Identifier: BSL-1.0
// Frames in pieces; the first byte is the size of the pieces. As no input hits a checksum by
// chance, checksums are made right before the frame is read; the second byte says how many.
#include "../support/frames.hpp"
#include "fuzz.hpp"
#include <syncfw/codec/frame.hpp>

#include <cstring>
#include <string>

namespace {

using syncfw::detail::frame::block;
using syncfw::detail::frame::header;

// Makes the first checksums right, as long as the parts can be told apart.
void mend_checksums(std::string& frame, std::size_t count) {
    if (count == 0) return;
    const header first(frame, syncfw::binary::layout_size_max);
    if (first.mistake != syncfw::errc{} || first.size > frame.size()) return;
    std::uint64_t chain = syncfw::detail::checksum(first.content, 0);
    const auto put = [&](std::size_t at) {
        syncfw::detail::binary::put_fixed(frame.data() + at, chain);
    };
    put(first.content.size());
    std::size_t at = first.size;
    while (--count > 0) {
        const block next(std::string_view(frame).substr(at), first.compression != 0, 1 << 20);
        if (next.mistake != syncfw::errc{} || next.size > frame.size() - at) return;
        chain = next.expected(chain);
        put(at + next.size - next.payload.size() - 8);
        at += next.size;
    }
}

/// Runs of equal bytes, two bytes each: enough of a compression to reach all of the reader.
struct runs {
    static constexpr unsigned char id = 1;
    static constexpr std::string_view name = "runs";

    syncfw::result<void> compress(std::string_view bytes, syncfw::buffer& out) {
        for (std::size_t i = 0; i < bytes.size();) {
            std::size_t count = 1;
            while (count < 255 && i + count < bytes.size() && bytes[i + count] == bytes[i]) ++count;
            const char run[] = {static_cast<char>(count), bytes[i]};
            out.append({run, 2});
            i += count;
        }
        return {};
    }
    syncfw::result<void> decompress(std::string_view bytes, char* to, std::size_t size) {
        for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
            const std::size_t count = static_cast<unsigned char>(bytes[i]);
            if (count > size) break;
            std::memset(to, bytes[i + 1], count);
            to += count;
            size -= count;
        }
        if (size == 0) return {};
        return syncfw::error{.code = syncfw::errc::malformed, .message = "no runs"};
    }
};

}  // namespace

void fuzz::check(std::string_view input) {
    if (input.size() < 2) return;
    const std::size_t piece = 1 + static_cast<unsigned char>(input[0]);
    const std::size_t mended = static_cast<unsigned char>(input[1]);
    std::string frame(input.substr(2));
    mend_checksums(frame, mended);

    const tests::frame_settings<runs> settings{.block_size_max = 1 << 20};
    const auto found = tests::from_frame<runs>(frame, [&] { return piece; }, settings);
    const auto whole = tests::from_frame<runs>(frame, [&] { return frame.size(); }, settings);
    require(found.lines == whole.lines, "the pieces make no difference");
    require(found.ended.has_value() == whole.ended.has_value(), "nor for the end");
    if (!found.ended) {
        require(found.ended.error() == whole.ended.error(), "nor for the reason");
        require(!found.ended.error().message.empty(), "a refusal says why");
        return;
    }
    const auto again = tests::from_frame<runs>(tests::to_frame<runs>(found.lines));
    require(again.ended.has_value(), "what is accepted can be written and read again");
    require(again.lines == found.lines, "and is the same");
}
