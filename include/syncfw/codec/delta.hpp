// SPDX-License-Identifier: BSL-1.0
// What changed in a row: which fields, and their new values alone.
//
//     field_mask changed = changed_fields(before, after);
//
//     std::string bytes = binary::encode_delta(before, after);      // one delta, for good
//     result<field_mask> set = binary::apply_delta(bytes, stored);
//
//     syncfw::buffer page;                                           // many deltas, one layout
//     binary::append_layout<book>(page);
//     for (const edit& e : edits) binary::append_delta(page, e.row, e.changed);
//     auto reader = binary::delta_reader<book>::open(page.view());
//     while (auto set = reader->apply_next(stored)) …
//
// A delta is a mask, one bit for each field of the layout, and the values of the fields in it. So
// a push carries only what changed, and no side erases a field that it doesn't know.
#pragma once

#include <syncfw/codec/binary.hpp>
#include <syncfw/codec/detail/binary_rows.hpp>
#include <syncfw/codec/detail/layout_header.hpp>
#include <syncfw/codec/detail/same_value.hpp>
#include <syncfw/entity/field_mask.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

/// The fields whose values are not exactly the same: what is not in the mask is written with the
/// same bytes. Reals are told apart by their bits, a type of the user's by what is stored of it.
template <class T>
[[nodiscard]] field_mask changed_fields(const T& before, const T& after) {
    static_assert(detail::require_entity<T>());
    field_mask changed;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        ((detail::is_same_value(detail::member_at<I>(before), detail::member_at<I>(after))
              ? void()
              : changed.set(I)),
         ...);
    }(std::make_index_sequence<detail::member_count<T>>());
    return changed;
}

}  // namespace syncfw

namespace syncfw::detail::binary {

// The places in the entity of the fields of a route's layout.
template <class T, route Way>
inline constexpr auto travelling_places = [] {
    std::array<unsigned char, travelling<T, Way>.count()> places{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i)
        if (travelling<T, Way>.test(i)) places[count++] = static_cast<unsigned char>(i);
    return places;
}();

template <class T, route Way>
inline constexpr std::size_t mask_size = (travelling_places<T, Way>.size() + 7) / 8;

// The mask as the layout counts its fields.
template <class T, route Way>
char* put_mask(char* out, field_mask changed) {
    constexpr auto& places = travelling_places<T, Way>;
    if constexpr (travelling<T, Way> == field_mask::first(places.size())) {
        for (std::size_t i = 0; i < mask_size<T, Way>; ++i)
            *out++ = static_cast<char>(changed.byte(i));
    } else {
        field_mask packed;
        for (std::size_t i = 0; i < places.size(); ++i)
            if (changed.test(places[i])) packed.set(i);
        for (std::size_t i = 0; i < mask_size<T, Way>; ++i)
            *out++ = static_cast<char>(packed.byte(i));
    }
    return out;
}

inline const char* get_mask(const char* in, decoder& d, std::size_t fields, field_mask& mask) {
    const std::size_t size = (fields + 7) / 8;
    if (static_cast<std::size_t>(d.end - in) < size)
        return fail(d, in, errc::truncated, "the mask of the changed fields");
    for (std::size_t i = 0; i < size; ++i) mask.set_byte(i, static_cast<unsigned char>(in[i]));
    if (!(mask - field_mask::first(fields)).empty())
        return fail(d, in, errc::malformed, "a mask of the fields of the layout");
    return in + size;
}

// Some fields of a row, behind their mask. Just what is in the mask is looked at.
template <class T, route Way>
void append_delta(buffer& out, const T& row, field_mask changed) {
    with_members(row, [&](const auto&... m) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            std::size_t size = mask_size<T, Way>;
            ((size += changed.test(I) ? bound(m) : 0), ...);
            char* end = put_mask<T, Way>(out.room(size), changed);
            ((end = changed.test(I) ? put(end, m) : end), ...);
            out.set_end(end);
        }(std::make_index_sequence<sizeof...(m)>());
    });
}

// The fields of `which` change places: what was there goes where the new ones came from.
template <class T>
void swap_fields(T& a, T& b, field_mask which) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        using std::swap;
        ((which.test(I) ? swap(member_at<I>(a), member_at<I>(b)) : void()), ...);
    }(std::make_index_sequence<member_count<T>>());
}

