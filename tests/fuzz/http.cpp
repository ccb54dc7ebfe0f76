// SPDX-License-Identifier: BSL-1.0
// Heads and bodies of HTTP from a stranger, to a server and to a client. However the bytes are cut,
// the same requests are read; what is read keeps within the limits; and what is written of it can
// be read again.
#include "fuzz.hpp"
#include <syncfw/transport/http/server_session.hpp>
#include <syncfw/transport/http/url.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace syncfw::http;

constexpr limits most{.head_bytes = 2'000, .target_bytes = 500, .fields = 20, .body_bytes = 3'000};

struct seen_by {
    std::vector<std::string> requests{};
    std::string sent{};
    bool operator==(const seen_by&) const = default;
};

void check_one(const request& asked) {
    fuzz::require(asked.body.size() <= most.body_bytes, "a body keeps its limit");
    fuzz::require(asked.head.fields.size() <= most.fields, "fields keep their limit");
    fuzz::require(detail::is_token(asked.head.method), "a method is a word");
    asked.head.fields.for_each([](std::string_view name, std::string_view value) {
        fuzz::require(detail::is_token(name) && detail::is_field_value(value),
                      "a field has no line end");
    });
    if (const auto path = unescape(asked.head.path))
        fuzz::require(path->find('\0') == path->npos, "a path has no NUL");
}

seen_by read(std::string_view bytes, std::size_t step) {
    server_session session(most);
    seen_by seen;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        session.receive(bytes.substr(at, step));
        while (session.has_request()) {
            const request asked = session.take_request();
            check_one(asked);
            seen.requests.push_back(asked.head.method + asked.head.path + "?" + asked.head.query +
                                    asked.body);
            session.answer({.body = asked.body});
        }
        std::string head, body;
        session.take_output(head, body);
        // Whether a body is asked for depends on whether it is there already.
        constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        if (const std::size_t asks = head.find(go_on); asks != head.npos)
            head.erase(asks, go_on.size());
        seen.sent += head + body;
    }
    return seen;
}

void read_answer(std::string_view bytes) {
    refusal why;
    const std::size_t end = end_of_head(bytes);
    const auto head = parse_response_head(bytes.substr(0, end), most, why);
    if (!head) {
        fuzz::require(why.status >= 400 && !why.why.empty(), "a refusal says why");
        return;
    }
    fuzz::require(head->status >= 100 && head->status < 1'000, "a status is one");
    body_reader reader(head->body, head->body_bytes, most.body_bytes);
    std::string body;
    std::size_t taken = 0;
    if (end != std::string_view::npos) (void)reader.feed(bytes.substr(end), body, taken, why);
    fuzz::require(body.size() <= most.body_bytes, "an answer's body keeps its limit");
}

}  // namespace

void fuzz::check(std::string_view input) {
    if (input.empty()) return;
    const std::size_t step = 1 + static_cast<unsigned char>(input.back()) % 37;
    const seen_by whole = read(input, input.size()), cut = read(input, step);
    // A head that is too long is told from one that is odd by how much of it has come.
    const bool is_refused = whole.sent.find("Connection: close\r\n") != std::string::npos;
    fuzz::require(is_refused || whole == cut, "however it is cut, it is answered the same");
    fuzz::require(whole.requests == cut.requests, "however it is cut, the same is read");
    read_answer(input);
}
