// SPDX-License-Identifier: BSL-1.0
// A program's log: one JSON object a line, to stderr or any file.
//
//     syncfw::logger log(stderr, syncfw::log_level::info);
//     log.info("listening", {{"port", 8080}, {"tls", false}});
//     //
//     {"ts":"2026-05-01T10:00:00.000000Z","level":"info","msg":"listening","port":8080,"tls":false}
//     const syncfw::logger of_request = log.with({{"request_id", id}});
//     of_request.warning("refused", {{"error", why}});
//
// What comes from outside can't break a line or forge one: control characters are escaped, NUL and
// what is no UTF-8 become U+FFFD, and a value of more than 8 KiB is cut and says so. A `secret` as
// a value does not compile.
#pragma once

#include <syncfw/core/timestamp.hpp>
#include <syncfw/observe/detail/line_text.hpp>

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw {

namespace events {
struct write_audited;
}

enum class log_level : unsigned char { debug, info, warning, error };

[[nodiscard]] constexpr std::string_view to_string_view(log_level level) noexcept {
    constexpr std::string_view names[] = {"debug", "info", "warning", "error"};
    return names[static_cast<std::size_t>(level)];
}

/// The level of this name; false, and `out` as it was, when there is none: for a configuration.
[[nodiscard]] constexpr bool parse(std::string_view name, log_level& out) noexcept {
    for (const log_level each :
         {log_level::debug, log_level::info, log_level::warning, log_level::error})
        if (name == to_string_view(each)) {
            out = each;
            return true;
        }
    return false;
}

/// A name and a value: texts, numbers, booleans, optionals of them, errors, documents, and
/// whatever has a `to_string`. It only points at the value, so it lives in the call's braces alone.
class log_field {
  public:
    template <class T>
    log_field(std::string_view name, const T& value) noexcept
        : name_(name), value_(&value), append_([](std::string& out, const void* from) {
              detail::append_value(out, *static_cast<const T*>(from));
          }) {}
    log_field(const log_field&) = delete;
    log_field& operator=(const log_field&) = delete;

    void append_to(std::string& line) const;

  private:
    std::string_view name_;
    const void* value_;
    void (*append_)(std::string&, const void*);
};

/// Copies are cheap, and write to the same file. Any number of threads may use one.
class logger {
  public:
    using fields = std::initializer_list<log_field>;
    using clock = timestamp (*)();

    /// Says what is of this level or above. The file must outlive the logger and its copies.
    explicit logger(std::FILE* to = stderr, log_level from = log_level::info,
                    clock now = &timestamp::now)
        : to_(to), from_(from), now_(now) {}

    // Below its level a line costs one comparison: no text is made of the values.
    void debug(std::string_view what, fields with = {}) const { say(log_level::debug, what, with); }
    void info(std::string_view what, fields with = {}) const { say(log_level::info, what, with); }
    void warning(std::string_view what, fields with = {}) const {
        say(log_level::warning, what, with);
    }
    void error(std::string_view what, fields with = {}) const { say(log_level::error, what, with); }
    void say(log_level level, std::string_view what, fields with = {}) const;

    /// Whether a line of this level is written: for values that are costly to find out.
    [[nodiscard]] bool says(log_level level) const noexcept { return level >= from_; }

    /// A logger whose lines have these fields too, behind those of this one.
    [[nodiscard]] logger with(fields bound) const;

    /// An event as a line: its name is the message, its members are the fields.
    template <class Event>
    void tell(timestamp at, log_level level, const Event& event) const;

  private:
    [[nodiscard]] std::string begin_line(timestamp at, log_level level,
                                         std::string_view what) const;

    std::FILE* to_;
    log_level from_;
    clock now_;
    std::string bound_{};
};

/// How loud an event is: a warning where something was refused, rejected or failed. Specialise it
/// for an event of your own that is not named so.
template <class Event>
inline constexpr log_level level_of_event =
    Event::name.ends_with("_refused") || Event::name.ends_with("_rejected") ||
            Event::name.ends_with("_failed")
        ? log_level::warning
        : log_level::info;

// One for each row of a push, for who wants all.
template <>
inline constexpr log_level level_of_event<events::write_audited> = log_level::debug;

/// A sink of events that writes them to a log, with the time at which they happened.
class events_to_log {
  public:
    explicit events_to_log(logger log) : log_(std::move(log)) {}

    template <class Event>
    void take(timestamp at, const Event& event) {
        log_.tell(at, level_of_event<Event>, event);
    }

  private:
    logger log_;
};

// --- how it is done ------------------------------------------------------------------------------

inline void log_field::append_to(std::string& line) const {
    SYNCFW_ASSERT(name_ != "ts" && name_ != "level" && name_ != "msg",
                  "ts, level and msg are the line's own members; name the field otherwise");
    line += ',';
    detail::append_text(line, name_);
    line += ':';
    append_(line, value_);
}

inline std::string logger::begin_line(timestamp at, log_level level, std::string_view what) const {
    std::string line = R"({"ts":")" + to_string(at) + R"(","level":")";
    line.append(to_string_view(level)).append(R"(","msg":)");
    detail::append_text(line, what);
    line += bound_;
    return line;
}

inline void logger::say(log_level level, std::string_view what, fields with) const {
    if (!says(level)) return;
    std::string line = begin_line(now_(), level, what);
    for (const log_field& each : with) each.append_to(line);
    detail::write_line(to_, line);
}

inline logger logger::with(fields bound) const {
    logger made = *this;
    for (const log_field& each : bound) each.append_to(made.bound_);
    return made;
}

template <class Event>
void logger::tell(timestamp at, log_level level, const Event& event) const {
    if (!says(level)) return;
    std::string line = begin_line(at, level, Event::name);
    detail::append_members_of(line, event);
    detail::write_line(to_, line);
}

}  // namespace syncfw
