// SPDX-License-Identifier: BSL-1.0
// JSON Schema (2020-12, as in OpenAPI 3.1) of every type that the JSON codec takes.
//
//     std::string text = syncfw::json::schema_of<book>();
//
//     syncfw::json::schema_set all("#/components/schemas/");  // for a document of several
//     std::string schema = all.of<std::vector<book>>(syncfw::json::way::given);
//     for (const auto& [name, of_it] : all.named()) …
//
// Of an entity it says what its declaration says: names in JSON, limits, defaults, what only the
// server sets (readOnly), what is a ciphertext. What is local_only isn't in it. Of a plain struct
// it says the `sync_rules`, and for what is sent the initial values as defaults. Members stay in
// declared order. Limits of numbers, lengths, patterns and enums are the schema's own; other rules
// are told in words. Each member that can have one has an example that keeps all its limits but a
// rule in words.
#pragma once

#include <syncfw/codec/detail/type_label.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/entity/rules.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail::json {
struct member_words;
struct schema_words;
struct struct_words;
}  // namespace syncfw::detail::json

namespace syncfw::json {

/// Which way a value goes: members of what is sent to a server may be missing, those of what it
/// gives are all there.
enum class way : unsigned char { sent, given };

/// A member of a struct that is spread over a path or a query.
struct parameter_schema {
    std::string name{};
    std::string schema{};
    bool is_required = false;
};

/// The schemas of the structs that a document is about, each once and by its name: the type's
/// without namespaces, or with a number behind where another type has it.
class schema_set {
  public:
    struct named_schema {
        std::string name{};
        std::string schema{};
    };

    /// The prefix stands before each name in `$ref`.
    explicit schema_set(std::string prefix);

    /// The schema of V; structs in it are referred to.
    template <class V>
    [[nodiscard]] std::string of(way goes);
    /// Those of a plain struct's members as parameters: there is no null, one is left out instead.
    template <class T>
    [[nodiscard]] std::vector<parameter_schema> parameters_of();

    /// What `$ref` says of a struct or an entity.
    template <class T>
    [[nodiscard]] std::string ref_of(way goes);

    /// Keeps a schema that is written by hand, and gives what `$ref` says of it. No type has its
    /// name then.
    std::string add(std::string_view name, std::string schema);

    /// In the order in which they were first referred to.
    [[nodiscard]] const std::vector<named_schema>& named() const noexcept { return named_; }

  private:
    struct key {
        const char* type = nullptr;
        way goes = way::sent;
        std::string ref{};
    };
    // What makes texts is compiled where a set is made, and not in each file that says what a route
    // takes: there it is known by these alone.
    struct steps {
        std::string (*text_of)(const detail::json::schema_words&);
        std::vector<parameter_schema> (*parameters)(std::vector<detail::json::member_words>&&);
        // Refers to a struct, of which is asked once.
        std::string (schema_set::*refer)(const char* type, way goes,
                                         const detail::raw_text& signature,
                                         detail::json::struct_words (*told)(schema_set&, way));
    };
    std::string refer(const char* type, way goes, const detail::raw_text& signature,
                      detail::json::struct_words (*told)(schema_set&, way));

    steps steps_;
    std::string prefix_;
    std::vector<key> keys_{};
    std::vector<named_schema> named_{};
};

/// A schema that stands by itself, with its structs in `$defs`.
template <class V>
[[nodiscard]] std::string schema_of(way goes = way::given);

}  // namespace syncfw::json

#include <syncfw/codec/detail/schema_walk.hpp>
