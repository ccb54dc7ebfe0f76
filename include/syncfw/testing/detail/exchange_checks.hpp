// SPDX-License-Identifier: BSL-1.0
// The checks of a transport that look at single exchanges.
#pragma once

#include <syncfw/sync/messages.hpp>
#include <syncfw/testing/detail/checker.hpp>
#include <syncfw/testing/random.hpp>
#include <syncfw/transport/transport.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw::testing {

/// Gives a request's answer.
using request_handler = std::function<std::string(std::string_view request)>;

struct transport_check_options {
    bool threads = true;                    ///< False where only one link can be open at a time.
    std::size_t message_bytes = 8U << 20U;  ///< The largest message that is tried.
    /// How long the slowest answer takes. Make it more than the link waits, to try that.
    std::chrono::milliseconds slow_answer{200};
    std::uint64_t seed = 1;  ///< Of what goes wrong while replicas synchronise.
};

}  // namespace syncfw::testing

namespace syncfw::testing::detail {

/// Which requests came, and how often.
class visits {
  public:
    void add(std::string_view request) {
        const std::scoped_lock held(mutex_);
        ++times_[std::string(request)];
    }
    [[nodiscard]] std::map<std::string, std::int64_t> all() const {
        const std::scoped_lock held(mutex_);
        return times_;
    }
    [[nodiscard]] std::int64_t times(const std::string& request) const {
        const std::scoped_lock held(mutex_);
        const auto found = times_.find(request);
        return found == times_.end() ? 0 : found->second;
    }

  private:
    mutable std::mutex mutex_{};
    std::map<std::string, std::int64_t> times_{};
};

template <class Make>
class exchange_checks : public checker {
  public:
    using endpoint_type = std::invoke_result_t<Make&, request_handler>;
    using link_type = std::remove_cvref_t<decltype(std::declval<endpoint_type&>().link())>;
    static_assert(transport<link_type>,
                  "syncfw: link() must give a transport: exchange(std::string_view) to a "
                  "result<std::string>");

    exchange_checks(Make& make, const transport_check_options& options)
        : make_(make), options_(options) {}

  protected:
    template <class F>
    void check(const char* promise, F&& f) {
        promise_ = promise;
        f();
    }

    // --- bytes ---------------------------------------------------------------------------------

