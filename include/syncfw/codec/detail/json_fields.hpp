// SPDX-License-Identifier: BSL-1.0
// Some fields of an entity as a JSON object, and objects of a sender whose program is older or
// newer than this one.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/delta.hpp>
#include <syncfw/codec/detail/json_foreign.hpp>
#include <syncfw/codec/detail/json_keys.hpp>
#include <syncfw/codec/detail/json_read.hpp>
#include <syncfw/codec/detail/json_sealed.hpp>
#include <syncfw/codec/detail/json_write.hpp>
#include <syncfw/codec/detail/row_plan.hpp>
#include <syncfw/entity/validation.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail::json {

/// Those of the fields that travel this way, encrypted ones with their contents.
template <class T, route Way>
void append_fields(buffer& out, const T& row, const field_mask& which) {
    object_info some = entity_object<T, Way>::info;
    some.travelling = some.travelling & which;
    void* members[member_count<T> + 1];
    list_members(row, members);
    append_listed(out, some, putters<member_types<T>>, members);
}

/// The fields that the input has; the others stay as they are. Encrypted ones are opened with the
/// reader's keys.
template <class T, route Way>
const char* get_fields(const char* in, reader& r, T& row, field_mask& present) {
    using keys = entity_object<T, Way>;
    if constexpr (keys::has_sealed)
        return get_members<keys>(in, r, row, present, sealed_by<T, cipher_view>{r.keys});
    else
        return get_members<keys>(in, r, row, present, no_seal{});
}

// --- of a sender with another program --------------------------------------------------------

/// A value that was made binary, of a field that isn't known here.
struct kept_value {
    std::string item{};
    std::string bytes{};
};

/// What is known of the sender, and what becomes of its own fields.
struct other_sender {
    std::string_view layout{};                ///< Of its rows; empty: nobody knows.
    const binary::row_plan* plan = nullptr;   ///< What that comes to here.
    std::vector<kept_value>* kept = nullptr;  ///< Its own fields; null: they are read over.
    bool nulls_are_missing = false;           ///< Where a field can't be null here.
};

/// Reads one such object, without its type.
class other_reader {
  public:
    other_reader(reader& r, const entity_info& entity, route way, const other_sender& from)
        : r_(r), entity_(entity), way_(way), from_(from) {}

    const char* read(const char* in, const getter* getters_of, void* const* members,
                     field_mask& present) {
        return get_each_member(
            in, r_, [&](std::string_view name, const char* at, const char* start) {
                const std::size_t place = entity_.find(name);
                if (place == no_field || !entity_.fields[place].travels(way_))
                    return read_other(at, start, std::string(name), place == no_field);
                return read_known(at, start, place, getters_of[place], members[place], present);
            });
    }

    /// These came as null, and get what a row without them has.
    [[nodiscard]] field_mask missing() const noexcept { return missing_; }

  private:
    const char* read_known(const char* in, const char* start, std::size_t place, getter get_one,
                           void* member, field_mask& present) {
        const field_info& mine = entity_.fields[place];
        if (present.test(place)) {
            fail(r_, start, errc::duplicate_field, "the member comes twice");
            return in_member(r_, mine.json);
        }
        present.set(place);
        if (may_be_missing(mine, place) && take_word(in, r_, "null"))
            return missing_.set(place), in;
        in = get_one(in, r_, member);
        return in == nullptr ? in_member(r_, mine.json) : in;
    }
    [[nodiscard]] bool may_be_missing(const field_info& mine, std::size_t place) const {
        if (mine.nullable || mine.shape == value_shape::document) return false;
        if (from_.plan == nullptr) return from_.nulls_are_missing;
        for (const binary::plan_step& each : *from_.plan)
            if (each.place == place) return each.form == binary::reading::from_nullable;
        return false;
    }

    // A field that the layout has and this side has not, or may not take.
    const char* read_other(const char* in, const char* start, const std::string& name,
                           bool is_unknown) {
        using enum syncfw::json::members;
        const std::string_view item = find_item(name);
        const auto rule = is_unknown ? r_.rules.unknown : r_.rules.forbidden;
        if (item.empty() && rule == refused) {
            fail(r_, start, is_unknown ? errc::unknown_field : errc::forbidden_field,
                 is_unknown ? "there is no such field" : "this field can't be set from this side");
            in = nullptr;
        } else if (item.empty() || !is_unknown || from_.kept == nullptr) {
            in = skip_value(in, r_);
        } else {
            in = keep(in, start, item);
        }
        return in == nullptr ? in_member(r_, name) : in;
    }
    const char* keep(const char* in, const char* start, std::string_view item) {
        for (const kept_value& each : *from_.kept)
            if (each.item == item)
                return fail(r_, start, errc::duplicate_field, "the member comes twice");
        buffer value;
        in = foreign_to_binary(in, r_, foreign_type_in(item), value);
        if (in != nullptr) from_.kept->push_back({std::string(item), std::string(value.view())});
        return in;
    }
    // How the sender's layout names the field.
    [[nodiscard]] std::string_view find_item(std::string_view name) const {
        std::string_view rest = from_.layout;
        while (!rest.empty()) {
            const std::string_view item = binary::take_item(rest);
            binary::layout_item known;
            if (known.read(item) && known.name == name) return item;
        }
        return {};
    }

    reader& r_;
    const entity_info& entity_;
    route way_;
    const other_sender& from_;
    field_mask missing_{};
};

template <class T, std::size_t I, class V>
const char* get_member(const char* in, reader& r, void* v) {
    if constexpr (entity_of<T>.fields[I].cipher == encryption::none)
        return get_erased<V>(in, r, v);
    else {
        sealed_member<V, cipher_view> member{*static_cast<V*>(v), binary::label_of<T, I>(), r.keys};
        return get_value(in, r, member);
    }
}
template <class T, class List, class Places>
inline constexpr int sealed_getters = 0;
template <class T, class... V, std::size_t... I>
inline constexpr getter sealed_getters<T, type_list<V...>, std::index_sequence<I...>>[] {
    &get_member<T, I, V>...
};
template <class T>
[[nodiscard]] constexpr const getter* getters_of_entity() {
    if constexpr (has_encrypted_fields<T>)
        return sealed_getters<T, member_types<T>, std::make_index_sequence<member_count<T>>>;
    else
        return getters<member_types<T>>;
}

template <class T, route Way>
const char* get_fields_of(const char* in, reader& r, const other_sender& from, T& row,
                          field_mask& present) {
    void* members[member_count<T> + 1];
    list_members(row, members);
    other_reader other(r, entity_of<T>, Way, from);
    in = other.read(in, getters_of_entity<T>(), members, present);
    if (in != nullptr && !other.missing().empty()) {
        T fresh{};
        apply_defaults(fresh, field_mask{});
        binary::swap_fields(row, fresh, other.missing());
    }
    return in;
}

}  // namespace syncfw::detail::json
