// SPDX-License-Identifier: BSL-1.0
// What a route says of itself, for those who read an API's description.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace syncfw::json {
class schema_set;
struct parameter_schema;
}  // namespace syncfw::json

namespace syncfw::http {

/// What the types of a route can't say. All of it may be left out.
struct about {
    std::string summary{};      ///< One line: `Renames a book`.
    std::string description{};  ///< More of it.
    std::string tag{};          ///< The heading that it stands under; else of the path.
    int status = 200;           ///< Of success. With 204 there is no body.
    std::vector<int> errors{};  ///< Statuses beside those that the types and the access tell.
    std::string content_type = "application/json";  ///< Of a handler that gives a `response`.
    bool is_hidden = false;                         ///< Left out of descriptions.
};

/// What a route takes and gives: functions that make the schemas once somebody asks for them.
struct route_description {
    using parameters = std::vector<json::parameter_schema> (*)(json::schema_set&);
    using schema = std::string (*)(json::schema_set&);

    about said{};
    std::span<const std::string_view> path_names{};  ///< Of the path's parts that have a type.
    parameters path = nullptr;
    parameters query = nullptr;
    schema body = nullptr;
    schema answer = nullptr;
};

}  // namespace syncfw::http
