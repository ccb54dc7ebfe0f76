// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/algorithm.hpp>
#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/transport/event_stream.hpp>

#include <utility>

namespace syncfw {

namespace detail {

inline constexpr std::string_view line_ends = "\r\n";

inline void append_stream_field(buffer& out, std::string_view name, std::string_view value) {
    out.append(name);
    out.append(": ");
    out.append(value);
    out.append("\n");
}

[[nodiscard]] inline error unfit_for_a_line(std::string_view what) {
    return {.code = errc::invalid_value,
            .message = std::string(what) + " of an event may have no line's end and no NUL"};
}

[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept {
    const char* const last = text.data() + text.size();
    return find_invalid_utf8(text.data(), last) == last;
}

}  // namespace detail

// --- writing -------------------------------------------------------------------------------------

inline result<void> append_event(buffer& out, const stream_event& event) {
    constexpr std::string_view unfit("\r\n\0", 3);
    if (event.type.find_first_of(unfit) != event.type.npos)
        return detail::unfit_for_a_line("the type");
    if (event.id.find_first_of(unfit) != event.id.npos) return detail::unfit_for_a_line("the id");
    if (!detail::is_utf8(event.type) || !detail::is_utf8(event.id) || !detail::is_utf8(event.data))
        return error{.code = errc::invalid_value, .message = "an event must be UTF-8"};
    if (!event.type.empty()) detail::append_stream_field(out, "event", event.type);
    if (!event.id.empty()) detail::append_stream_field(out, "id", event.id);
    std::string_view rest = event.data;
    while (true) {
        const std::size_t end = rest.find_first_of(detail::line_ends);
        detail::append_stream_field(out, "data", rest.substr(0, end));
        if (end == rest.npos) break;
        const bool is_pair = rest.substr(end, 2) == detail::line_ends;
        rest.remove_prefix(end + (is_pair ? 2 : 1));
    }
    out.append("\n");
    return {};
}

inline void append_heartbeat(buffer& out) {
    out.append(":\n\n");
}

inline void append_retry(buffer& out, std::int64_t milliseconds) {
    SYNCFW_ASSERT(milliseconds >= 0, "nobody can wait a negative time");
    detail::append_stream_field(out, "retry", std::to_string(milliseconds));
    out.append("\n");
}

// --- reading -------------------------------------------------------------------------------------

inline result<std::optional<stream_event>> event_stream_decoder::next() {
    if (failed_) return *failed_;
    if (is_given_) {
        is_given_ = false;
        constexpr std::size_t kept = 16 << 10;
        if (data_.capacity() > kept) std::string().swap(data_);
        data_.clear();
        type_.clear();
    }
    while (take_line()) {
        if (line_.empty()) {
            if (auto event = end_event()) return event;
        } else if (!take_field()) {
            break;
        }
    }
    if (failed_) return *failed_;
    return std::optional<stream_event>();
}

inline void event_stream_decoder::restart() {
    event_stream_decoder fresh(limits_, retry_);
    fresh.last_id_ = std::move(last_id_);
    *this = std::move(fresh);
}

inline bool event_stream_decoder::fail(errc code, std::string message) {
    failed_ = error{.code = code, .message = std::move(message)};
    input_ = {};
    std::string().swap(line_);
    std::string().swap(data_);
    return false;
}

/// False where the input ends before the line does, and where it is no line.
inline bool event_stream_decoder::take_line() {
    if (is_line_whole_) line_.clear();
    is_line_whole_ = false;
    if (may_skip_feed_ && !input_.empty()) {
        if (input_.front() == '\n') input_.remove_prefix(1);
        may_skip_feed_ = false;
    }
    const std::size_t end = input_.find_first_of(detail::line_ends);
    if (!append_to_line(input_.substr(0, end))) return false;
    if (end == input_.npos) {
        input_ = {};
        return false;
    }
    may_skip_feed_ = input_[end] == '\r';
    input_.remove_prefix(end + 1);
    is_line_whole_ = true;
    if (!detail::is_utf8(line_))
        return fail(errc::malformed, "a line of the event stream is not UTF-8");
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (std::exchange(is_first_line_, false) && line_.starts_with(mark))
        line_.erase(0, mark.size());
    return true;
}

inline bool event_stream_decoder::append_to_line(std::string_view piece) {
    if (piece.size() > limits_.line_bytes_max - line_.size())
        return fail(errc::too_large, "a line of the event stream is longer than the limit");
    line_.append(piece);
    return true;
}

/// Unknown fields and comments mean nothing.
inline bool event_stream_decoder::take_field() {
    const std::string_view line = line_;
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "data") return append_to_data(value);
    if (name == "event") type_ = value;
    if (name == "id" && value.find('\0') == value.npos) id_ = value;
    if (name == "retry") take_retry(value);
    return true;
}

inline bool event_stream_decoder::append_to_data(std::string_view value) {
    const std::size_t with_feed = value.size() + (has_data_ ? 1 : 0);
    if (with_feed > limits_.event_bytes_max - data_.size())
        return fail(errc::too_large, "an event's data is larger than the limit");
    if (has_data_) data_ += '\n';
    data_.append(value);
    has_data_ = true;
    return true;
}

inline void event_stream_decoder::take_retry(std::string_view value) noexcept {
    if (value.empty()) return;
    std::int64_t milliseconds = 0;
    for (const char c : value) {
        if (c < '0' || c > '9') return;
        // Far above every limit is enough, however many digits follow.
        milliseconds = detail::smaller<std::int64_t>(milliseconds * 10 + (c - '0'), 1'000'000'000);
    }
    set_retry(milliseconds * 1'000);
}

inline void event_stream_decoder::set_retry(std::int64_t microseconds) noexcept {
    retry_ = detail::smaller(detail::larger(microseconds, limits_.retry_microseconds_min),
                             limits_.retry_microseconds_max);
}

/// An empty line ends an event; one without data only leaves its id.
inline std::optional<stream_event> event_stream_decoder::end_event() {
    if (id_) last_id_ = std::move(*id_);
    id_.reset();
    if (!std::exchange(has_data_, false)) {
        type_.clear();
        return {};
    }
    is_given_ = true;
    return stream_event{.type = type_, .id = last_id_, .data = data_};
}

}  // namespace syncfw
