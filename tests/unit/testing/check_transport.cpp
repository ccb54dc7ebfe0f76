// SPDX-License-Identifier: BSL-1.0
// Goal: the conformance suite finds the faults that a transport can have, so its silence means
// something. Method: an endpoint with one planted defect at a time; the check that is named after
// the broken promise must say so.
#include <syncfw/testing/check_transport.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::testing;

enum class defect : unsigned char {
    none,
    none_and_slow_answers_time_out,
    requests_end_at_64_kilobytes,
    answers_end_at_64_kilobytes,
    nulls_are_dropped,
    lines_get_other_ends,
    empty_answers_are_errors,
    requests_arrive_twice,
    requests_arrive_again_later,
    requests_are_answered_unheard,
    answers_are_those_of_the_last_request,
    answers_are_cached,
    answers_begin_with_the_last_ones_end,
    answers_are_shared_by_links,
    slow_requests_are_asked_again,
    late_answers_go_to_the_next_request,
    slow_answers_are_called_unavailable,
    slow_answers_break_the_link,
    throwing_is_an_empty_answer,
    throwing_is_called_unavailable,
    throwing_breaks_the_link,
    gone_is_an_empty_answer,
    gone_is_the_last_answer,
    gone_breaks_the_link,
    gone_keeps_requests_for_later,
    gone_hides_what_arrived,
    failures_become_errors,
    only_the_first_link_works,
    links_end_after_250_exchanges,
    count,
};

const char* const bytes = "bytes arrive unchanged, both ways";
const char* const once = "each request arrives once, and its own answer comes back";
const char* const at_once = "links at the same time get their own answers";
const char* const slow = "a slow answer is waited for, or timed_out";
const char* const throwing = "a handler that throws is timed_out, for it may have had an effect";
const char* const gone = "an endpoint that is gone is an error until it is back";
const char* const failure = "a failure that the server told is an answer";
const char* const equality = "a replica and its server become equal";
const char* const convergence = "once: replicas become equal though the link loses and repeats";

/// The check that must find it.
const char* finder_of(defect which) {
    switch (which) {
        case defect::none:
        case defect::none_and_slow_answers_time_out:
        case defect::count: return nullptr;
        case defect::requests_end_at_64_kilobytes:
        case defect::answers_end_at_64_kilobytes:
        case defect::nulls_are_dropped:
        case defect::lines_get_other_ends:
        case defect::empty_answers_are_errors: return bytes;
        case defect::requests_arrive_twice:
        case defect::requests_arrive_again_later:
        case defect::requests_are_answered_unheard:
        case defect::answers_are_those_of_the_last_request:
        case defect::answers_are_cached:
        case defect::answers_begin_with_the_last_ones_end: return once;
        case defect::answers_are_shared_by_links: return at_once;
        case defect::slow_requests_are_asked_again:
        case defect::late_answers_go_to_the_next_request:
        case defect::slow_answers_are_called_unavailable:
        case defect::slow_answers_break_the_link: return slow;
        case defect::throwing_is_an_empty_answer:
        case defect::throwing_is_called_unavailable:
        case defect::throwing_breaks_the_link: return throwing;
        case defect::gone_is_an_empty_answer:
        case defect::gone_is_the_last_answer:
        case defect::gone_breaks_the_link:
        case defect::gone_keeps_requests_for_later:
        case defect::gone_hides_what_arrived: return gone;
        case defect::failures_become_errors: return failure;
        case defect::only_the_first_link_works: return equality;
        case defect::links_end_after_250_exchanges: return convergence;
    }
    return nullptr;
}

// Set between two runs of the suite.
defect planted = defect::none;
bool is(defect which) {
    return planted == which;
}

error unavailable() {
    return {.code = errc::peer_unavailable, .message = "nobody is there"};
}
error timed_out() {
    return {.code = errc::timed_out, .message = "no answer"};
}

std::string carried(std::string bytes_on_their_way) {
    std::string& all = bytes_on_their_way;
    if (is(defect::nulls_are_dropped)) std::erase(all, '\0');
    if (is(defect::lines_get_other_ends)) std::erase(all, '\r');
    return all;
}

class flawed_endpoint;

class flawed_link {
  public:
    explicit flawed_link(flawed_endpoint& there);
    result<std::string> exchange(std::string_view request);

  private:
    result<std::string> ask(const std::string& request);
    result<std::string> without_endpoint(const std::string& request);
    result<std::string> behind_slow_answer(const std::string& request, std::string answer);
    result<std::string> behind_throw();

    flawed_endpoint* there_;
    int number_;
    int exchanges_ = 0;
    bool is_broken_ = false;
    std::string last_request_{};
    std::string last_answer_{};
    std::optional<std::string> late_answer_{};
};

class flawed_endpoint {
  public:
    explicit flawed_endpoint(request_handler answer) : answer_(std::move(answer)) {}
    flawed_endpoint(const flawed_endpoint&) = delete;
    flawed_endpoint& operator=(const flawed_endpoint&) = delete;
    ~flawed_endpoint() {
        if (is(defect::requests_arrive_again_later) && !last_request_.empty())
            (void)answer_(last_request_);
    }

