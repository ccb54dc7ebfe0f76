// SPDX-License-Identifier: BSL-1.0
// OpenAPI 3.1 out of the routes as they are declared.
//
//     std::string text = syncfw::openapi_of(routes, {.title = "Books", .version = "1.2.0"});
//
// Nothing is written twice: paths, methods and who may ask come from the router, parameters, bodies
// and answers from the types of `typed` handlers, their limits from declarations and `sync_rules`.
// A route whose handler is no typed one is described by its path and access alone. The same routes
// give the same text, byte by byte, in the order of their declaration.
//
// docs_page.hpp serves it, with a page that shows it.
#pragma once

#include <syncfw/codec/detail/json_object.hpp>
#include <syncfw/codec/json_schema.hpp>
#include <syncfw/transport/http/router.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

/// What no route says: what the whole is called.
struct api_info {
    std::string title{};
    std::string version{};
    std::string description{};
    std::vector<std::string> servers{};  ///< Addresses; without one it is where the text was got.
};

/// The description of all routes but the hidden ones, as JSON.
[[nodiscard]] std::string openapi_of(const http::router& routes, const api_info& info);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

class openapi_writer {
  public:
    [[nodiscard]] std::string write(const http::router& routes, const api_info& info);

  private:
    using object = json::ordered_object;

    void add_route(std::string_view method, std::string_view pattern, const http::access& who,
                   const http::route_description* said);
    [[nodiscard]] std::string parameters(std::string_view pattern,
                                         const http::route_description& said);
    [[nodiscard]] std::string responses(const http::access& who,
                                        const http::route_description* said);
    [[nodiscard]] std::string tag_of(std::string_view pattern, const http::about& said);
    [[nodiscard]] std::string id_of(std::string_view method, std::string_view pattern);
    [[nodiscard]] std::string error_ref(int status);
    [[nodiscard]] std::string components();

    [[nodiscard]] static std::string content(std::string_view type, std::string_view schema) {
        object inside, out;
        inside.set("schema", std::string(schema));
        return out.set(type, inside.text()).text();
    }
    [[nodiscard]] static std::string security_of(const http::access& who) {
        if (!who.needs_token()) return "[]";
        const std::string role = who.role().empty() ? std::string() : json::quoted(who.role());
        return R"([{"bearer":[)" + role + "]}]";
    }

    syncfw::json::schema_set schemas_{"#/components/schemas/"};
    std::vector<std::pair<std::string, object>> paths_{};
    std::vector<std::string> tags_{};
    std::vector<std::string> ids_{};
    std::vector<int> errors_{};  // Statuses that some route refers to.
    bool needs_token_ = false;
};

inline constexpr std::string_view error_schema =
    R"({"type":"object","properties":{"success":{"const":false},"error":{"type":"object",)"
    R"("properties":{"code":{"type":"string","description":"What programs branch on.",)"
    R"("examples":["VALIDATION_ERROR"]},"message":{"type":"string","description":)"
    R"("What is wrong, in words."},"field":{"type":"string","description":)"
    R"("Where, if it is about one field.","examples":["items[3].title"]}},)"
    R"("required":["code","message"]}},"required":["success","error"]})";

// The first part that isn't the same for all: `/api/v1/books/{id}` is about books.
inline std::string openapi_writer::tag_of(std::string_view pattern, const http::about& said) {
    std::string tag = said.tag;
    std::string_view rest = pattern;
    while (tag.empty() && !rest.empty()) {
        rest.remove_prefix(1);
        const std::string_view part = rest.substr(0, rest.find('/'));
        rest.remove_prefix(part.size());
        const bool is_version = part.size() > 1 && part[0] == 'v' &&
                                part.find_first_not_of("0123456789", 1) == std::string_view::npos;
        if (part != "api" && !is_version) tag = part;
    }
    if (tag.empty() || tag.front() == '{') tag = "other";
    if (std::find(tags_.begin(), tags_.end(), tag) == tags_.end()) tags_.push_back(tag);
    return tag;
}

// `GET /books/{id}` → `get_books_by_id`
inline std::string openapi_writer::id_of(std::string_view method, std::string_view pattern) {
    std::string id;
    for (const char c : method) id += http::detail::lower(c);
    for (const char c : pattern) {
        if (is_name_character(c))
            id += c;
        else if (c == '{')
            id += "by_";
        else if (c != '}' && id.back() != '_')
            id += '_';
    }
    if (id.back() == '_') id.pop_back();
    std::string free = id;
    for (int i = 2; std::find(ids_.begin(), ids_.end(), free) != ids_.end(); ++i)
        free = id + "_" + std::to_string(i);
    ids_.push_back(free);
    return free;
}

[[nodiscard]] inline std::string parameter_text(std::string_view place,
                                                const syncfw::json::parameter_schema& of_it) {
    json::ordered_object out;
    out.set_text("name", of_it.name).set_text("in", place);
    if (of_it.is_required) out.set("required", "true");
    // `a,b`, and not the same parameter twice.
    if (place == "query" && of_it.schema.starts_with(R"({"type":"array")"))
        out.set_text("style", "form").set("explode", "false");
    return out.set("schema", of_it.schema).text();
}

