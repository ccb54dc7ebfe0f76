// SPDX-License-Identifier: BSL-1.0
// Routes as functions of plain structs: the body is read into one, the answer is written out of
// one, and nothing between is written by hand.
//
//     struct rename { std::string title{}; };
//     routes.add("POST", "/api/books/{id}/rename", needs_token,
//                typed([&](const call& asked, const rename& wanted) -> result<book_info> {
//                    return shelf.rename(asked.who.tenant, asked.part("id"), wanted.title);
//                }));
//
// The function gets the call, and the body where it asks for one. What it gives becomes the
// answer: a struct is 200, an error its own status, and a `response` goes out as it is. A body
// that isn't `application/json` is 415, one that can't be read is 400 and says where.
#pragma once

#include <syncfw/codec/json.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/transport/http/router.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw::http {

template <class F>
[[nodiscard]] route_handler typed(F function);

/// A number of the query, `?limit=10`: what it is where it is missing, and an error where it is
/// none or out of bounds.
[[nodiscard]] inline result<std::int64_t> number_of(const call& asked, std::string_view name,
                                                    std::int64_t least, std::int64_t most,
                                                    std::int64_t otherwise);

/// Whether the body says that it is JSON.
[[nodiscard]] inline bool says_json(const request& asked) {
    const std::string_view type = asked.field("Content-Type");
    return detail::equal_without_case(detail::trimmed(type.substr(0, type.find(';'))),
                                      "application/json");
}

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

template <class F>
struct typed_call : typed_call<decltype(&F::operator())> {};
template <class R, class C>
struct typed_call<R (C::*)(const call&) const> {
    using body = void;
    using given = R;
};
template <class R, class C, class B>
struct typed_call<R (C::*)(const call&, B) const> {
    using body = std::remove_cvref_t<B>;
    using given = R;
};

template <class R>
[[nodiscard]] response to_response(R&& given) {
    using kind = std::remove_cvref_t<R>;
    if constexpr (std::is_same_v<kind, response>)
        return std::forward<R>(given);
    else if constexpr (requires { given.error(), given.has_value(); }) {
        if (!given) return error_response(given.error());
        if constexpr (std::is_void_v<typename kind::value_type>)
            return {.body = R"({"success":true})"};
        else
            return to_response(*std::forward<R>(given));
    } else {
        return {.body = json::encode_value(given)};
    }
}

}  // namespace detail

template <class F>
route_handler typed(F function) {
    using shape = detail::typed_call<F>;
    return [function = std::move(function)](const call& asked) -> response {
        if constexpr (std::is_void_v<typename shape::body>) {
            return detail::to_response(function(asked));
        } else {
            if (!says_json(asked.asked)) return error_response(415, "send application/json");
            auto body = json::decode_value<typename shape::body>(
                asked.asked.body, {.unknown = json::members::refused});
            if (!body) return error_response(body.error());
            return detail::to_response(function(asked, *body));
        }
    };
}

inline result<std::int64_t> number_of(const call& asked, std::string_view name, std::int64_t least,
                                      std::int64_t most, std::int64_t otherwise) {
    const std::optional<std::string> text = asked.value(name);
    if (!text) return otherwise;
    auto number = json::decode_value<std::int64_t>(*text);
    if (number && *number >= least && *number <= most) return number;
    return error{.code = errc::invalid_value,
                 .message = "expected a number from " + std::to_string(least) + " to " +
                            std::to_string(most),
                 .field = std::string(name)};
}

}  // namespace syncfw::http
