// SPDX-License-Identifier: BSL-1.0
// Frames written and read in one go, for tests.
#pragma once

#include <syncfw/codec/frame.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tests {

struct line {
    std::int64_t id = 0;
    std::string text{};

    friend bool operator==(const line&, const line&) = default;
};
constexpr auto sync_entity(syncfw::of<line>) {
    using namespace syncfw::annotations;
    return entity<"line">(field<&line::id>(primary_key));
}

inline std::vector<line> make_lines(std::size_t count, std::size_t size) {
    std::vector<line> lines(count);
    for (std::size_t i = 0; i < count; ++i) {
        lines[i].id = static_cast<std::int64_t>(i);
        while (lines[i].text.size() < size)
            lines[i].text += std::to_string(i * 7919 + lines[i].text.size()) + " ";
        lines[i].text.resize(size);
    }
    return lines;
}

template <class Compression = syncfw::no_compression>
using frame_settings = syncfw::binary::frame_settings<Compression>;

template <class Compression = syncfw::no_compression>
std::string to_frame(const std::vector<line>& lines, frame_settings<Compression> settings = {}) {
    syncfw::buffer out;
    syncfw::binary::frame_writer<line, syncfw::local, Compression> writer(out, std::move(settings));
    for (const line& each : lines) writer.write(each).value();
    writer.finish().value();
    return std::string(out.view());
}

struct read_frame {
    std::vector<line> lines{};
    syncfw::result<void> ended{};
};

/// Feeds the frame in pieces of the sizes that `next_size` gives.
template <class Compression = syncfw::no_compression, class NextSize>
read_frame from_frame(std::string_view bytes, NextSize&& next_size,
                      frame_settings<Compression> settings = {}) {
    syncfw::binary::frame_reader<line, syncfw::local, Compression> reader(std::move(settings));
    read_frame found;
    while (!bytes.empty() && !reader.failure()) {
        const std::string piece(bytes.substr(0, next_size()));  // its own memory, for the sanitizer
        bytes.remove_prefix(piece.size());
        reader.feed(piece);
        while (const line* each = reader.next()) found.lines.push_back(*each);
    }
    found.ended = reader.finish();
    return found;
}
template <class Compression = syncfw::no_compression>
read_frame from_frame(std::string_view bytes) {
    return from_frame<Compression>(bytes, [&] { return bytes.size(); });
}

}  // namespace tests
