// SPDX-License-Identifier: BSL-1.0
// Which function answers which request, and who may ask.
//
//     syncfw::http::router routes(verifier);
//     routes.add("GET", "/health", open_to_all, [&](const call&) { return response{…}; });
//     routes.add("GET", "/api/books/{id}", needs_role("reader"), [&](const call& asked) {
//         return book_as_json(asked.who.tenant, asked.part("id"));
//     });
//     auto listening = syncfw::http::server::open(std::ref(routes), {.port = 8080});
//
// Who may ask is said with each route; there is no default. The token is checked before anything
// else is looked at, and only from it comes who asks. A path that is known with other methods is
// answered with 405 and `Allow`; HEAD and OPTIONS are answered by what is declared. <typed.hpp> has
// handlers of plain structs, which say by themselves what they take and give.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/security/principal.hpp>
#include <syncfw/transport/http/detail/query_parts.hpp>
#include <syncfw/transport/http/message.hpp>
#include <syncfw/transport/http/route_description.hpp>
#include <syncfw/transport/http/url.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::http {

/// A request whose asker is known.
struct call {
    request asked{};
    principal who{};  ///< Nobody, on a route that is open to all.
    std::vector<std::pair<std::string, std::string>> parts{};  ///< Of the path: `{id}`.

    /// A part of the path, as it was declared.
    [[nodiscard]] const std::string& part(std::string_view name) const noexcept {
        static const std::string none;
        for (const auto& [known, value] : parts)
            if (known == name) return value;
        return none;
    }
    /// A value of the query: `?limit=10`. None where it isn't there, and none of a query that
    /// can't be read, or says something twice.
    [[nodiscard]] std::optional<std::string> value(std::string_view name) const;
};

/// Who may ask. One of the three below.
class access {
  public:
    enum class rule : unsigned char { open, token, role };
    constexpr access(rule given, std::string_view role) : rule_(given), role_(role) {}
    [[nodiscard]] constexpr bool needs_token() const noexcept { return rule_ != rule::open; }
    [[nodiscard]] bool allows(const principal& who) const noexcept {
        return rule_ != rule::role || who.has_role(role_);
    }
    [[nodiscard]] constexpr std::string_view role() const noexcept { return role_; }

  private:
    rule rule_;
    std::string_view role_;
};
inline constexpr access open_to_all{access::rule::open, {}};
inline constexpr access needs_token{access::rule::token, {}};
/// The role's name must live as long as the route: a literal.
[[nodiscard]] constexpr access needs_role(std::string_view role) {
    return {access::rule::role, role};
}

/// Says whose a token is, or why it is none.
using token_check = std::function<result<principal>(std::string_view token)>;
using route_handler = std::function<response(const call&)>;

/// A handler that says what it takes and gives; made by `typed`.
struct typed_route {
    route_handler handle{};
    route_description said{};

    operator route_handler() const { return handle; }
};

class router {
  public:
    /// Without a check, every route that needs a token refuses.
    explicit router(token_check verify = {}) : verify_(std::move(verify)) {}

    /// The pattern's parts in braces stand for any one part of a path. The same route twice is a
    /// programming mistake.
    router& add(std::string_view method, std::string_view pattern, const access& who,
                route_handler handle);
    /// A path<…> of the handler that has another member than the pattern has open parts is a
    /// programming mistake, too.
    router& add(std::string_view method, std::string_view pattern, const access& who,
                typed_route handle);

    /// Answers.
    [[nodiscard]] response operator()(request&& asked) const;

    /// Closes the streams whose tokens would be refused by now, or are another's: their key was
    /// withdrawn, say. A token that can't be checked just now, or whose check throws, keeps its
    /// stream. It may take as long as the checks do, so call it from a timer with a thread of its
    /// own; a `service` does. Between two of them it can be called off.
    void recheck_streams(const std::function<bool()>& goes_on = [] { return true; }) const;

    /// Is asked once the asker is known, before the route's function: what it gives goes out in the
    /// function's place. For limits.
    std::function<std::optional<response>(const call& made)> admitted{};

    /// Is asked for each token that is missing or refused: what it gives goes out in place of 401.
    /// For limits of those who try tokens.
    std::function<std::optional<response>(const request& asked, const error& why)> turned_away{};

    /// Makes a packed body plain, or says why not; is asked once the asker may ask, so that nobody
    /// else makes it work. `with_gzip` sets it. Without it, what is packed is answered with 415.
    std::function<std::optional<response>(request& asked)> unpack{};

    /// Is told of each answer: the pattern that was asked for, or nothing where none was.
    std::function<void(const request& asked, std::string_view pattern, const response& given)>
        answered{};

