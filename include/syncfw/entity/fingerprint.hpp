// SPDX-License-Identifier: BSL-1.0
// What must be equal on two sides for the rows of one to be rows of the other: the layout of an
// entity as one line of text, its fingerprint, and what two layouts differ in.
//
//     book(id:uuid key,title:text,notes:text?,iban:text encrypted,active:bool defaulted)
//
// A layout has the fields that travel (not the local_only ones) by their wire names, in declared
// order, and what decides how a row is exchanged. What only one side needs to know (indexes, SQL
// names, validation, merge rules) is not in it. The layout of a schema is one line for each
// entity, sorted by name.
#pragma once

#include <syncfw/core/detail/algorithm.hpp>
#include <syncfw/core/detail/text_sink.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/entity/detail/layout.hpp>
#include <syncfw/entity/entity.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

/// The layout of an entity, as a compile-time constant.
template <class T>
inline constexpr std::string_view layout_of = detail::static_text<detail::layout_writer<T>>;

/// The fingerprint of a layout of one or many lines. Equal layouts have equal fingerprints; two
/// different ones are equal by chance once in 2^64. It detects mistakes, not malice.
[[nodiscard]] constexpr std::uint64_t fingerprint_of_layout(std::string_view layout) noexcept {
    std::uint64_t all = 0;
    for (std::size_t first = 0; first <= layout.size();) {
        const std::size_t last = detail::smaller(layout.find('\n', first), layout.size());
        all =
            detail::join_fingerprint(all, detail::hash_of_line(layout.substr(first, last - first)));
        first = last + 1;
    }
    return all;
}

namespace detail {
template <class T>
inline constexpr std::uint64_t layout_hash = hash_of_line(layout_of<T>);
}  // namespace detail

template <class T>
inline constexpr std::uint64_t fingerprint_of = detail::join_fingerprint(0, detail::layout_hash<T>);

/// How two layouts differ.
enum class difference_kind : unsigned char {
    only_here,      ///< This entity or field is only in the first layout.
    only_there,     ///< … only in the second.
    type,           ///< The field has two types.
    key,            ///< It belongs to the key on one side, or the key's order differs.
    meaning,        ///< It means something else: tenant, version, deletion, who owns it, cipher.
    default_value,  ///< It has a default on one side.
    order,          ///< The fields of the entity stand in another order.
};

/// One difference. It is *additive* when two sides can exchange all rows in spite of it, else
/// breaking. Additive are: an entity on one side; a field on one side that the side which has it
/// can fill by itself for a row that comes without it (it is optional, has a default_value, or is
/// bookkeeping); another order; a default on one side.
struct difference {
    difference_kind kind{};
    bool is_breaking = false;
    std::string entity{};
    std::string field{};  ///< Empty when it is about the entity.
    std::string words{};  ///< `book.pages is int64 here and int32 there`

    friend bool operator==(const difference&, const difference&) = default;
};

/// What two layouts, of entities or of schemas, differ in: nothing exactly when they are equal.
/// Either text may come from a peer: fails with `errc::malformed` for what no layout_of gives,
/// and with `errc::too_large` above 1 MiB.
[[nodiscard]] inline result<std::vector<difference>> differences(std::string_view here,
                                                                 std::string_view there);

/// Whether two sides with these differences can exchange all of their rows.
[[nodiscard]] inline bool are_additive(const std::vector<difference>& all) noexcept {
    for (const difference& each : all)
        if (each.is_breaking) return false;
    return true;
}

namespace detail {

class layout_comparison {
  public:
    using enum difference_kind;

    [[nodiscard]] std::vector<difference> run(const std::vector<layout_entity>& here,
                                              const std::vector<layout_entity>& there) {
        // Both are sorted by name.
        auto mine = here.begin();
        auto theirs = there.begin();
        while (mine != here.end() || theirs != there.end()) {
            if (theirs == there.end() || (mine != here.end() && mine->name < theirs->name))
                add(only_here, false, *mine++, {}, "is only here");
            else if (mine == here.end() || theirs->name < mine->name)
                add(only_there, false, *theirs++, {}, "is only there");
            else
                compare(*mine++, *theirs++);
        }
        return std::move(found_);
    }

  private:
    void compare(const layout_entity& mine, const layout_entity& theirs) {
        for (const layout_field& field : mine.fields) {
            if (const layout_field* other = theirs.find(field.name))
                compare(mine, field, *other);
            else
                add(only_here, !field.may_be_missing(), mine, field.name, "is only here");
        }
        for (const layout_field& field : theirs.fields)
            if (mine.find(field.name) == nullptr)
                add(only_there, !field.may_be_missing(), mine, field.name, "is only there");
        if (!same_order(mine, theirs, layout_mark_bit(layout_mark::key)))
            add(key, true, mine, {}, "has the fields of its key in another order there");
        if (!same_order(mine, theirs, 0))
            add(order, false, mine, {}, "has its fields in another order there");
    }

    void compare(const layout_entity& entity, const layout_field& mine,
                 const layout_field& theirs) {
        if (mine.type != theirs.type)
            add(type, true, entity, mine.name,
                "is " + shown(mine.type) + " here and " + shown(theirs.type) + " there");
        for (std::size_t i = 0; i < std::size(layout_marks); ++i) {
            const bool is_here = (mine.marks >> i & 1) != 0;
            if (is_here == ((theirs.marks >> i & 1) != 0)) continue;
            const auto mark = static_cast<layout_mark>(i);
            const auto kind = mark == layout_mark::key         ? key
                              : mark == layout_mark::defaulted ? default_value
                                                               : meaning;
            add(kind, kind != default_value, entity, mine.name,
                std::string(layout_marks[i].words) +
                    (is_here ? " here and not there" : " there and not here"));
        }
    }

    // Whether the fields that both have (with these marks) stand in the same order.
    static bool same_order(const layout_entity& mine, const layout_entity& theirs, unsigned marks) {
        std::size_t after = 0;
        for (const layout_field& field : mine.fields) {
            const layout_field* other = theirs.find(field.name);
            if (other == nullptr || (field.marks & other->marks & marks) != marks) continue;
            const auto place = static_cast<std::size_t>(other - theirs.fields.data()) + 1;
            if (place < after) return false;
            after = place;
        }
        return true;
    }

    static std::string shown(std::string_view type) {
        constexpr std::size_t shown_max = 120;
        if (type.size() <= shown_max) return std::string(type);
        return std::string(type.substr(0, shown_max)) + "…";
    }

    void add(difference_kind kind, bool is_breaking, const layout_entity& entity,
             std::string_view field, std::string words) {
        std::string place(entity.name);
        if (!field.empty()) place.append(".").append(field);
        found_.push_back(
            {kind, is_breaking, std::string(entity.name), std::string(field), place + " " + words});
    }

    std::vector<difference> found_{};
};

}  // namespace detail

inline result<std::vector<difference>> differences(std::string_view here, std::string_view there) {
    auto mine = detail::layout_reader(here).read();
    if (!mine) return mine.error();
    auto theirs = detail::layout_reader(there).read();
    if (!theirs) return theirs.error();
    return detail::layout_comparison{}.run(*mine, *theirs);
}

}  // namespace syncfw
