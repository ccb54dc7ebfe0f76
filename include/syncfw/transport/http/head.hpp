// SPDX-License-Identifier: BSL-1.0
// The heads of HTTP/1.1 messages, read strictly: what two programs could read differently is
// refused before anything acts on it (RFC 9112; request smuggling begins there).
#pragma once

#include <syncfw/transport/http/fields.hpp>
#include <syncfw/transport/http/limits.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace syncfw::http {

/// Why a message can't be taken: an HTTP status, and one sentence.
struct refusal {
    int status = 400;
    std::string_view why{};
};

/// How a message's body is delimited.
enum class framing : unsigned char { none, sized, chunked, until_close };

struct request_head {
    std::string method{};
    std::string path{};   ///< As sent: `/books/a%20b`,
    std::string query{};  ///< and what stood behind its `?`.
    int minor_version = 1;
    framing body = framing::none;
    std::uint64_t body_bytes = 0;
    bool keeps_alive = true;
    bool expects_continue = false;
    http::fields fields{};
};

struct response_head {
    int status = 0;
    framing body = framing::until_close;
    std::uint64_t body_bytes = 0;
    bool keeps_alive = true;
    http::fields fields{};
};

/// Where a head ends in these bytes, its empty line included; npos where it goes on.
[[nodiscard]] inline std::size_t end_of_head(std::string_view bytes,
                                             std::size_t from = 0) noexcept {
    const std::size_t at = bytes.find("\r\n\r\n", from > 3 ? from - 3 : 0);
    return at == std::string_view::npos ? at : at + 4;
}

/// Reads a request's head, its empty line included.
[[nodiscard]] std::optional<request_head> parse_request_head(std::string_view text,
                                                             const limits& most, refusal& why);
/// Reads an answer's; `has_body` is false for answers to HEAD.
[[nodiscard]] std::optional<response_head> parse_response_head(std::string_view text,
                                                               const limits& most, refusal& why,
                                                               bool has_body = true);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

class head_parser {
  public:
    head_parser(std::string_view text, const limits& most, refusal& why) noexcept
        : rest_(text), most_(most), why_(why) {}

    bool fail(int status, std::string_view why) noexcept {
        why_ = {status, why};
        return false;
    }

    // One line without its end. A lone CR or LF is none.
    [[nodiscard]] bool line(std::string_view& out) noexcept {
        const std::size_t end = rest_.find("\r\n");
        if (end == std::string_view::npos) return fail(400, "the head has no end");
        out = rest_.substr(0, end);
        rest_.remove_prefix(end + 2);
        return true;
    }

    [[nodiscard]] bool read_fields(http::fields& out) {
        std::string_view text;
        while (line(text)) {
            if (text.empty()) return rest_.empty() || fail(400, "something follows the head");
            if (out.size() == most_.fields) return fail(431, "there are too many header fields");
            if (text.front() == ' ' || text.front() == '\t')
                return fail(400, "a header field goes on in another line");
            const std::size_t colon = text.find(':');
            if (colon == std::string_view::npos) return fail(400, "a header field has no colon");
            if (!out.add(text.substr(0, colon), trimmed(text.substr(colon + 1))))
                return fail(400, "a header field has letters that none may have");
        }
        return false;
    }

    // Two lengths, or a length beside chunks, are how one message becomes two.
    template <class Head>
    [[nodiscard]] bool read_framing(Head& head, int minor_version) {
        const std::size_t lengths = head.fields.count("content-length");
        const std::size_t codings = head.fields.count("transfer-encoding");
        if (codings > 0) {
            if (lengths > 0)
                return fail(400, "both Content-Length and Transfer-Encoding are given");
            if (codings > 1 || minor_version == 0)
                return fail(400, "Transfer-Encoding must be given once, and by HTTP/1.1");
            if (!equal_without_case(*head.fields.get("transfer-encoding"), "chunked"))
                return fail(501, "no transfer coding but chunked is known here");
            head.body = framing::chunked;
            return true;
        }
        if (lengths == 0) return true;
        if (lengths > 1) return fail(400, "Content-Length is given twice");
        if (!read_number(*head.fields.get("content-length"), head.body_bytes))
            return fail(400, "Content-Length is no number");
        head.body = head.body_bytes == 0 ? framing::none : framing::sized;
        return true;
    }

    [[nodiscard]] static bool read_number(std::string_view text, std::uint64_t& out) noexcept {
        if (text.empty() || text.size() > 18) return false;
        out = 0;
        for (const char c : text) {
            if (c < '0' || c > '9') return false;
            out = out * 10 + static_cast<std::uint64_t>(c - '0');
        }
        return true;
    }

