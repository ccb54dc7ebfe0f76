// SPDX-License-Identifier: BSL-1.0
// How rows of a peer with another layout are read: its text says each field's name and type.
#pragma once

#include <syncfw/codec/detail/binary_rows.hpp>
#include <syncfw/codec/detail/foreign_type.hpp>
#include <syncfw/core/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail::binary {

struct plan_step {
    std::size_t place = no_field;  // in our entity; `no_field` is read over
    reading form = reading::same;
    foreign_type type{};      // of what is read over,
    std::string_view item{};  // and how the layout names it
};
using row_plan = std::vector<plan_step>;

// Whether values written as one type can be read as another without changing any: another width of
// integer (the range is checked), other enumerators (unknown names are refused).
inline bool reads_as(std::string_view theirs, std::string_view mine) {
    const auto both_are = [&](std::string_view start) {
        return theirs.starts_with(start) && mine.starts_with(start);
    };
    if (both_are("enum(")) return theirs.ends_with(')');
    if (both_are("int") || both_are("uint")) {
        const std::string_view bits = theirs.substr(theirs.find('t') + 1);
        return bits == "8" || bits == "16" || bits == "32" || (bits == "64" && both_are("int"));
    }
    return theirs == mine;
}

// One field of a layout, `title:text?` or `"a b":text encrypted`.
struct layout_item {
    std::string_view name{};
    std::string_view type{};     // with the `?`
    std::string_view content{};  // without
    bool is_sealed = false;
    bool is_nullable = false;

    [[nodiscard]] bool read(std::string_view item) {
        const bool is_quoted = item.starts_with('"');
        const std::size_t end = is_quoted ? item.find('"', 1) : item.find(':');
        if (end == std::string_view::npos || end == (is_quoted ? 1 : 0)) return false;
        name = item.substr(is_quoted ? 1 : 0, is_quoted ? end - 1 : end);
        item.remove_prefix(is_quoted ? end + 1 : end);
        if (!item.starts_with(':')) return false;
        type = item.substr(1);
        constexpr std::string_view mark = " encrypted";
        is_sealed = type.ends_with(mark);
        if (is_sealed) type.remove_suffix(mark.size());
        is_nullable = type.ends_with('?');
        content = type.substr(0, type.size() - (is_nullable ? 1 : 0));
        return !content.empty();
    }
};

class plan_maker {
  public:
    plan_maker(const entity_info& entity, route way) : entity_(entity), way_(way) {}

    result<row_plan> make(std::string_view layout) {
        while (!layout.empty()) {
            if (plan_.size() == field_mask::fields_max)
                return refuse(errc::too_large, "the layout of these rows has over 128 fields");
            layout_item item;
            const std::string_view text = take_item(layout);
            if (!item.read(text))
                return refuse(errc::malformed,
                              "the layout of these rows has a field without a name or a type");
            if (auto done = add(item); !done) return done.error();
            // What is known and doesn't travel this way is not foreign: it is not to be had.
            if (entity_.find(item.name) == no_field) plan_.back().item = text;
        }
        for (std::size_t i = 0; i < entity_.fields.size(); ++i)
            if (entity_.fields[i].has(meaning::primary_key) && !planned_.test(i))
                return refuse(errc::schema_mismatch,
                              "these rows come without this field of the key",
                              entity_.fields[i].json);
        return std::move(plan_);
    }

  private:
    result<void> add(const layout_item& item) {
        plan_step step{.place = entity_.find(item.name)};
        if (step.place == no_field || !entity_.fields[step.place].travels(way_)) {
            step.place = no_field;
            foreign_type_reader reader;
            if (!reader.read(item.type, item.is_sealed))
                return refuse(errc::unsupported_format,
                              "the layout of these rows has a type that is unknown here",
                              item.name);
            step.type = reader.take();
        } else {
            const field_info& mine = entity_.fields[step.place];
            if (auto done = check(item, mine); !done) return done;
            if (planned_.test(step.place))
                return refuse(errc::duplicate_field,
                              "the layout of these rows has this field twice", mine.json);
            planned_.set(step.place);
            if (item.is_nullable != mine.nullable)
                step.form = item.is_nullable ? reading::from_nullable : reading::to_nullable;
        }
        plan_.push_back(std::move(step));
        return {};
    }

