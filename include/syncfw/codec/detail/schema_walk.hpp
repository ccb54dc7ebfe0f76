// SPDX-License-Identifier: BSL-1.0
// From types to schemas. The templates look at types; what they find is put together by ordinary
// code in schema_words.hpp.
#pragma once

#include <syncfw/codec/detail/schema_words.hpp>
#include <syncfw/codec/detail/type_label.hpp>
#include <syncfw/codec/json_schema.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw::detail::json {

using syncfw::json::schema_set;
using syncfw::json::way;

struct member_words {
    std::string_view name{};
    schema_words words{};
    bool is_required = false;
    bool is_left_out = false;
    bool keeps_rules = true;  // False: rules are about what is inside of the ciphertext.
};

template <class V>
[[nodiscard]] schema_words words_of(schema_set& all, way goes);
[[nodiscard]] inline schema_words referring_words(std::string_view ref) {
    schema_words out;
    out.words.set_text("$ref", ref);
    return out;
}

// What a declaration says of a field beside its rules.
inline void add_meanings(member_words& member, const field_info& info) {
    schema_words& out = member.words;
    member.name = info.json;
    member.is_left_out = info.has(meaning::local_only);
    if (info.cipher != encryption::none) {
        const bool is_nullable = out.is_nullable;
        out = ciphertext_words(info.cipher);
        out.is_nullable = is_nullable;
        member.keeps_rules = false;
    }
    if (info.has(meaning::primary_key)) out.note("Identifies the row");
    if (info.has(meaning::version)) out.note("Raised by the server with each change");
    if (info.has(meaning::soft_delete)) out.note("Says whether the row is deleted");
    if (info.has(meaning::immutable)) out.note("Never changes once it is set");
    if (info.has(meaning::unique)) out.note("No two rows have the same");
    if (info.refers_to.type != nullptr)
        out.note("The " + std::string(info.refers_to.field) + " of a row of " +
                 std::string(info.refers_to.entity));
    if (info.is_server_owned()) {
        out.words.set("readOnly", "true");
        out.note("Only the server sets it");
    }
}

template <class V, class A>
void add_annotation(member_words& member, const A& annotation) {
    if constexpr (A::means == meaning::default_value) {
        if (member.keeps_rules) member.words.words.set("default", literal(annotation.value));
        member.is_required = false;
    } else if constexpr (is_rule<A>) {
        if (member.keeps_rules) add_rule<V>(member.words, annotation);
        if (A::means == meaning::required) member.is_required = true;
    }
}

template <class T, class Declaration>
void add_annotations(std::vector<member_words>& members, const Declaration& declared) {
    declared.each([&]<class Field>(const Field& field) {
        using V = std::remove_cvref_t<decltype(std::declval<T&>().*Field::member)>;
        member_words& member = members[place_of_name<T>(field.note.name)];
        field.each([&](const auto& annotation) { add_annotation<V>(member, annotation); });
        if (member.words.words.has("default")) member.is_required = false;
    });
}

inline void require_all(std::vector<member_words>& members) {
    for (member_words& each : members) each.is_required = true;
}

// Behind the rules, for an example keeps them.
inline void add_examples(std::vector<member_words>& members) {
    for (member_words& each : members)
        if (std::string example = example_of(each.words); !example.empty())
            each.words.words.set("examples", joined({"[", example, "]"}));
}

// The members of a struct, as its types alone tell them.
struct member_list {
    schema_set& all;
    way goes;
    const std::string_view* names;
    bool has_defaults;
    std::vector<member_words> members{};

    // One function for each type of member, not one for each struct.
    template <class V>
    void add(const V& initial) {
        add(words_of<V>(all, goes), has_defaults ? default_text(initial) : std::string());
    }
    [[gnu::noinline]] void add(schema_words&& words, std::string_view initial) {
        member_words& member = members.emplace_back();
        member.name = names[members.size() - 1];
        member.words = std::move(words);
        if (!initial.empty()) member.words.words.set("default", initial);
    }
};

template <class T>
[[nodiscard]] std::vector<member_words> all_members(schema_set& all, way goes) {
    member_list list{all, goes, member_names<T>.data(), has_declaration<T> || goes == way::sent};
    const T initial{};
    with_members(initial, [&](const auto&... values) { (list.add(values), ...); });
    std::vector<member_words>& members = list.members;
    if constexpr (has_declaration<T>) {
        for (std::size_t i = 0; i < members.size(); ++i)
            add_meanings(members[i], entity_of<T>.fields[i]);
        add_annotations<T>(members, declaration<T>);
    } else if constexpr (has_rules<T>) {
        add_annotations<T>(members, T::sync_rules);
    }
    if (!has_declaration<T> && goes == way::given) require_all(members);
    return std::move(members);
}

struct struct_words {
    std::vector<member_words> members{};
    std::string notes{};
};

[[nodiscard]] inline std::string object_text(struct_words&& told) {
    add_examples(told.members);
    schema_words out = typed_words("object");
    ordered_object properties;
    std::vector<std::string> required;
    for (const member_words& each : told.members) {
        if (each.is_left_out) continue;
        properties.set(each.name, each.words.text());
        if (each.is_required && !each.words.words.has("readOnly"))
            required.push_back(json::quoted(each.name));
    }
    out.words.set("properties", properties.text());
    if (!required.empty()) out.words.set("required", array_text(required));
    out.notes = std::move(told.notes);
    return out.text();
}