    /// Calls f(method, pattern, access, description) for each route, in the order of their
    /// declaration; the description is null where the handler has none.
    template <class F>
    void for_each(F&& f) const {
        for (const route& each : routes_) f(each.method, each.pattern, each.who, each.said.get());
    }

  private:
    struct route {
        std::string method{};
        std::string pattern{};
        std::vector<std::string> parts{};
        access who;
        route_handler handle{};
        std::shared_ptr<const route_description> said{};
    };

    // A stream that a token opened, and those that are open.
    struct watched_stream {
        std::shared_ptr<stream> open{};
        secret<std::string> token{};
        principal who{};
        access rule;
    };
    struct watched_streams {
        std::mutex lock{};
        std::map<const watched_stream*, std::shared_ptr<const watched_stream>> all{};
    };

    [[nodiscard]] static std::vector<std::string> split(std::string_view path);
    [[nodiscard]] static bool is_open_part(std::string_view part) noexcept {
        return part.size() > 2 && part.front() == '{' && part.back() == '}';
    }
    [[nodiscard]] static bool fits(const route& known, const std::vector<std::string>& parts);
    [[nodiscard]] const route* find(std::string_view method, const std::vector<std::string>& parts,
                                    std::string& allowed) const;
    [[nodiscard]] response answer(call& made, std::string_view& pattern) const;
    [[nodiscard]] std::optional<response> admit(call& made, const access& rule) const;
    [[nodiscard]] static std::optional<std::string_view> token_of(const request& asked);
    [[nodiscard]] stream_start watched(stream_start start, const call& made,
                                       const access& rule) const;

    token_check verify_;
    std::vector<route> routes_{};
    std::shared_ptr<watched_streams> streams_ = std::make_shared<watched_streams>();
};

// --- how it is done ------------------------------------------------------------------------------

inline std::optional<std::string> call::value(std::string_view name) const {
    auto all = detail::split_query(asked.head.query);
    if (!all) return {};
    for (auto& [known, value] : *all)
        if (known == name) return std::move(value);
    return {};
}

inline std::vector<std::string> router::split(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        path.remove_prefix(1);  // The slash.
        const std::size_t end = path.find('/');
        parts.emplace_back(path.substr(0, end));
        path.remove_prefix(end == std::string_view::npos ? path.size() : end);
    }
    return parts;
}

inline router& router::add(std::string_view method, std::string_view pattern, const access& who,
                           route_handler handle) {
    SYNCFW_ASSERT(pattern.starts_with('/'), "a route's pattern begins with a slash");
    for (const route& each : routes_)
        SYNCFW_ASSERT(each.method != method || each.pattern != pattern,
                      "a route is declared twice");
    routes_.push_back(
        {std::string(method), std::string(pattern), split(pattern), who, std::move(handle), {}});
    return *this;
}

inline router& router::add(std::string_view method, std::string_view pattern, const access& who,
                           typed_route handle) {
    for (const std::string_view name : handle.said.path_names)
        SYNCFW_ASSERT(pattern.find("{" + std::string(name) + "}") != std::string_view::npos,
                      "a path<…> has a member that is no open part of the route's pattern");
    add(method, pattern, who, std::move(handle.handle));
    routes_.back().said = std::make_shared<const route_description>(std::move(handle.said));
    return *this;
}

inline bool router::fits(const route& known, const std::vector<std::string>& parts) {
    if (known.parts.size() != parts.size()) return false;
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (is_open_part(known.parts[i]) ? parts[i].empty() : known.parts[i] != parts[i])
            return false;
    return true;
}

// A word counts more than a part that stands for any: `/books/new` before `/books/{id}`.
inline const router::route* router::find(std::string_view method,
                                         const std::vector<std::string>& parts,
                                         std::string& allowed) const {
    const route* found = nullptr;
    std::size_t least = static_cast<std::size_t>(-1);
    for (const route& each : routes_) {
        if (!fits(each, parts)) continue;
        if (allowed.find(each.method) == std::string::npos)
            allowed += (allowed.empty() ? "" : ", ") + each.method;
        std::size_t open = 0;
        for (const std::string& part : each.parts) open += is_open_part(part);
        if (each.method == method && open < least) found = &each, least = open;
    }
    return found;
}

inline std::optional<std::string_view> router::token_of(const request& asked) {
    const std::string_view given = asked.field("Authorization");
    constexpr std::string_view scheme = "Bearer ";
    if (asked.head.fields.count("Authorization") != 1 ||
        !detail::equal_without_case(given.substr(0, scheme.size()), scheme))
        return {};
    return detail::trimmed(given.substr(scheme.size()));
}

