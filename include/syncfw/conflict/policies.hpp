// SPDX-License-Identifier: BSL-1.0
// The policies that come with the library, and how to put policies together.
//
//     using library_policy = per_entity<on<book, merge_fields>,       // three-way, field by field
//                                       on<rating, last_write_wins>,
//                                       otherwise<server_wins>>;
//     using careful = first_of<done_wins, park>;                      // the first that decides
//     using custom = decided_by<[](const conflict<task>& c) { … }>;
//
// Who wins, wins the whole row but its counters and sets, which are merged under every policy.
#pragma once

#include <syncfw/conflict/conflict.hpp>
#include <syncfw/conflict/merge_fields.hpp>

#include <concepts>
#include <type_traits>

namespace syncfw {

/// What is there stays.
struct server_wins {
    template <class T>
    [[nodiscard]] constexpr decision<T> resolve(const conflict<T>&) const {
        return keep_theirs<T>("server_wins");
    }
};

/// What arrives is taken.
struct client_wins {
    template <class T>
    [[nodiscard]] constexpr decision<T> resolve(const conflict<T>&) const {
        return keep_mine<T>("client_wins");
    }
};

/// The later write. Stamps have one order that every store agrees on, so there are no ties.
struct last_write_wins {
    static constexpr bool is_order_independent = true;
    template <class T>
    [[nodiscard]] constexpr decision<T> resolve(const conflict<T>& c) const {
        return is_mine_later(c) ? keep_mine<T>("last_write_wins")
                                : keep_theirs<T>("last_write_wins");
    }
};

/// The higher version; of equal versions the later write.
struct highest_version {
    static constexpr bool is_order_independent = true;
    template <class T>
    [[nodiscard]] constexpr decision<T> resolve(const conflict<T>& c) const {
        const bool is_same = c.mine.version() == c.theirs.version();
        const bool is_mine = is_same ? is_mine_later(c) : c.mine.version() > c.theirs.version();
        return is_mine ? keep_mine<T>("highest_version") : keep_theirs<T>("highest_version");
    }
};

/// A person decides; both sides and the base are kept until then.
struct park {
    template <class T>
    [[nodiscard]] constexpr decision<T> resolve(const conflict<T>&) const {
        return park_both<T>("park");
    }
};

/// A deletion that met an edit waits for a person; all else is left to the next policy.
struct park_deletions {
    template <class T>
    [[nodiscard]] constexpr decision<T> resolve(const conflict<T>& c) const {
        if (c.mine.is_deleted() == c.theirs.is_deleted()) return {};
        return park_both<T>("a deletion met an edit");
    }
};

/// Your own function of a conflict. It may take one entity's conflicts only; others it leaves
/// undecided.
template <auto Function>
struct decided_by {
    template <class T>
    [[nodiscard]] constexpr decision<T> resolve(const conflict<T>& c) const {
        if constexpr (requires {
                          { Function(c) } -> std::same_as<decision<T>>;
                      }) {
            auto decide = Function;  // A copy: Clang 19 can't link the lambdas of two files' own.
            return decide(c);
        } else {
            return {};
        }
    }
};

/// The first policy that decides.
template <class... Policies>
struct first_of {
    template <class T>
    [[nodiscard]] constexpr decision<T> resolve(const conflict<T>& c) const {
        decision<T> made;
        (void)((made = Policies().resolve(c), made.made == outcome::undecided) && ...);
        return made;
    }
};

template <class T, class Policy>
struct on {
    using entity_type = T;
    using policy_type = Policy;
};
template <class Policy>
struct otherwise {
    using policy_type = Policy;
};

namespace detail {

template <class T, class... Choices>
struct chosen_policy {
    static_assert(sizeof(T) == 0,
                  "syncfw: per_entity has no policy for this entity; end it with otherwise<…>");
};
template <class T, class Policy, class... Rest>
struct chosen_policy<T, on<T, Policy>, Rest...> {
    using type = Policy;
};
template <class T, class Policy, class... Rest>
struct chosen_policy<T, otherwise<Policy>, Rest...> {
    using type = Policy;
};
template <class T, class First, class... Rest>
struct chosen_policy<T, First, Rest...> : chosen_policy<T, Rest...> {};

}  // namespace detail

/// A policy for each entity; the first choice that fits.
template <class... Choices>
struct per_entity {
    template <class T>
    [[nodiscard]] constexpr decision<T> resolve(const conflict<T>& c) const {
        return typename detail::chosen_policy<T, Choices...>::type().resolve(c);
    }
};

template <class T, class... Choices>
inline constexpr bool is_order_independent<per_entity<Choices...>, T> =
    is_order_independent<typename detail::chosen_policy<T, Choices...>::type, T>;

}  // namespace syncfw
