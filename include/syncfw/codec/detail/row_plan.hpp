// SPDX-License-Identifier: BSL-1.0
// How rows of a peer with another layout are read: its text says each field's name and type, so
// that fields unknown here cost nothing but their bytes.
#pragma once

#include <syncfw/codec/detail/binary_rows.hpp>
#include <syncfw/core/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace syncfw::detail::binary {

inline constexpr int type_depth_max = 16;

// Takes the next item of a list, up to a comma outside of all brackets.
inline std::string_view take_item(std::string_view& list) {
    int open = 0;
    std::size_t at = 0;
    for (; at < list.size(); ++at) {
        const char c = list[at];
        if (c == '[' || c == '{' || c == '(') ++open;
        if (c == ']' || c == '}' || c == ')') --open;
        if (c == ',' && open == 0) break;
    }
    const std::string_view item = list.substr(0, at);
    list.remove_prefix(std::min(at + 1, list.size()));
    return item;
}

inline const char* skip(const char* in, decoder& d, std::string_view type, int depth = 0);

inline const char* skip_list(const char* in, decoder& d, std::string_view type, bool has_dots,
                             int depth) {
    std::vector<dot> dots;
    std::size_t count = 0;
    in = get_size(in, d, count);
    for (std::size_t i = 0; in != nullptr && i < count; ++i) {
        in = skip(in, d, type, depth + 1);
        if (in != nullptr && has_dots) in = get_dots(in, d, dots);
        dots.clear();
    }
    return in != nullptr && has_dots ? get_dots(in, d, dots) : in;
}

inline const char* skip_structure(const char* in, decoder& d, std::string_view members, int depth) {
    while (in != nullptr && !members.empty()) {
        const std::string_view member = take_item(members);
        const std::size_t colon = member.find(':');
        if (colon == std::string_view::npos)
            return fail(d, in, errc::unsupported_format, "a layout with a type for each member");
        in = skip(in, d, member.substr(colon + 1), depth + 1);
    }
    return in;
}

// Reads over one value of the type that the text says.
inline const char* skip(const char* in, decoder& d, std::string_view type, int depth) {
    const auto inside = [&](std::size_t open) { return type.substr(open, type.size() - open - 1); };
    if (depth > type_depth_max) return fail(d, in, errc::too_deep, "a type at most 16 deep");
    if (type.ends_with('?')) {
        bool there = false;
        in = get_flag(in, d, there);
        return in != nullptr && there ? skip(in, d, inside(0), depth + 1) : in;
    }
    if (type.starts_with('[') && type.ends_with(']'))
        return skip_list(in, d, inside(1), false, depth);
    if (type.starts_with("set(") && type.ends_with(')'))
        return skip_list(in, d, inside(4), true, depth);
    if (type.starts_with('{') && type.ends_with('}'))
        return skip_structure(in, d, inside(1), depth);

    std::uint64_t word = 0;
    if (type == "text" || type == "bytes" || type.starts_with("enum(") ||
        type.ends_with(" encrypted")) {
        std::size_t size = 0;
        in = get_size(in, d, size);
        return in == nullptr ? nullptr : in + size;
    }
    if (type == "bool") {
        bool flag = false;
        return get_flag(in, d, flag);
    }
    if (type.starts_with("int") || type.starts_with("uint") || type == "timestamp")
        return get_varint(in, d, word);
    if (type == "float64") return get_fixed(in, d, word);
    if (type == "float32") {
        std::uint32_t half = 0;
        return get_fixed(in, d, half);
    }
    if (type == "uuid") {
        in = get_fixed(in, d, word);
        return in == nullptr ? nullptr : get_fixed(in, d, word);
    }
    if (type == "counter") {
        syncfw::counter ignored;
        return get_counter(in, d, ignored);
    }
    if (type == "document") {
        syncfw::document ignored;
        return get_document(in, d, ignored);
    }
    return fail(d, in, errc::unsupported_format, "a type that is known here");
}

struct plan_step {
    std::size_t place = no_field;  // in our entity; `no_field` is read over
    reading form = reading::same;
    std::string type{};
};
using row_plan = std::vector<plan_step>;

// Whether values written as one type can be read as another without changing any: another width of
// integer (the range is checked), more enumerators (unknown names are refused).
inline bool reads_as(std::string_view theirs, std::string_view mine) {
    const auto both = [&](std::string_view start) {
        return theirs.starts_with(start) && mine.starts_with(start);
    };
    return theirs == mine || both("int") || both("uint") || both("enum(");
}

inline result<plan_step> plan_field(const entity_info& entity, route way, std::string_view item) {
    const std::size_t colon = item.find(':');
    if (colon == std::string_view::npos || colon == 0)
        return error{.code = errc::malformed,
                     .message = "the layout of these rows has a field without a type",
                     .entity = std::string(entity.name)};
    const std::string_view name = item.substr(0, colon);
    std::string_view type = item.substr(colon + 1);
    plan_step step{.place = entity.find(name), .type = std::string(type)};
    if (step.place == no_field || !entity.fields[step.place].travels(way)) {
        step.place = no_field;
        return step;
    }
    const field_info& mine = entity.fields[step.place];
    std::string_view my_type = mine.type;
    const bool sealed = type.ends_with(" encrypted");
    if (sealed) type.remove_suffix(std::string_view(" encrypted").size());
    const bool nullable = type.ends_with('?');
    if (nullable) type.remove_suffix(1);
    if (my_type.ends_with('?')) my_type.remove_suffix(1);
    if (sealed != (mine.cipher != encryption::none) || !reads_as(type, my_type))
        return error{.code = errc::schema_mismatch,
                     .message = "it is " + std::string(mine.type) + " here and " + step.type +
                                " in these rows; bring both sides to one version",
                     .entity = std::string(entity.name),
                     .field = std::string(name)};
    if (nullable != mine.nullable)
        step.form = nullable ? reading::from_nullable : reading::to_nullable;
    return step;
}

// The plan for rows whose layout is `name:type,name:type,…`.
inline result<row_plan> make_plan(const entity_info& entity, route way, std::string_view layout) {
    row_plan plan;
    field_mask planned;
    while (!layout.empty()) {
        if (plan.size() == field_mask::fields_max)
            return error{.code = errc::too_large,
                         .message = "the layout of these rows has more than 128 fields",
                         .entity = std::string(entity.name)};
        auto step = plan_field(entity, way, take_item(layout));
        if (!step) return step.error();
        if (step->place != no_field) {
            if (planned.test(step->place))
                return error{.code = errc::duplicate_field,
                             .message = "the layout of these rows has this field twice",
                             .entity = std::string(entity.name),
                             .field = std::string(entity.fields[step->place].json)};
            planned.set(step->place);
        }
        plan.push_back(std::move(*step));
    }
    return plan;
}

// A row by a plan. `present` gets the fields that had a value.
template <class T, class Cipher>
const char* get_planned_row(const char* in, decoder& d, T& row, const row_plan& plan,
                            field_mask& present, std::size_t& place, const Cipher& cipher) {
    for (const plan_step& step : plan) {
        place = step.place;
        if (step.place == no_field) {
            in = skip(in, d, step.type);
        } else {
            bool there = false;
            in = get_field(in, d, row, step.place, step.form, there, cipher);
            if (there) present.set(step.place);
        }
        if (in == nullptr) return nullptr;
    }
    return in;
}

}  // namespace syncfw::detail::binary