// The fields of a delta in our own layout. `changed` becomes the mask of our entity.
template <class T, route Way, class Cipher>
const char* get_delta(const char* in, decoder& d, T& row, field_mask& changed, std::size_t& place,
                      const Cipher& cipher) {
    constexpr auto& places = travelling_places<T, Way>;
    field_mask mask;
    in = get_mask(in, d, places.size(), mask);
    if (in == nullptr) return nullptr;
    for (std::size_t i = 0; i < places.size(); ++i)
        if (mask.test(i)) changed.set(places[i]);
    with_readable_members(
        row, cipher, [&]<std::size_t... I>(std::index_sequence<I...>, auto&&... m) {
            (void)((!(travelling<T, Way>.test(I) && changed.test(I)) ||
                    (in = get_value(in, d, m)) != nullptr || (place = I, false)) &&
                   ...);
        });
    return in;
}

// A value of a field that we don't have, as it came. Both borrow from what is read.
struct foreign_value {
    std::string_view item{};  // the layout's: its name and type
    std::string_view bytes{};
};

// The same in a sender's layout. A null that ours can't hold is what a row without the field gets.
template <class T, class Cipher>
const char* get_planned_delta(const char* in, decoder& d, T& row, const row_plan& plan,
                              field_mask& changed, std::size_t& place, const Cipher& cipher,
                              std::vector<foreign_value>& foreign) {
    field_mask mask, missing;
    in = get_mask(in, d, plan.size(), mask);
    for (std::size_t i = 0; in != nullptr && i < plan.size(); ++i) {
        if (!mask.test(i)) continue;
        place = plan[i].place;
        if (place == no_field) {
            const char* const begin = in;
            in = skip(in, d, plan[i].type, 0);
            if (in != nullptr && !plan[i].item.empty())
                foreign.push_back({plan[i].item, {begin, static_cast<std::size_t>(in - begin)}});
            continue;
        }
        bool there = false;
        in = get_field(in, d, row, place, plan[i].form, there, cipher);
        changed.set(place);
        if (!there) missing.set(place);
    }
    if (in != nullptr && !missing.empty()) {
        T fresh{};
        apply_defaults(fresh, field_mask{});
        swap_fields(row, fresh, missing);
    }
    return in;
}

// Puts a value that came as foreign into the row, where the field is known by now. The place of it;
// `no_field` where it still isn't, doesn't travel this way, is of another type, or its bytes are
// none of it.
template <class T, route Way>
[[nodiscard]] std::size_t take_foreign(T& row, std::string_view item, std::string_view bytes,
                                       const cipher_view& keys) {
    layout_item known;
    if (!known.read(item)) return no_field;
    const std::size_t place = entity_of<T>.find(known.name);
    if (place == no_field) return no_field;
    const field_info& mine = entity_of<T>.fields[place];
    if (!mine.travels(Way) || mine.has(meaning::primary_key)) return no_field;
    std::string_view content = mine.type;
    if (mine.nullable) content.remove_suffix(1);
    const bool is_sealed = mine.cipher != encryption::none;
    if (is_sealed != known.is_sealed || !reads_as(known.content, content)) return no_field;
    const reading form = known.is_nullable == mine.nullable ? reading::same
                         : known.is_nullable                ? reading::from_nullable
                                                            : reading::to_nullable;
    decoder d{bytes.data(), bytes.data() + bytes.size()};
    T read = row;
    bool there = false;
    const char* const end =
        get_field(bytes.data(), d, read, place, form, there, cipher_of_row<T>(keys));
    if (end != d.end || !there) return no_field;
    field_mask one;
    one.set(place);
    swap_fields(row, read, one);
    return place;
}

}  // namespace syncfw::detail::binary

namespace syncfw::binary {

/// One delta, without its layout: the values that the fields in the mask have in the row. Fields
/// that don't travel this way are left out.
template <route Way = local, class T>
void append_delta(buffer& out, const T& row, field_mask changed) {
    static_assert(detail::require_codec<T, detail::no_cipher>());
    detail::binary::append_delta<T, Way>(out, row, changed & detail::binary::travelling<T, Way>);
}
/// The same of an entity with encrypted fields. On failure nothing is appended.
template <route Way = local, class T, field_cipher Cipher>
result<void> append_delta(buffer& out, const T& row, field_mask changed, const Cipher& cipher) {
    static_assert(detail::require_codec<T, Cipher>());
    changed = changed & detail::binary::travelling<T, Way>;
    const std::size_t before = out.size();
    char* const mask = out.room(detail::binary::mask_size<T, Way>);
    out.set_end(detail::binary::put_mask<T, Way>(mask, changed));
    auto done = detail::binary::append_sealed_fields(out, row, changed, cipher);
    if (!done) out.truncate(before);
    return done;
}

/// What changed, with the layout: complete in itself.
template <route Way = local, class T>
[[nodiscard]] std::string encode_delta(const T& before, const T& after) {
    static_assert(detail::require_codec<T, detail::no_cipher>());
    buffer out;
    append_layout<T, Way>(out);
    append_delta<Way>(out, after, changed_fields(before, after));
    return std::string(out.view());
}
template <route Way = local, class T, field_cipher Cipher>
[[nodiscard]] result<std::string> encode_delta(const T& before, const T& after,
                                               const Cipher& cipher) {
    buffer out;
    append_layout<T, Way>(out);
    auto done = append_delta<Way>(out, after, changed_fields(before, after), cipher);
    if (!done) return done.error();
    return std::string(out.view());
}

/// Reads deltas one after the other and applies them. The bytes must outlive it.
template <class T, route Way = local, class Cipher = detail::no_cipher>
class delta_reader {
    static_assert(detail::require_codec<T, Cipher>());

