// SPDX-License-Identifier: BSL-1.0
// Holds values to a JSON Schema, independently of what made the schema. A keyword that it doesn't
// know is an offence: so a misspelt one is seen.
#pragma once

#include <syncfw/codec/json.hpp>

#include <regex>
#include <string>
#include <string_view>

namespace syncfw::testing {

class json_schema_check {
  public:
    explicit json_schema_check(std::string_view root)
        : root_(syncfw::json::decode_document(root).value()) {}

    /// What the value breaks, with the path; empty when it breaks nothing.
    [[nodiscard]] std::string offence(std::string_view value) const {
        return check(root_, syncfw::json::decode_document(value).value(), "");
    }
    /// Whether each `$ref` leads somewhere, each keyword is known, and each example and default
    /// keeps the schema that it stands in.
    [[nodiscard]] std::string own_offence() const { return walk(root_, ""); }
    [[nodiscard]] std::string offence_in(const document& schema) const { return walk(schema, ""); }

    [[nodiscard]] const document& root() const { return root_; }
    [[nodiscard]] const document* resolve(const std::string& ref) const {
        if (!ref.starts_with("#/")) return nullptr;
        const document* at = &root_;
        for (std::size_t from = 2; at != nullptr && from <= ref.size();) {
            const std::size_t end = std::min(ref.find('/', from), ref.size());
            at = at->find(ref.substr(from, end - from));
            from = end + 1;
        }
        return at;
    }

  private:
    static double number(const document& value) {
        return value.integer() != nullptr ? static_cast<double>(*value.integer()) : *value.real();
    }
    static bool is_number(const document& value) {
        return value.integer() != nullptr || value.real() != nullptr;
    }
    static std::size_t size_of(const document& value) {
        if (const auto* text = value.text())
            return detail::count_code_points(text->data(), text->data() + text->size());
        return value.elements() != nullptr ? value.elements()->size() : 0;
    }
    static bool is_of_type(const document& value, std::string_view type) {
        if (type == "integer") return value.integer() != nullptr;
        if (type == "number") return is_number(value);
        if (type == "string") return value.text() != nullptr;
        if (type == "boolean") return value.boolean() != nullptr;
        if (type == "array") return value.elements() != nullptr;
        if (type == "object") return value.members() != nullptr;
        return type == "null" && value.is_null();
    }
    static bool keeps_type(const document& value, const document& types) {
        if (types.text() != nullptr) return is_of_type(value, *types.text());
        for (const document& each : *types.elements())
            if (is_of_type(value, *each.text())) return true;
        return false;
    }
    static bool keeps_format(const std::string& text, const std::string& format) {
        if (format == "uuid") return uuid::parse(text).has_value();
        if (format == "date-time") return timestamp::parse(text).has_value();
        if (format == "email") return detail::is_email(text);
        return format == "password";
    }

    std::string check_limit(const std::string& word, const document& limit,
                            const document& value) const {
        const bool is_sized = word.ends_with("Length") || word.ends_with("Items");
        if (is_sized ? size_of(value) == 0 && value.text() == nullptr && value.elements() == nullptr
                     : !is_number(value))
            return {};
        const double has = is_sized ? static_cast<double>(size_of(value)) : number(value);
        const bool keeps = word.starts_with("min") ? has >= number(limit) : has <= number(limit);
        return keeps ? "" : "breaks " + word;
    }
    std::string check_members(const document& schema, const document& value,
                              const std::string& path) const {
        if (value.members() == nullptr) return {};
        if (const document* required = schema.find("required"))
            for (const document& each : *required->elements())
                if (value.find(*each.text()) == nullptr) return path + " lacks " + *each.text();
        const document* properties = schema.find("properties");
        if (properties == nullptr) return {};
        for (const auto& [key, inside] : *value.members()) {
            const document* known = properties->find(key);
            if (known == nullptr) return path + " has an unknown member " + key;
            if (auto why = check(*known, inside, path + "." + key); !why.empty()) return why;
        }
        return {};
    }
    std::string check_elements(const document& schema, const document& value,
                               const std::string& path) const {
        if (value.elements() == nullptr) return {};
        const document* first = schema.find("prefixItems");
        const std::size_t count = first != nullptr ? first->elements()->size() : 0;
        for (std::size_t i = 0; i < value.elements()->size(); ++i) {
            const document* of_it = i < count ? &(*first->elements())[i] : schema.find("items");
            if (of_it == nullptr) continue;
            const std::string here = path + "[" + std::to_string(i) + "]";
            if (auto why = check(*of_it, (*value.elements())[i], here); !why.empty()) return why;
        }
        return {};
    }

    std::string check(const document& schema, const document& value,
                      const std::string& path) const {
        if (schema.members() == nullptr) return path + ": the schema is no object";
        for (const auto& [word, given] : *schema.members()) {
            std::string why;
            if (word == "$ref") {
                const document* there = resolve(*given.text());
                why = there == nullptr ? "leads nowhere" : check(*there, value, path);
                if (!why.empty() && there != nullptr) return why;
            } else if (word == "type") {
                why = keeps_type(value, given) ? "" : "is of another type";
            } else if (word == "enum") {
                const auto& all = *given.elements();
                why = std::find(all.begin(), all.end(), value) == all.end() ? "isn't listed" : "";
            } else if (word == "const") {
                why = value == given ? "" : "is another value";
            } else if (word == "format") {
                if (value.text() != nullptr && !keeps_format(*value.text(), *given.text()))
                    why = "has not the format " + *given.text();
            } else if (word == "pattern") {
                if (value.text() != nullptr &&
                    !std::regex_search(*value.text(), std::regex(*given.text())))
                    why = "does not match";
            } else if (word == "anyOf") {
                why = "fits none";
                for (const document& each : *given.elements())
                    if (check(each, value, path).empty()) why.clear();
            } else if (word.starts_with("min") || word.starts_with("max")) {
                why = check_limit(word, given, value);
            }
            if (!why.empty()) return path + " " + why;
        }
        if (auto why = check_members(schema, value, path); !why.empty()) return why;
        return check_elements(schema, value, path);
    }

    // Every schema beneath.
    std::string walk(const document& schema, const std::string& path) const {
        static const std::string_view words[] = {
            "$schema",   "$defs",           "$ref",        "type",       "format",
            "enum",      "const",           "minimum",     "maximum",    "minLength",
            "maxLength", "minItems",        "maxItems",    "pattern",    "readOnly",
            "writeOnly", "contentEncoding", "description", "default",    "examples",
            "items",     "anyOf",           "prefixItems", "properties", "required"};
        if (schema.members() == nullptr) return path + " is no schema";
        for (const auto& [word, given] : *schema.members()) {
            std::string why;
            const std::string here = path + "/" + word;
            if (std::find(std::begin(words), std::end(words), word) == std::end(words))
                why = here + " is no keyword";
            else if (word == "$ref" && resolve(*given.text()) == nullptr)
                why = here + " leads nowhere";
            else if (word == "properties" || word == "$defs")
                for (const auto& [name, inside] : *given.members()) {
                    if (why.empty()) why = walk(inside, here + "/" + name);
                }
            else if (word == "items")
                why = walk(given, here);
            else if (word == "anyOf" || word == "prefixItems")
                for (const document& each : *given.elements()) {
                    if (why.empty()) why = walk(each, here);
                }
            else if (word == "default")
                why = check(schema, given, here);
            else if (word == "examples")
                why = check(schema, given.elements()->front(), here);
            if (!why.empty()) return why;
        }
        return {};
    }

    document root_;
};

}  // namespace syncfw::testing