    static std::string random_bytes(std::size_t count) {
        random_source random(count);
        std::string made(count, '\0');
        for (char& each : made) each = static_cast<char>(random.next());
        return made;
    }
    [[nodiscard]] std::vector<std::string> payloads() const {
        std::string each_value;
        for (int byte = 0; byte < 256; ++byte) each_value += static_cast<char>(byte);
        std::vector<std::string> all{"",
                                     "x",
                                     std::string(1, '\0'),
                                     each_value,
                                     "\r\n\r\n0\r\n\r\n \n",
                                     std::string(1'000, '\0')};
        for (const std::size_t count : {125U, 126U, 65'535U, 65'536U, 65'537U, 1U << 20U})
            if (count < options_.message_bytes) all.push_back(random_bytes(count));
        all.push_back(random_bytes(options_.message_bytes));
        return all;
    }
    void expect_bytes(const char* what, std::string_view found, std::string_view wanted) {
        const auto differs =
            std::mismatch(found.begin(), found.end(), wanted.begin(), wanted.end()).first;
        expect(found == wanted, what + (" of " + std::to_string(wanted.size())) +
                                    " bytes came as " + std::to_string(found.size()) +
                                    ", others from byte " +
                                    std::to_string(differs - found.begin()) + " on");
    }
    void bytes() {
        std::mutex both;
        std::string came, given;
        auto endpoint = make_([&](std::string_view request) {
            const std::scoped_lock held(both);
            came = request;
            return given;
        });
        auto link = endpoint.link();
        const std::vector<std::string> all = payloads();
        for (std::size_t i = 0; i < all.size(); ++i) {
            const std::string &request = all[i], &wanted = all[all.size() - 1 - i];
            {
                const std::scoped_lock held(both);
                given = wanted;
            }
            auto answer = link.exchange(request);
            if (!must("exchange", answer)) continue;
            const std::scoped_lock held(both);
            expect_bytes("a request", came, request);
            expect_bytes("an answer", *answer, wanted);
        }
    }

    // --- which answer --------------------------------------------------------------------------

    static std::string answer_to(std::string_view request) {
        return "answer to " + std::string(request);
    }
    /// Of any size, so that what one leaves behind shows in the next.
    static std::string request_of(const std::string& name, random_source& random) {
        return name + " " + std::string(random.below(20) * random.below(500), 'x');
    }
    static std::string named(std::string_view request) {
        return "'" + std::string(request.substr(0, 40)) + "'";
    }
    template <class Link>
    static std::string mistake_of(Link& link, const std::string& request) {
        auto answer = link.exchange(request);
        if (!answer) return named(request) + ": " + to_string(answer.error());
        if (*answer != answer_to(request)) return named(request) + " got " + named(*answer);
        return {};
    }
    void expect_once(const visits& came, std::size_t count) {
        const auto all = came.all();
        expect_same("requests that arrived", static_cast<std::int64_t>(all.size()),
                    static_cast<std::int64_t>(count));
        for (const auto& [request, times] : all)
            expect(times == 1, named(request) + " arrived " + std::to_string(times) + " times");
    }
    static request_handler counting(visits& came) {
        return [&came](std::string_view request) {
            came.add(request);
            return answer_to(request);
        };
    }

    void sequence() {
        constexpr std::size_t count = 200;
        visits came;
        {
            auto endpoint = make_(counting(came));
            auto link = endpoint.link();
            random_source random(options_.seed);
            for (std::size_t i = 0; i < count; ++i) {
                const std::string request = request_of(std::to_string(i), random);
                const std::string mistake = mistake_of(link, request);
                expect(mistake.empty(), mistake);
                expect(came.times(request) > 0, named(request) + " was answered before it arrived");
            }
        }
        // Only now, for what the endpoint still had under way has arrived as well.
        expect_once(came, count);
        int asked = 0;
        auto endpoint = make_([&asked](std::string_view) { return std::to_string(++asked); });
        auto link = endpoint.link();
        for (const char* wanted : {"1", "2", "3"}) {
            auto answer = link.exchange("the same");
            if (must("exchange", answer)) expect_bytes("a new answer", *answer, wanted);
        }
    }

    void at_the_same_time() {
        constexpr std::size_t links = 4, count = 60;
        visits came;
        std::vector<std::string> mistakes(links);
        {
            auto endpoint = make_(counting(came));
            std::vector<std::thread> running;
            for (std::size_t place = 0; place < links; ++place)
                running.emplace_back([&, place] {
                    auto link = endpoint.link();
                    random_source random(options_.seed + place);
                    for (std::size_t i = 0; i < count; ++i) {
                        const auto name = std::to_string(place) + "." + std::to_string(i);
                        const std::string wrong = mistake_of(link, request_of(name, random));
                        if (mistakes[place].empty()) mistakes[place] = wrong;
                    }
                });
            for (std::thread& each : running) each.join();
        }
        for (const std::string& each : mistakes) expect(each.empty(), each);
        expect_once(came, links * count);
    }

    // --- no answer -----------------------------------------------------------------------------

    /// What comes must be the own answer, and come it must; the first few may find a server that is
    /// still at the last request, or a connection that has to be made anew.
    template <class Link>
    void answers_again(Link& link) {
        for (int i = 0; i < 50; ++i) {
            const std::string request = "again " + std::to_string(i);
            auto answer = link.exchange(request);
            if (answer) {
                expect(*answer == answer_to(request), named(request) + " got " + named(*answer));
                return;
            }
            std::this_thread::sleep_for(options_.slow_answer / 10);
        }
        expect(false, "the link doesn't work again");
    }

    void slow() {
        visits came;
        {
            auto endpoint = make_([&](std::string_view request) {
                came.add(request);
                if (request == "slow") std::this_thread::sleep_for(options_.slow_answer);
                return answer_to(request);
            });
            auto link = endpoint.link();
            auto answer = link.exchange("slow");
            if (answer)
                expect(*answer == answer_to("slow"), "'slow' got " + named(*answer));
            else
                expect_code("no answer", answer, errc::timed_out);
            for (int i = 0; i < 3; ++i) answers_again(link);
        }
        expect_same("arrivals of 'slow'", came.times("slow"), std::int64_t{1});
    }

    void throwing() {
        visits came;
        {
            auto endpoint = make_([&](std::string_view request) {
                came.add(request);
                if (request == "throw") throw std::runtime_error("the handler was made to throw");
                return answer_to(request);
            });
            auto link = endpoint.link();
            expect_code("no answer", link.exchange("throw"), errc::timed_out);
            for (int i = 0; i < 3; ++i) answers_again(link);
        }
        expect_same("arrivals of 'throw'", came.times("throw"), std::int64_t{1});
    }

    void gone() {
        visits came;
        auto endpoint = make_(counting(came));
        auto link = endpoint.link();
        answers_again(link);
        for (int i = 0; i < 3; ++i) {
            endpoint.stop();
            const std::string request = "lost " + std::to_string(i);
            auto answer = link.exchange(request);
            expect(!answer && (answer.error().code == errc::peer_unavailable ||
                               answer.error().code == errc::timed_out),
                   "expected peer_unavailable or timed_out, found " +
                       (answer ? named(*answer) : to_string(answer.error())));
            endpoint.start();
            answers_again(link);
            expect(
                answer || answer.error().code != errc::peer_unavailable || came.times(request) == 0,
                named(request) + " arrived, though it was peer_unavailable");
        }
    }

    void failures() {
        for (const error_description& each : error_descriptions) {
            const std::string told = encode(failure_message{
                error{.code = each.code, .message = "told by the server", .field = "field"}});
            auto endpoint = make_([&told](std::string_view) { return told; });
            auto link = endpoint.link();
            auto answer = link.exchange("any");
            const std::string name(each.name);
            if (must(name.c_str(), answer)) expect_bytes(name.c_str(), *answer, told);
        }
    }

    Make& make_;
    transport_check_options options_;
};

}  // namespace syncfw::testing::detail
