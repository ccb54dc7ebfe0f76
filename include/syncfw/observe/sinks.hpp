// SPDX-License-Identifier: BSL-1.0
// Who takes events: a log of JSON lines, counters, or several at once. One of your own is a class
// with a template `take(syncfw::timestamp, const Event&)`, or with one function for each event that
// it wants and a template for the rest.
#pragma once

#include <syncfw/core/timestamp.hpp>
#include <syncfw/observe/detail/line_text.hpp>
#include <syncfw/observe/events.hpp>

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <cstdint>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace syncfw {

/// One JSON object a line, whole lines whoever writes at the same time. For a program's whole log,
/// in which events are lines among others, see `events_to_log` in observe/log.hpp.
class json_lines {
  public:
    explicit json_lines(std::FILE* to) : to_(to) {}

    template <class Event>
    void take(timestamp at, const Event& event) {
        std::string line = R"({"at":")" + to_string(at) + R"(","event":")";
        line.append(Event::name).append("\"");
        detail::append_members_of(line, event);
        detail::write_line(to_, line);
    }

  private:
    std::FILE* to_;
};

/// How often each thing happened, and the sums of its numbers: `counted["push_taken"]`,
/// `counted["push_taken.rejected"]`.
class event_counters {
  public:
    template <class Event>
    void take(timestamp, const Event& event) {
        const std::lock_guard locked(lock_);
        const std::string name(Event::name);
        ++counted_[name];
        using all = boost::describe::describe_members<Event, boost::describe::mod_public>;
        boost::mp11::mp_for_each<all>([&](auto member) {
            using held = std::remove_cvref_t<decltype(event.*member.pointer)>;
            if constexpr (std::is_same_v<held, std::int64_t>)
                counted_[name + "." + member.name] += event.*member.pointer;
        });
    }

    [[nodiscard]] std::map<std::string, std::int64_t> counted() const {
        const std::lock_guard locked(lock_);
        return counted_;
    }

  private:
    mutable std::mutex lock_{};
    std::map<std::string, std::int64_t> counted_{};
};

/// All of them are told, one after the other.
template <class... Sinks>
class all_sinks {
  public:
    explicit all_sinks(Sinks&... sinks) : sinks_(sinks...) {}

    template <class Event>
    void take(timestamp at, const Event& event) {
        std::apply([&](Sinks&... each) { (each.take(at, event), ...); }, sinks_);
    }

  private:
    std::tuple<Sinks&...> sinks_;
};

}  // namespace syncfw