inline std::string openapi_writer::parameters(std::string_view pattern,
                                              const http::route_description& said) {
    std::vector<syncfw::json::parameter_schema> known;
    if (said.path != nullptr) known = said.path(schemas_);
    std::vector<std::string> all;
    for (std::size_t at = pattern.find('{'); at != std::string_view::npos;
         at = pattern.find('{', at + 1)) {
        syncfw::json::parameter_schema part{
            .name = std::string(pattern.substr(at + 1, pattern.find('}', at) - at - 1)),
            .schema = R"({"type":"string"})",
            .is_required = true};
        for (const auto& each : known)
            if (each.name == part.name) part.schema = each.schema;
        all.push_back(parameter_text("path", part));
    }
    if (said.query != nullptr)
        for (const auto& each : said.query(schemas_)) all.push_back(parameter_text("query", each));
    return json::array_text(all);
}

inline std::string openapi_writer::error_ref(int status) {
    if (std::find(errors_.begin(), errors_.end(), status) == errors_.end())
        errors_.push_back(status);
    const std::string name = status == 0 ? "error" : "error_" + std::to_string(status);
    return R"({"$ref":"#/components/responses/)" + name + "\"}";
}

inline std::string openapi_writer::responses(const http::access& who,
                                             const http::route_description* said) {
    const http::about about = said != nullptr ? said->said : http::about{};
    object success, out;
    success.set_text("description", http::words_of(about.status));
    if (said != nullptr && said->answer != nullptr)
        success.set("content", content("application/json", said->answer(schemas_)));
    else if (said != nullptr && about.status != 204 && about.status != 101)
        success.set("content", content(about.content_type, "{}"));
    std::vector<int> errors = about.errors;
    if (who.needs_token()) errors.push_back(401);
    if (!who.role().empty()) errors.push_back(403);
    if (said != nullptr && said->path != nullptr) errors.push_back(404);
    if (said != nullptr && (said->query != nullptr || said->body != nullptr)) errors.push_back(400);
    if (said != nullptr && said->body != nullptr) errors.insert(errors.end(), {413, 415});
    std::sort(errors.begin(), errors.end());
    out.set(std::to_string(about.status), success.text());
    for (const int each : errors) out.set(std::to_string(each), error_ref(each));
    return out.set("default", error_ref(0)).text();
}

inline void openapi_writer::add_route(std::string_view method, std::string_view pattern,
                                      const http::access& who,
                                      const http::route_description* given) {
    const http::route_description none;
    const http::route_description* const said = given != nullptr ? given : &none;
    if (said->said.is_hidden) return;
    needs_token_ = needs_token_ || who.needs_token();
    object out;
    out.set("tags", "[" + json::quoted(tag_of(pattern, said->said)) + "]");
    if (!said->said.summary.empty()) out.set_text("summary", said->said.summary);
    if (!said->said.description.empty()) out.set_text("description", said->said.description);
    out.set_text("operationId", id_of(method, pattern));
    if (std::string all = parameters(pattern, *said); all.size() > 2)
        out.set("parameters", std::move(all));
    if (said->body != nullptr)
        out.set("requestBody", R"({"required":true,"content":)" +
                                   content("application/json", said->body(schemas_)) + "}");
    out.set("responses", responses(who, given)).set("security", security_of(who));
    std::string name;
    for (const char c : method) name += http::detail::lower(c);
    for (auto& [known, methods] : paths_)
        if (known == pattern) return void(methods.set(name, out.text()));
    paths_.emplace_back(pattern, object().set(name, out.text()));
}

inline std::string openapi_writer::components() {
    object schemas, answers, out;
    for (const auto& [name, schema] : schemas_.named()) schemas.set(name, schema);
    std::sort(errors_.begin(), errors_.end());
    for (const int each : errors_) {
        object answer;
        answer.set_text("description", each == 0 ? "Another error" : http::words_of(each));
        answer.set("content",
                   content("application/json", R"({"$ref":"#/components/schemas/error"})"));
        answers.set(each == 0 ? "error" : "error_" + std::to_string(each), answer.text());
    }
    out.set("schemas", schemas.text()).set("responses", answers.text());
    if (needs_token_)
        out.set("securitySchemes",
                R"({"bearer":{"type":"http","scheme":"bearer","bearerFormat":"JWT"}})");
    return out.text();
}

inline std::string openapi_writer::write(const http::router& routes, const api_info& info) {
    (void)schemas_.add("error", std::string(error_schema));
    routes.for_each([this](const auto&... each) { add_route(each...); });
    object about, paths, out;
    about.set_text("title", info.title).set_text("version", info.version);
    if (!info.description.empty()) about.set_text("description", info.description);
    out.set_text("openapi", "3.1.0").set("info", about.text());
    std::vector<std::string> servers, tags;
    for (const std::string& each : info.servers)
        servers.push_back(object().set_text("url", each).text());
    for (const std::string& each : tags_) tags.push_back(object().set_text("name", each).text());
    if (!servers.empty()) out.set("servers", json::array_text(servers));
    out.set("tags", json::array_text(tags));
    for (const auto& [pattern, methods] : paths_) paths.set(pattern, methods.text());
    return out.set("paths", paths.text()).set("components", components()).text();
}

}  // namespace detail

inline std::string openapi_of(const http::router& routes, const api_info& info) {
    return detail::openapi_writer().write(routes, info);
}

}  // namespace syncfw