    // `HTTP/1.0` or `HTTP/1.1`.
    [[nodiscard]] bool read_version(std::string_view text, int& minor) noexcept {
        if (text.size() != 8 || text.substr(0, 5) != "HTTP/")
            return fail(400, "the first line does not say HTTP/1.1");
        if (text.substr(5) != "1.1" && text.substr(5) != "1.0")
            return fail(505, "this version of HTTP is not spoken here");
        minor = text.back() - '0';
        return true;
    }

    [[nodiscard]] bool read_request_line(request_head& head) {
        std::string_view text;
        if (!line(text)) return false;
        const std::size_t first = text.find(' '), last = text.rfind(' ');
        if (first == std::string_view::npos || first == last)
            return fail(400, "the first line is no request");
        const std::string_view method = text.substr(0, first);
        if (!is_token(method) || method.size() > 32) return fail(400, "the method is no word");
        head.method = method;
        return read_version(text.substr(last + 1), head.minor_version) &&
               read_target(text.substr(first + 1, last - first - 1), head);
    }

    [[nodiscard]] bool read_target(std::string_view target, request_head& head) {
        if (target.size() > most_.target_bytes) return fail(414, "the path is too long");
        if (!target_letters.has_all(target))
            return fail(400, "the path has letters that none may have");
        if (head.method == "CONNECT" || head.method == "TRACE")
            return fail(501, "this method is not known here");
        if (target == "*" && head.method == "OPTIONS") {
            head.path = "*";
            return true;
        }
        // What proxies are sent is understood as well.
        for (const std::string_view scheme : {"http://", "https://"})
            if (equal_without_case(target.substr(0, scheme.size()), scheme)) {
                target.remove_prefix(scheme.size());
                const std::size_t end = target.find_first_of("/?");
                if (end == 0) return fail(400, "the address names no host");
                target.remove_prefix(end == std::string_view::npos ? target.size() : end);
                if (target.empty()) target = "/";
            }
        if (target.empty() || target.front() != '/') return fail(400, "a path begins with a slash");
        const std::size_t mark = target.find('?');
        head.path = target.substr(0, mark);
        if (mark != std::string_view::npos) head.query = target.substr(mark + 1);
        return true;
    }

    [[nodiscard]] bool check_host(const request_head& head) {
        const std::size_t hosts = head.fields.count("host");
        if (hosts > 1) return fail(400, "Host is given twice");
        if (hosts == 0) return head.minor_version == 0 || fail(400, "Host is missing");
        return host_letters.has_all(*head.fields.get("host")) ||
               fail(400, "Host has letters that none may have");
    }

  private:
    std::string_view rest_;
    const limits& most_;
    refusal& why_;
};

}  // namespace detail

inline std::optional<request_head> parse_request_head(std::string_view text, const limits& most,
                                                      refusal& why) {
    detail::head_parser in(text, most, why);
    std::optional<request_head> head(std::in_place);
    if (!in.read_request_line(*head) || !in.read_fields(head->fields) || !in.check_host(*head) ||
        !in.read_framing(*head, head->minor_version))
        return {};
    if (head->body == framing::sized && head->body_bytes > most.body_bytes) {
        in.fail(413, "the body is too large");
        return {};
    }
    const bool closes = head->fields.lists("connection", "close");
    head->keeps_alive =
        !closes && (head->minor_version == 1 || head->fields.lists("connection", "keep-alive"));
    if (const auto expected = head->fields.get("expect")) {
        if (!detail::equal_without_case(*expected, "100-continue")) {
            in.fail(417, "nothing but 100-continue can be expected");
            return {};
        }
        head->expects_continue = head->minor_version == 1 && head->body != framing::none;
    }
    return head;
}

inline std::optional<response_head> parse_response_head(std::string_view text, const limits& most,
                                                        refusal& why, bool has_body) {
    detail::head_parser in(text, most, why);
    std::optional<response_head> head(std::in_place);
    std::string_view line;
    int minor = 1;
    if (!in.line(line) || !in.read_version(line.substr(0, 8), minor)) return {};
    std::uint64_t status = 0;
    if (line.size() < 12 || line[8] != ' ' || !in.read_number(line.substr(9, 3), status) ||
        status < 100 || (line.size() > 12 && line[12] != ' ') || !detail::is_field_value(line)) {
        in.fail(400, "the answer's first line has no status");
        return {};
    }
    head->status = static_cast<int>(status);
    if (!in.read_fields(head->fields) || !in.read_framing(*head, minor)) return {};
    const bool is_bare = !has_body || status < 200 || status == 204 || status == 304;
    if (is_bare || (head->body == framing::until_close && head->fields.count("content-length") > 0))
        head->body = framing::none;
    // Behind 101 another protocol is spoken.
    head->keeps_alive = status != 101 && head->body != framing::until_close &&
                        !head->fields.lists("connection", "close") &&
                        (minor == 1 || head->fields.lists("connection", "keep-alive"));
    return head;
}

}  // namespace syncfw::http