template <class T>
[[nodiscard]] struct_words told_of(schema_set& all, way goes) {
    schema_words notes;
    const auto add_checks = [&](const auto& declared) {
        declared.each_check([&](const auto& check) { notes.note(check.words); });
    };
    if constexpr (has_declaration<T>)
        add_checks(declaration<T>);
    else if constexpr (has_rules<T>)
        add_checks(T::sync_rules);
    return {all_members<T>(all, goes), std::move(notes.notes)};
}

template <class V>
schema_words words_of(schema_set& all, way goes) {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    static_assert(shape != unsupported, "syncfw: JSON has no form for this type, nor a schema");
    schema_words out;
    if constexpr (shape == boolean) {
        out = typed_words("boolean");
    } else if constexpr (shape == integer) {
        out = integer_words<V>();
    } else if constexpr (shape == real) {
        out = typed_words("number", sizeof(V) == 8 ? "double" : "float");
    } else if constexpr (shape == text) {
        out = typed_words("string");
    } else if constexpr (shape == bytes) {
        out = typed_words("string");
        out.words.set_text("contentEncoding", "base64");
    } else if constexpr (shape == uuid) {
        out = typed_words("string", "uuid");
    } else if constexpr (shape == timestamp) {
        out = typed_words("string", "date-time");
    } else if constexpr (shape == enumeration) {
        out = enum_words<V>();
    } else if constexpr (shape == optional) {
        out = words_of<inner_t<V>>(all, goes);
        out.is_nullable = true;
    } else if constexpr (shape == vector) {
        out = typed_words("array");
        out.words.set("items", all.of<inner_t<V>>(goes));
    } else if constexpr (shape == set) {
        out = set_words(all.of<inner_t<V>>(goes));
    } else if constexpr (shape == counter) {
        out = counter_words();
    } else if constexpr (shape == document) {
        out.note("Any JSON value");
    } else if constexpr (shape == secret) {
        out = words_of<inner_t<V>>(all, goes);
        out.words.set_text("format", "password").set("writeOnly", "true");
        out.is_secret = true;
    } else if constexpr (shape == custom) {
        out = words_of<typename value_traits<V>::storage_type>(all, goes);
    } else {
        out = referring_words(all.ref_of<V>(goes));
    }
    return out;
}

[[nodiscard]] inline std::string text_of(const schema_words& words) {
    return words.text();
}

[[nodiscard]] inline std::vector<syncfw::json::parameter_schema> as_parameters(
    std::vector<member_words>&& members) {
    add_examples(members);
    std::vector<syncfw::json::parameter_schema> parameters;
    for (member_words& each : members) {
        each.words.is_nullable = false;
        parameters.push_back({std::string(each.name), each.words.text(), each.is_required});
    }
    return parameters;
}

}  // namespace syncfw::detail::json

namespace syncfw::json {

template <class V>
std::string schema_set::of(way goes) {
    return steps_.text_of(detail::json::words_of<V>(*this, goes));
}

template <class T>
std::vector<parameter_schema> schema_set::parameters_of() {
    return steps_.parameters(detail::json::all_members<T>(*this, way::sent));
}

template <class T>
std::string schema_set::ref_of(way goes) {
    // An entity says by itself what is whose: it has one schema for both ways.
    static constexpr detail::raw_text signature = detail::type_signature<T>();
    return (this->*steps_.refer)(&detail::type_address<T>,
                                 detail::has_declaration<T> ? way::sent : goes, signature,
                                 &detail::json::told_of<T>);
}

inline schema_set::schema_set(std::string prefix)
    : steps_{&detail::json::text_of, &detail::json::as_parameters, &schema_set::refer},
      prefix_(std::move(prefix)) {}

inline std::string schema_set::refer(const char* type, way goes, const detail::raw_text& signature,
                                     detail::json::struct_words (*told)(schema_set&, way)) {
    for (const key& each : keys_)
        if (each.type == type && each.goes == goes) return each.ref;
    const std::size_t place = named_.size();
    const std::string ref = add(detail::label_in(signature), {});
    // Known before its members are looked at: they may be of the same type.
    keys_.push_back({type, goes, ref});
    std::string made = detail::json::object_text(told(*this, goes));
    named_[place].schema = std::move(made);
    return ref;
}

inline std::string schema_set::add(std::string_view name, std::string schema) {
    const auto is_taken = [&](std::string_view wanted) {
        for (const named_schema& each : named_)
            if (each.name == wanted) return true;
        return false;
    };
    named_schema made{std::string(name), std::move(schema)};
    for (int i = 2; is_taken(made.name); ++i)
        made.name = detail::json::joined({name, "_", std::to_string(i)});
    named_.push_back(std::move(made));
    return detail::json::joined({prefix_, named_.back().name});
}

template <class V>
std::string schema_of(way goes) {
    schema_set all("#/$defs/");
    detail::json::ordered_object out;
    out.set_text("$schema", "https://json-schema.org/draft/2020-12/schema");
    const std::string whole = all.of<V>(goes);
    detail::json::ordered_object defs;
    for (const auto& [name, schema] : all.named()) defs.set(name, schema);
    if (!defs.is_empty()) out.set("$defs", defs.text());
    std::string text = out.text();
    text.back() = ',';
    return text += whole.size() > 2 ? std::string_view(whole).substr(1) : std::string_view("}");
}

}  // namespace syncfw::json
