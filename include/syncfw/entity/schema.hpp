// SPDX-License-Identifier: BSL-1.0
// The entities that are synchronised together, and what follows from their being together: names
// that find types, references, the order of applying, one fingerprint.
//
//     using library = syncfw::schema<book, rating, tag>;
//
//     library::visit("book", [&]<class T>(syncfw::of<T>) { apply<T>(row); });
#pragma once

#include <syncfw/config.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/entity/detail/schema_rules.hpp>
#include <syncfw/entity/entity.hpp>
#include <syncfw/entity/fingerprint.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw {

/// A list of entities, known by their names or by their places in the list. A schema is a type
/// alone: it has no values, and all that it knows is a compile-time constant.
template <class... Ts>
struct schema {
    static_assert(detail::require_schema<Ts...>());

    static constexpr std::size_t size = sizeof...(Ts);
    static constexpr std::array<entity_info, size> entities{entity_of<Ts>...};

    template <class T>
    static constexpr bool contains = (std::is_same_v<T, Ts> || ...);

    /// The place of an entity of the schema.
    template <class T>
    static constexpr std::size_t place = [] {
        static_assert(contains<T>, "syncfw: this type is no entity of the schema; add it");
        std::size_t at = 0;
        (void)((std::is_same_v<T, Ts> || (++at, false)) || ...);
        return at;
    }();

    /// The places, sorted by name.
    static constexpr std::array<std::size_t, size> by_name = detail::sort_by_name<size>(entities);

    /// The place of the entity of this name, or `no_field`.
    [[nodiscard]] static constexpr std::size_t find(std::string_view name) noexcept {
        std::size_t first = 0, last = size;
        while (first < last) {
            const std::size_t middle = (first + last) / 2;
            const int order = entities[by_name[middle]].name.compare(name);
            if (order == 0) return by_name[middle];
            (order < 0 ? first : last) = order < 0 ? middle + 1 : middle;
        }
        return no_field;
    }

    /// The places in the order in which rows can be inserted: an entity stands behind those that
    /// it references. Rows are deleted in the opposite order. References in a circle, and those of
    /// an entity to itself, can't all be kept; they are deferred.
    static constexpr std::array<std::size_t, size> parents_first =
        detail::order_parents_first<size>(entities, detail::references_among<entities>);

    /// All fields marked `references<…>`, by entity and field in declared order.
    static constexpr auto references =
        detail::mark_deferred(detail::references_among<entities>, parents_first);

    /// The same for the same entities, in whatever order they are listed.
    static constexpr std::uint64_t fingerprint = [] {
        constexpr std::array<std::uint64_t, size> each{detail::layout_hash<Ts>...};
        std::uint64_t all = 0;
        for (const std::size_t i : by_name) all = detail::join_fingerprint(all, each[i]);
        return all;
    }();

    /// The layouts of all entities, one line each; what peers compare when the fingerprints
    /// differ.
    [[nodiscard]] static std::string layout() {
        static constexpr std::array<std::string_view, size> each{layout_of<Ts>...};
        std::string all;
        for (const std::size_t i : by_name) all.append(all.empty() ? "" : "\n").append(each[i]);
        return all;
    }

    /// Calls `f(of<T>{})` for each entity, in the order of the list.
    template <class F>
    static constexpr void for_each(F&& f) {
        (f(of<Ts>{}), ...);
    }

    /// Calls `f(of<T>{})` for the entity of this place; all calls must give the same type.
    template <class F>
    static constexpr auto visit_at(std::size_t where, F&& f) {
        SYNCFW_ASSERT(where < size, "visit_at needs a place in the schema");
        using given = decltype(f(of<first>{}));
        constexpr given (*calls[])(std::remove_reference_t<F>&) = {&call<given, F, Ts>...};
        return calls[where](f);
    }

    /// Calls `f(of<T>{})` for the entity of this name. Gives what f gives, which must be a
    /// `result`, or `result<void>` if f gives nothing; `errc::unknown_entity` for another name.
    template <class F>
    static constexpr auto visit(std::string_view name, F&& f) {
        using given = decltype(visit_at(0, f));
        using answer = std::conditional_t<std::is_void_v<given>, result<void>, given>;
        const std::size_t where = find(name);
        if (where == no_field) return answer(unknown(name));
        if constexpr (std::is_void_v<given>) {
            visit_at(where, f);
            return answer();
        } else {
            return answer(visit_at(where, f));
        }
    }

  private:
    using first = detail::nth_t<0, Ts..., void>;

    template <class Given, class F, class T>
    static constexpr Given call(std::remove_reference_t<F>& f) {
        return f(of<T>{});
    }

    static error unknown(std::string_view name) {
        // The name is whatever a peer sent.
        constexpr std::size_t shown_max = 63;
        return {.code = errc::unknown_entity,
                .message = "the schema has no such entity",
                .entity = std::string(name.substr(0, shown_max))};
    }
};

}  // namespace syncfw
