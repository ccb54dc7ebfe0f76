// SPDX-License-Identifier: BSL-1.0
// Routes as functions of plain structs: path, query and body are read into them, the answer is
// written out of one, and nothing between is written by hand.
//
//     struct one_book   { syncfw::uuid id{}; };
//     struct list_query { std::int64_t limit = 100; std::optional<std::string> after{}; };
//     struct rename     { std::string title{}; };
//
//     routes.add("GET", "/api/books", needs_token,
//                typed({.summary = "Lists the books"},
//                      [&](const call& asked, const query<list_query>& wanted) -> result<page> {
//                          return shelf.list(asked.who.tenant, wanted.limit, wanted.after);
//                      }));
//     routes.add("POST", "/api/books/{id}/rename", needs_token,
//                typed({.summary = "Renames a book", .errors = {409}},
//                      [&](const call& asked, const path<one_book>& at, const rename& wanted) {
//                          return shelf.rename(asked.who.tenant, at.id, wanted.title);
//                      }));
//
// Behind the call the function takes what it needs, in any order: `path<P>`, `query<Q>`, and a
// body. What it gives becomes the answer: a struct has the status that is declared, an error its
// own, and a `response` goes out as it is. app/openapi.hpp describes such routes without another
// word.
//
// Refused before the function is called: a part of the path that isn't of its type, with 404; a
// query that can't be read, breaks its `sync_rules`, says a thing twice or says what nobody knows,
// with 400 and the parameter's name; a body that isn't `application/json`, with 415; one that can't
// be read or breaks its rules, with 400 and the path to the place.
#pragma once

#include <syncfw/codec/json_schema.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/transport/http/detail/bodies.hpp>
#include <syncfw/transport/http/detail/parameters.hpp>
#include <syncfw/transport/http/router.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw::http {

/// The query as a struct: each parameter is a member of its name. Those that aren't given stay as
/// the struct initialises them; a list is `entities=book,tag`.
template <class Q>
struct query : Q {};

/// The open parts of the path as a struct, each a member of its name.
template <class P>
struct path : P {};

template <class F>
[[nodiscard]] typed_route typed(about said, F function);
template <class F>
[[nodiscard]] typed_route typed(F function) {
    return typed(about{}, std::move(function));
}

/// Whether the body says that it is JSON.
[[nodiscard]] inline bool says_json(const request& asked) {
    const std::string_view type = asked.field("Content-Type");
    return detail::equal_without_case(detail::trimmed(type.substr(0, type.find(';'))),
                                      "application/json");
}

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

using json::way;

template <class T>
std::vector<json::parameter_schema> parameter_schemas(json::schema_set& all) {
    return all.parameters_of<T>();
}
template <class V, way Way>
std::string value_schema(json::schema_set& all) {
    return all.of<V>(Way);
}

// One argument of a typed function: reads itself out of a call, or says why it can't. A body:
template <class B>
struct argument {
    B value{};

    std::optional<response> read(const call& asked) {
        if (!says_json(asked.asked)) return error_response(415, "send application/json");
        auto body = from_json<B>(asked.asked.body);
        if (!body) return error_response(body.error());
        if (auto kept = keep_rules(*body); !kept) return error_response(kept.error());
        value = std::move(*body);
        return {};
    }
    static void describe(route_description& out) {
        SYNCFW_ASSERT(out.body == nullptr, "a typed route takes one body");
        out.body = &value_schema<B, way::sent>;
    }
};

template <class Q>
struct argument<query<Q>> {
    query<Q> value{};

    std::optional<response> read(const call& asked) {
        auto done = read_parameters(asked.asked.head.query, readable_of<Q>(value));
        if (done) done = keep_rules<Q>(value);
        return done ? std::optional<response>() : error_response(done.error());
    }
    static void describe(route_description& out) { out.query = &parameter_schemas<Q>; }
};

template <class P>
struct argument<path<P>> {
    path<P> value{};

    std::optional<response> read(const call& asked) {
        if (read_parts(asked.parts, readable_of<P>(value)) && keep_rules<P>(value)) return {};
        return error_response(404, "there is nothing here");
    }
    static void describe(route_description& out) {
        out.path = &parameter_schemas<P>;
        out.path_names = syncfw::detail::member_names<P>;
    }
};

template <class F>
struct typed_function : typed_function<decltype(&F::operator())> {};
template <class R, class C, class... A>
struct typed_function<R (C::*)(const call&, A...) const> {
    using given = R;
    using arguments = std::tuple<argument<std::remove_cvref_t<A>>...>;
};

// What a function's answer is written out of: nothing for a `response`.
template <class R>
struct answer_of {
    using type = std::remove_cvref_t<R>;
};
template <class R>
struct answer_of<result<R>> : answer_of<R> {};

inline constexpr std::string_view success_text = R"({"success":true})";
inline std::string success_schema(json::schema_set&) {
    return R"({"type":"object","properties":{"success":{"const":true}},"required":["success"]})";
}

template <class R>
[[nodiscard]] response to_response(R&& given, int status) {
    using kind = std::remove_cvref_t<R>;
    if constexpr (std::is_same_v<kind, response>) {
        return std::forward<R>(given);
    } else if constexpr (requires { given.error(), given.has_value(); }) {
        if (!given) return error_response(given.error());
        if constexpr (std::is_void_v<typename kind::value_type>)
            return {.status = status, .body = std::string(status == 204 ? "" : success_text)};
        else
            return to_response(*std::forward<R>(given), status);
    } else {
        return {.status = status, .body = to_json(given)};
    }
}

template <class R>
void describe_answer(route_description& out) {
    if constexpr (std::is_void_v<R>) {
        if (out.said.status != 204) out.answer = &success_schema;
    } else if constexpr (!std::is_same_v<R, response>) {
        static_assert(!holds<wanted::secret, R>(),
                      "syncfw: an answer can't hold a secret; where it must go out, put a "
                      "std::string there, made by reveal()");
        SYNCFW_ASSERT(out.said.status != 204, "an answer with 204 has no body: give result<void>");
        out.answer = &value_schema<R, way::given>;
    }
}

}  // namespace detail

template <class F>
typed_route typed(about said, F function) {
    using shape = detail::typed_function<F>;
    typed_route made;
    made.said.said = std::move(said);
    detail::describe_answer<typename detail::answer_of<typename shape::given>::type>(made.said);
    [&]<class... A>(const std::tuple<A...>*) {
        (A::describe(made.said), ...);
    }(static_cast<const typename shape::arguments*>(nullptr));
    const int status = made.said.said.status;
    made.handle = [function = std::move(function), status](const call& asked) -> response {
        typename shape::arguments arguments;
        return std::apply(
            [&](auto&... each) {
                std::optional<response> refused;
                (void)((refused = each.read(asked)).has_value() || ...);
                if (refused) return std::move(*refused);
                return detail::to_response(function(asked, each.value...), status);
            },
            arguments);
    };
    return made;
}

}  // namespace syncfw::http
