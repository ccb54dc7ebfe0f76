// SPDX-License-Identifier: BSL-1.0
// An event stream in pieces; the first byte is the size of the pieces. What is understood is
// written again and must be understood the same.
#include "fuzz.hpp"
#include <syncfw/transport/event_stream.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace syncfw;

struct seen {
    std::string type{};
    std::string id{};
    std::string data{};

    friend bool operator==(const seen&, const seen&) = default;
};

struct reading {
    std::vector<seen> events{};
    std::optional<error> failed{};
    std::string last_id{};
    std::int64_t retry = 0;

    friend bool operator==(const reading&, const reading&) = default;
};

constexpr event_stream_limits limits{.line_bytes_max = 300, .event_bytes_max = 400};

reading read(std::string_view bytes, std::size_t piece) {
    event_stream_decoder decoder(limits);
    reading found;
    while (!bytes.empty()) {
        // A copy without spare room, so that the sanitizer sees every byte read beyond it.
        const std::string_view part = bytes.substr(0, piece);
        const std::vector<char> copy(part.begin(), part.end());
        bytes.remove_prefix(part.size());
        decoder.feed({copy.data(), copy.size()});
        while (true) {
            const auto next = decoder.next();
            fuzz::require(decoder.memory() <= sizeof decoder + 10'000, "it keeps little");
            if (!next) found.failed = next.error();
            if (!next || !*next) break;
            fuzz::require(!found.failed, "nothing comes behind a failure");
            const stream_event& event = **next;
            found.events.push_back(
                {std::string(event.type), std::string(event.id), std::string(event.data)});
        }
    }
    found.last_id = decoder.last_id();
    found.retry = decoder.retry_microseconds();
    return found;
}

}  // namespace

void fuzz::check(std::string_view input) {
    if (input.empty()) return;
    const std::size_t piece = 1 + static_cast<unsigned char>(input[0]);
    const std::string_view bytes = input.substr(1);
    const reading whole = read(bytes, bytes.size());
    require(read(bytes, piece) == whole, "the pieces make no difference");
    require(!whole.failed || !whole.failed->message.empty(), "a refusal says why");
    require(whole.retry >= limits.retry_microseconds_min &&
                whole.retry <= limits.retry_microseconds_max,
            "the wait keeps to its limits");

    // An id that was taken back can't be written: events before it are compared.
    buffer again;
    std::vector<seen> written;
    for (const seen& each : whole.events) {
        if (each.id.empty() && !written.empty() && !written.back().id.empty()) break;
        // A field may fill its line, or have a NUL, where what we write needs a blank, or none.
        const auto done = append_event(again, {each.type, each.id, each.data});
        if (!done) {
            require(each.type.find('\0') != each.type.npos, "only a NUL can't be written");
            break;
        }
        written.push_back(each);
    }
    const reading read_again = read(again.view(), again.size());
    if (!read_again.failed)
        require(read_again.events == written, "what is accepted can be written and read again");
}