    [[nodiscard]] result<void> check(const layout_item& item, const field_info& mine) const {
        std::string_view my_content = mine.type;
        if (mine.nullable) my_content.remove_suffix(1);
        const bool is_mine_sealed = mine.cipher != encryption::none;
        const bool loses_key = item.is_nullable && mine.has(meaning::primary_key);
        if (item.is_sealed == is_mine_sealed && !loses_key && reads_as(item.content, my_content))
            return {};
        const auto shown = [](std::string_view type, bool is_sealed) {
            constexpr std::size_t shown_max = 120;
            return (type.size() <= shown_max ? std::string(type)
                                             : std::string(type.substr(0, shown_max)) + "…") +
                   (is_sealed ? " encrypted" : "");
        };
        return refuse(errc::schema_mismatch,
                      "it is " + shown(mine.type, is_mine_sealed) + " here and " +
                          shown(item.type, item.is_sealed) +
                          " in these rows; bring both sides to one version",
                      mine.json);
    }

    [[nodiscard]] error refuse(errc code, std::string message, std::string_view field = {}) const {
        return error{.code = code,
                     .message = std::move(message),
                     .entity = std::string(entity_.name),
                     .field = std::string(field)};
    }

    const entity_info& entity_;
    route way_;
    row_plan plan_{};
    field_mask planned_{};
};

// A row by a plan, without its type. `present` gets the fields that had a value.
inline const char* get_planned_fields(const char* in, decoder& d, void* const* members,
                                      const getter* getters_of, const row_plan& plan,
                                      field_mask& present, std::size_t& place) {
    for (const plan_step& step : plan) {
        place = step.place;
        bool there = step.place != no_field;
        if (!there)
            in = skip(in, d, step.type, 0);
        else if (step.form == reading::from_nullable)
            in = get_flag(in, d, there);
        if (in != nullptr && there) {
            in = getters_of[place](in, d, members[place], step.form);
            present.set(place);
        }
        if (in == nullptr) return nullptr;
    }
    return in;
}

template <class T, class Cipher>
const char* get_planned_row(const char* in, decoder& d, T& row, const row_plan& plan,
                            field_mask& present, std::size_t& place, const Cipher& cipher) {
    if constexpr (!has_encrypted_fields<T>) {
        void* members[member_count<T> + 1];
        list_members(row, members);
        return get_planned_fields(in, d, members, getters<member_types<T>>, plan, present, place);
    } else {
        for (const plan_step& step : plan) {
            place = step.place;
            bool there = false;
            if (step.place == no_field)
                in = skip(in, d, step.type, 0);
            else
                in = get_field(in, d, row, step.place, step.form, there, cipher);
            if (there) present.set(step.place);
            if (in == nullptr) return nullptr;
        }
        return in;
    }
}

// A row in the sender's layout, which is ours where there is no plan. `row` has the values of a new
// one, or of the last in our own layout.
template <class T, route Way, bool IsOptimised = SYNCFW_OPTIMISED, class Cipher>
const char* get_next(const char* in, decoder& d, T& row, const std::optional<row_plan>& plan,
                     field_mask& present, std::size_t& place, const Cipher& cipher) {
    if constexpr (IsOptimised || has_encrypted_fields<T>) {
        if (!plan) {
            present = travelling<T, Way>;
            return get_row<T, Way>(in, d, row, place, cipher);
        }
        present = {};
        in = get_planned_row(in, d, row, *plan, present, place, cipher);
    } else {
        void* members[member_count<T> + 1];
        list_members(row, members);
        present = plan ? field_mask() : travelling<T, Way>;
        in = plan ? get_planned_fields(in, d, members, getters<member_types<T>>, *plan, present,
                                       place)
                  : get_listed(in, d, present, getters<member_types<T>>, members, place);
    }
    if constexpr (has_defaults<T>)
        if (plan && in != nullptr) apply_defaults(row, present);
    return in;
}

}  // namespace syncfw::detail::binary