    flawed_link link() { return flawed_link(*this); }
    void stop() { is_up_ = false; }
    void start() {
        is_up_ = true;
        for (const std::string& each : std::exchange(waiting_, {})) (void)answer_(each);
    }

  private:
    friend flawed_link;

    std::string answer(const std::string& request, int number) {
        std::string given = answer_(request);
        const std::scoped_lock held(mutex_);
        last_request_ = request;
        if (is(defect::answers_are_cached))
            given = cached_.emplace(request, std::move(given)).first->second;
        if (is(defect::answers_are_shared_by_links) && std::exchange(last_link_, number) != number)
            given = std::exchange(last_answer_, given);
        return given;
    }

    request_handler answer_;
    std::atomic<int> links_{0};
    bool is_up_ = true;
    std::vector<std::string> waiting_{};
    std::mutex mutex_{};
    std::string last_request_{};
    std::map<std::string, std::string> cached_{};
    int last_link_ = 0;
    std::string last_answer_{};
};

flawed_link::flawed_link(flawed_endpoint& there) : there_(&there), number_(there.links_++) {}

result<std::string> flawed_link::exchange(std::string_view request) {
    ++exchanges_;
    if (is(defect::only_the_first_link_works) && number_ > 0) return unavailable();
    if (is(defect::links_end_after_250_exchanges) && exchanges_ > 250) return unavailable();
    if (is_broken_) return unavailable();
    std::string sent = carried(std::string(request));
    if (is(defect::requests_end_at_64_kilobytes) && sent.size() > 65'536) sent.resize(65'536);
    if (!there_->is_up_) return without_endpoint(sent);
    auto answer = ask(sent);
    if (!answer) return answer;
    if (is(defect::answers_end_at_64_kilobytes) && answer->size() > 65'536) answer->resize(65'536);
    if (is(defect::empty_answers_are_errors) && answer->empty()) return timed_out();
    if (is(defect::answers_are_those_of_the_last_request)) std::swap(*answer, last_answer_);
    if (is(defect::answers_begin_with_the_last_ones_end) && last_answer_.size() > answer->size())
        *answer += last_answer_.substr(answer->size());
    if (is(defect::failures_become_errors))
        if (auto failed = decode<failure_message>(*answer)) return failed->why;
    last_answer_ = *answer;
    return carried(std::move(*answer));
}

result<std::string> flawed_link::ask(const std::string& request) {
    if (is(defect::requests_are_answered_unheard) && exchanges_ % 10 == 0)
        return "answer to " + request;
    std::string answer;
    try {
        answer = there_->answer(request, number_);
    } catch (const std::exception&) {
        return behind_throw();
    }
    if (is(defect::requests_arrive_twice) && exchanges_ % 10 == 0)
        answer = there_->answer(request, number_);
    if (request == "slow") return behind_slow_answer(request, std::move(answer));
    if (late_answer_) return *std::exchange(late_answer_, {});
    return answer;
}

result<std::string> flawed_link::without_endpoint(const std::string& request) {
    if (is(defect::gone_is_an_empty_answer)) return std::string();
    if (is(defect::gone_is_the_last_answer)) return last_answer_;
    if (is(defect::gone_breaks_the_link)) is_broken_ = true;
    if (is(defect::gone_keeps_requests_for_later)) there_->waiting_.push_back(request);
    if (is(defect::gone_hides_what_arrived)) (void)there_->answer(request, number_);
    return unavailable();
}

result<std::string> flawed_link::behind_slow_answer(const std::string& request,
                                                    std::string answer) {
    if (is(defect::none_and_slow_answers_time_out)) return timed_out();
    if (is(defect::slow_requests_are_asked_again)) return there_->answer(request, number_);
    if (is(defect::slow_answers_are_called_unavailable)) return unavailable();
    is_broken_ = is(defect::slow_answers_break_the_link);
    if (is_broken_) return timed_out();
    if (!is(defect::late_answers_go_to_the_next_request)) return answer;
    late_answer_ = std::move(answer);
    return timed_out();
}

result<std::string> flawed_link::behind_throw() {
    if (is(defect::throwing_is_an_empty_answer)) return std::string();
    if (is(defect::throwing_is_called_unavailable)) return unavailable();
    is_broken_ = is(defect::throwing_breaks_the_link);
    return timed_out();
}

}  // namespace

TEST_CASE("check_transport: finds each planted defect, by the promise that it breaks") {
    for (auto i = defect::none; i != defect::count;
         i = static_cast<defect>(static_cast<int>(i) + 1)) {
        planted = i;
        const report seen = check_transport(
            [](request_handler answer) { return flawed_endpoint(std::move(answer)); },
            {.message_bytes = 100'000, .slow_answer = std::chrono::milliseconds(1)});
        const char* const finder = finder_of(i);
        INFO("defect " << static_cast<int>(i) << "\n" << to_string(seen));
        CHECK(seen.passed() == (finder == nullptr));
        CHECK(std::any_of(seen.findings.begin(), seen.findings.end(), [&](const finding& each) {
                  return each.promise == finder;
              }) == (finder != nullptr));
    }
    planted = defect::none;
}
