// SPDX-License-Identifier: BSL-1.0
// Two different entities that are one thing in two systems: which field belongs to which.
//
//     constexpr auto accounts = syncfw::mapping<client_auth, customer>(
//         syncfw::rename<&client_auth::mail, &customer::email>,
//         syncfw::leave_out<&customer::stripe_id>);
//
//     accounts.to_second(auth, customer);
//
// Fields of equal JSON names belong together by themselves. What only one side has stays as it is
// there, and so does what each store keeps for itself: local_only fields, versions, marks of
// deletion (a deletion crosses as a deletion), states and times of the sync.
#pragma once

#include <syncfw/entity/detail/mapping_rules.hpp>
#include <syncfw/entity/entity.hpp>
#include <syncfw/entity/field_mask.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace syncfw {

/// A field of the first entity and its counterpart of another name in the second.
template <auto First, auto Second>
inline constexpr detail::rename_t<First, Second> rename{};

/// A field that doesn't cross, though the other side has one of its name.
template <auto Member>
inline constexpr detail::leave_out_t<Member> leave_out{};

/// What `mapping<A, B>(…)` gives; it has no state.
template <class A, class B, class... Rules>
class mapping_t {
    static_assert(detail::require_mapping<A, B, Rules...>());

  public:
    using first_type = A;
    using second_type = B;

    /// The shared fields, in the first entity's order.
    [[nodiscard]] static constexpr std::span<const field_pair> pairs() noexcept {
        return {found().pairs.data(), found().count};
    }
    /// The shared fields, as fields of the first entity.
    [[nodiscard]] static constexpr field_mask shared() noexcept {
        field_mask all;
        for (const field_pair& each : pairs()) all.set(each.first);
        return all;
    }

    /// Copies the shared fields, and leaves all others of the target as they are.
    static void to_second(const A& from, B& to) {
        each_pair([&]<std::size_t I, std::size_t J>() {
            detail::member_at<J>(to) = detail::member_at<I>(from);
        });
    }
    static void to_first(const B& from, A& to) {
        each_pair([&]<std::size_t I, std::size_t J>() {
            detail::member_at<I>(to) = detail::member_at<J>(from);
        });
    }

    /// The shared fields that differ, as fields of the first entity.
    [[nodiscard]] static field_mask differs(const A& first, const B& second) {
        field_mask differing;
        each_pair([&]<std::size_t I, std::size_t J>() {
            if (!(detail::member_at<I>(first) == detail::member_at<J>(second))) differing.set(I);
        });
        return differing;
    }

  private:
    static constexpr const detail::field_pairs& found() noexcept {
        return detail::pairs_of<A, B, Rules...>;
    }
    template <class F>
    static void each_pair(const F& f) {
        [&]<std::size_t... P>(std::index_sequence<P...>) {
            (f.template operator()<found().pairs[P].first, found().pairs[P].second>(), ...);
        }(std::make_index_sequence<found().count>());
    }
};

template <class A, class B, class... Rules>
[[nodiscard]] constexpr mapping_t<A, B, Rules...> mapping(Rules...) noexcept {
    return {};
}

}  // namespace syncfw
