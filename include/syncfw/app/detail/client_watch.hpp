// SPDX-License-Identifier: BSL-1.0
// A client that stays: it synchronises at once, when the server pokes, when somebody writes to its
// file, and on a schedule.
#pragma once

#include <syncfw/app/detail/client_run.hpp>
#include <syncfw/app/poke_listener.hpp>
#include <syncfw/sync/schedule.hpp>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace syncfw::app::detail {

inline volatile std::sig_atomic_t is_told_to_end = 0;

/// Ends a watch by SIGINT and SIGTERM, as long as it is there.
class ending_signals {
  public:
    ending_signals() {
        is_told_to_end = 0;
        const auto note = [](int) { is_told_to_end = 1; };
        interrupt_ = std::signal(SIGINT, note);
        terminate_ = std::signal(SIGTERM, note);
    }
    ending_signals(const ending_signals&) = delete;
    ending_signals& operator=(const ending_signals&) = delete;
    ~ending_signals() {
        std::signal(SIGINT, interrupt_);
        std::signal(SIGTERM, terminate_);
    }

  private:
    void (*interrupt_)(int) = SIG_DFL;
    void (*terminate_)(int) = SIG_DFL;
};

/// Hears pokes in a thread of its own, as long as it is there.
class heard_pokes {
  public:
    explicit heard_pokes(poke_listener listener)
        : listener_(std::move(listener)),
          thread_([this] { listener_.run([this] { has_news_ = true; }); }) {}
    heard_pokes(const heard_pokes&) = delete;
    heard_pokes& operator=(const heard_pokes&) = delete;
    ~heard_pokes() {
        listener_.stop();
        thread_.join();
    }

    [[nodiscard]] bool take_news() noexcept { return has_news_.exchange(false); }

  private:
    poke_listener listener_;
    std::atomic<bool> has_news_ = false;
    std::thread thread_;
};

/// Gives what is wrong, in words; nothing where all is well. That is said once: a server that is
/// away for a day is no news each minute.
template <class S>
std::string client_run<S>::tell_watch(const result<sync_report>& how, std::int64_t unsent,
                                      const std::string& before, timestamp now) {
    const std::optional<error> why = how ? how->push_failure : std::optional(how.error());
    const bool has_done = how && (how->pushed > 0 || how->pulled > 0 || how->left > 0);
    std::string words = why ? words_of(sync_ended{.why = why}, unsent) : words_of(*how);
    const bool is_news = has_done || (why ? words != before : !before.empty());
    if (is_news && is_json_) {
        json_object line = how ? json_of(*how) : json_object();
        line.set_text("at", to_string(now));
        if (why) line.set_text("error", words);
        print(line.text());
    } else if (is_news) {
        print(to_string(now) + "  " + words);
    }
    return why ? words : std::string();
}

template <class S>
result<int> client_run<S>::watch() {
    system_environment from;
    const ending_signals signals;
    auto listener = poke_listener::make(given_["server"], line_options());
    if (!listener) return listener.error();
    heard_pokes ear(std::move(*listener));
    sync_schedule plan({.interval_microseconds = given_.number("interval") * 1'000'000,
                        .least_microseconds = 200'000});
    std::string last_words;
    std::int64_t pending_then = 0;
    while (is_told_to_end == 0) {
        if (ear.take_news()) plan.poked(from.now());
        // Another call of the program may have written. That the file is busy for a moment is no
        // reason to end.
        const auto here = mine_->status();
        if (!here && !is_retryable(here.error())) return here.error();
        if (here && here->pending > pending_then) plan.wrote(from.now());
        if (here) pending_then = here->pending;
        if (!plan.is_due(from.now()) || !plan.began(from.now())) {
            from.pause(100'000);
            continue;
        }
        const auto how = mine_->sync();
        plan.ended(how, from.now(), from.random(), link_->retry_after());
        if (auto now = mine_->status()) pending_then = now->pending;
        last_words = tell_watch(how, pending_then, last_words, from.now());
    }
    return exit_done;
}

}  // namespace syncfw::app::detail