inline std::optional<response> router::admit(call& made, const access& rule) const {
    if (!rule.needs_token()) return {};
    const auto token = token_of(made.asked);
    result<principal> who = error{.code = errc::unauthorized};
    if (token && verify_) who = verify_(*token);
    if (!who) {
        // A token that can't be checked just now is not a wrong one.
        if (is_retryable(who.error())) return error_response(who.error());
        if (turned_away)
            if (auto instead = turned_away(made.asked, who.error())) return instead;
        response refused = error_response(401, "a valid token is needed");
        refused.fields.add("WWW-Authenticate", "Bearer");
        return refused;
    }
    made.who = std::move(*who);
    if (!rule.allows(made.who)) return error_response(403, "the token's roles do not allow this");
    return {};
}

inline response router::answer(call& made, std::string_view& pattern) const {
    const request_head& head = made.asked.head;
    std::vector<std::string> parts = split(head.path == "*" ? "/" : std::string_view(head.path));
    for (std::string& each : parts) {
        auto plain = unescape(each);
        if (!plain) return error_response(400, "the path has a broken escape");
        each = std::move(*plain);
    }
    std::string allowed;
    const route* found = find(head.method, parts, allowed);
    if (found == nullptr && head.method == "HEAD") found = find("GET", parts, allowed);
    if (found == nullptr && allowed.empty()) return error_response(404, "there is nothing here");
    if (found == nullptr) {
        const bool has_head = allowed.find("HEAD") != std::string::npos;
        if (allowed.find("GET") != std::string::npos && !has_head) allowed += ", HEAD";
        allowed += ", OPTIONS";
        const bool is_asked = head.method == "OPTIONS";
        response told = is_asked ? response{.status = 204}
                                 : error_response(405, "this can't be done with that method");
        told.fields.add("Allow", allowed);
        return told;
    }
    pattern = found->pattern;
    if (auto refused = admit(made, found->who)) return std::move(*refused);
    if (admitted)
        if (auto refused = admitted(made)) return std::move(*refused);
    if (unpack)
        if (auto refused = unpack(made.asked)) return std::move(*refused);
    // What is still packed nobody can read.
    if (const auto coding = head.fields.get("Content-Encoding");
        coding && !detail::equal_without_case(*coding, "identity"))
        return error_response(415, "the body's content encoding is none that is taken here");
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (is_open_part(found->parts[i]))
            made.parts.emplace_back(found->parts[i].substr(1, found->parts[i].size() - 2),
                                    std::move(parts[i]));
    response given = found->handle(made);
    if (given.goes_on && found->who.needs_token())
        given.goes_on = watched(std::move(given.goes_on), made, found->who);
    return given;
}

inline stream_start router::watched(stream_start start, const call& made,
                                    const access& rule) const {
    const std::string token(token_of(made.asked).value_or(std::string_view()));
    auto seen = std::make_shared<watched_stream>(
        watched_stream{.token = secret<std::string>(token), .who = made.who, .rule = rule});
    return [start = std::move(start), seen,
            all = streams_](const std::shared_ptr<stream>& open) -> std::shared_ptr<void> {
        std::shared_ptr<void> kept = start(open);
        seen->open = open;
        {
            const std::lock_guard locked(all->lock);
            all->all.emplace(seen.get(), seen);
        }
        return {seen.get(), [kept, seen, all](void*) {
                    const std::lock_guard locked(all->lock);
                    all->all.erase(seen.get());
                }};
    };
}

inline void router::recheck_streams(const std::function<bool()>& goes_on) const {
    if (!verify_) return;
    std::vector<std::shared_ptr<const watched_stream>> now;
    {
        const std::lock_guard locked(streams_->lock);
        for (const auto& [at, each] : streams_->all) now.push_back(each);
    }
    for (const auto& each : now) {
        if (!goes_on()) return;
        try {
            const result<principal> who = verify_(each->token.reveal());
            const bool stays = who ? who->subject == each->who.subject &&
                                         who->tenant == each->who.tenant && each->rule.allows(*who)
                                   : is_retryable(who.error());
            if (!stays) each->open->close(4401, "the token is not valid any more");
        } catch (...) {
            // It could not be checked.
        }
    }
}

inline response router::operator()(request&& asked) const {
    call made{.asked = std::move(asked)};
    std::string_view pattern;
    response given = answer(made, pattern);
    if (answered) answered(made.asked, pattern, given);
    return given;
}

}  // namespace syncfw::http