  public:
    /// Reads the layout. It fails where the layout is none, or has a field of another type.
    [[nodiscard]] static result<delta_reader> open(std::string_view bytes,
                                                   const Cipher& cipher = {}) {
        delta_reader reader(bytes, cipher);
        if (auto done = detail::binary::read_layout(reader.at_, reader.decoder_, entity_of<T>, Way,
                                                    row_layout<T, Way>, reader.plan_);
            !done)
            return done.error();
        return reader;
    }
    /// For deltas that follow no layout and are known to have ours.
    [[nodiscard]] static delta_reader of_deltas(std::string_view deltas,
                                                const Cipher& cipher = {}) {
        return delta_reader(deltas, cipher);
    }

    /// Sets the changed fields of `target` and returns which they are: none of the others is
    /// touched. At the end and at a failure, which `failure()` tells apart, it returns nothing and
    /// `target` stays as it was.
    [[nodiscard]] std::optional<field_mask> apply_next(T& target);

    /// What the last delta has of fields that are unknown here.
    [[nodiscard]] const std::vector<detail::binary::foreign_value>& foreign() const noexcept {
        return foreign_;
    }
    /// What went wrong, if anything did.
    [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }
    /// What is left unread.
    [[nodiscard]] std::string_view rest() const noexcept {
        return {at_, static_cast<std::size_t>(decoder_.end - at_)};
    }

  private:
    delta_reader(std::string_view bytes, const Cipher& cipher)
        : decoder_{bytes.data(), bytes.data() + bytes.size()}, at_(bytes.data()), cipher_(cipher) {}

    detail::binary::decoder decoder_;
    const char* at_;
    Cipher cipher_;
    T row_{};  // where fields are read into, before any of them is set
    std::optional<detail::binary::row_plan> plan_{};
    std::vector<detail::binary::foreign_value> foreign_{};
    std::optional<error> failure_{};
};

template <class T, route Way, class Cipher>
std::optional<field_mask> delta_reader<T, Way, Cipher>::apply_next(T& target) {
    if (failure_ || at_ == decoder_.end) return std::nullopt;
    field_mask changed;
    std::size_t place = no_field;
    foreign_.clear();
    const char* const after =
        plan_ ? detail::binary::get_planned_delta(at_, decoder_, row_, *plan_, changed, place,
                                                  cipher_, foreign_)
              : detail::binary::get_delta<T, Way>(at_, decoder_, row_, changed, place, cipher_);
    if (after == nullptr) {
        failure_ = detail::binary::failure_of(decoder_, entity_of<T>, place);
        return std::nullopt;
    }
    at_ = after;
    detail::binary::swap_fields(target, row_, changed);
    return changed;
}

/// Applies one delta that `encode_delta` wrote and returns the fields that it set. On failure
/// `target` stays as it was. Something behind the delta is an error.
template <route Way = local, class T, class Cipher = detail::no_cipher>
result<field_mask> apply_delta(std::string_view bytes, T& target, const Cipher& cipher = {}) {
    const auto refuse = [](errc code, std::string message) {
        return error{
            .code = code, .message = std::move(message), .entity = std::string(entity_of<T>.name)};
    };
    auto reader = delta_reader<T, Way, Cipher>::open(bytes, cipher);
    if (!reader) return std::move(reader).error();
    T changed{};
    const auto set = reader->apply_next(changed);
    if (!set) {
        if (reader->failure()) return *reader->failure();
        return refuse(errc::truncated, "expected a delta, found the end");
    }
    if (!reader->rest().empty())
        return refuse(errc::trailing_data,
                      std::to_string(reader->rest().size()) + " bytes follow the delta");
    detail::binary::swap_fields(target, changed, *set);
    return *set;
}

}  // namespace syncfw::binary
