// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/config.hpp>
#include <syncfw/core/detail/algorithm.hpp>
#include <syncfw/core/replica_id.hpp>
#include <syncfw/core/result.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace syncfw {

/// The n-th insertion by one replica. Replica zero, number zero: an insertion that is nobody's
/// yet.
struct dot {
    /// What a signed 64-bit column or JSON number can hold.
    static constexpr std::uint64_t number_max = INT64_MAX;

    replica_id replica{};
    std::uint64_t number = 0;

    friend auto operator<=>(const dot&, const dot&) = default;
};

/// A set that several replicas may insert into and erase from at the same time. An erasure takes
/// away just the insertions that it had seen, so that a concurrent insertion wins; and what was
/// erased leaves nothing behind: how far each replica has been seen tells old from new.
///
///     post.tags.insert("c++");         // nobody's yet
///     post.tags.merge(stored.tags);    // what the engine does when the row is written:
///     post.tags.attribute_to(self);    // first the stored value, then its own name
///     for (const std::string& tag : post.tags) show(tag);
///
/// Values are ordered by `<` and can't be changed in place.
template <class T>
class set_of {
  public:
    using value_type = T;

    /// A value, and the insertions that keep it in: sorted, unique, at least one.
    struct element {
        T value;
        std::vector<dot> dots;

        friend bool operator==(const element&, const element&) = default;
    };
    /// All there is, for codecs.
    struct state_type {
        std::vector<element> elements{};  ///< Sorted by value, unique.
        std::vector<dot> seen{};          ///< The last insertion seen of each replica; sorted.

        friend bool operator==(const state_type&, const state_type&) = default;
    };
    class iterator;
    using const_iterator = iterator;

    set_of() = default;
    set_of(std::initializer_list<T> values) {
        for (const T& value : values) insert(value);
    }

    /// Takes a state as `state()` gives it. Fails with `errc::invalid_value` when it is out of
    /// order, says a thing twice, or has an insertion that it has not seen.
    [[nodiscard]] static result<set_of> from_state(state_type state);
    [[nodiscard]] const state_type& state() const noexcept { return state_; }

    [[nodiscard]] bool contains(const T& value) const { return find(value) != nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return state_.elements.size(); }
    [[nodiscard]] bool empty() const noexcept { return state_.elements.empty(); }
    [[nodiscard]] iterator begin() const noexcept { return iterator(state_.elements.data()); }
    [[nodiscard]] iterator end() const noexcept {
        return iterator(state_.elements.data() + state_.elements.size());
    }

    /// Whether the value is new here. Inserting one that is there says that it should stay, even
    /// if another replica is erasing it just now.
    bool insert(T value);
    /// Whether the value was here.
    bool erase(const T& value);
    void clear() noexcept { state_.elements.clear(); }

    /// Whether `insert` was used on what is still here, since the last `attribute_to`.
    [[nodiscard]] bool has_unattributed() const noexcept {
        for (const element& each : state_.elements)
            if (is_unattributed(each)) return true;
        return false;
    }
    /// Gives what is nobody's yet to `replica`. A replica must never use a number twice: when the
    /// stored value may have more of them than this one, merge with it first.
    void attribute_to(replica_id replica);

    /// Takes over what `other` knows and this doesn't. Commutative, associative and idempotent
    /// over attributed insertions. What is not attributed is not shared yet: this one keeps its
    /// own and takes none of the other's.
    void merge(const set_of& other);

    /// Same insertions and same knowledge, not only the same values: two equal sets behave alike
    /// in every merge.
    friend bool operator==(const set_of&, const set_of&) = default;

  private:
    [[nodiscard]] static bool is_unattributed(const element& e) noexcept {
        return !e.dots.front().replica.is_attributed();
    }
    [[nodiscard]] static auto place_of(auto& elements, const T& value) {
        return detail::first_not(elements, [&](const element& e) { return e.value < value; });
    }
    [[nodiscard]] const element* find(const T& value) const {
        const auto at = place_of(state_.elements, value);
        return at != state_.elements.end() && !(value < at->value) ? &*at : nullptr;
    }
    [[nodiscard]] static auto last_seen(auto& seen, replica_id replica) noexcept {
        return detail::first_not(seen, [&](const dot& d) { return d.replica < replica; });
    }
    [[nodiscard]] static bool has_seen(const std::vector<dot>& seen, const dot& d) noexcept {
        const auto at = last_seen(seen, d.replica);
        return at != seen.end() && at->replica == d.replica && at->number >= d.number;
    }
    [[nodiscard]] static std::vector<dot> surviving(const element* mine, const set_of& my_set,
                                                    const element* theirs, const set_of& their_set);
    [[nodiscard]] static const char* mistake_in(const state_type& state);

    state_type state_{};
};

/// Goes through the values in their order.
template <class T>
class set_of<T>::iterator {
  public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;

    iterator() noexcept = default;
    explicit iterator(const element* at) noexcept : at_(at) {}

    [[nodiscard]] const T& operator*() const noexcept { return at_->value; }
    [[nodiscard]] const T* operator->() const noexcept { return &at_->value; }
    iterator& operator++() noexcept {
        ++at_;
        return *this;
    }
    iterator operator++(int) noexcept { return iterator(at_++); }
    friend bool operator==(const iterator&, const iterator&) = default;

  private:
    const element* at_ = nullptr;
};

template <class T>
bool set_of<T>::insert(T value) {
    auto at = place_of(state_.elements, value);
    const bool is_new = at == state_.elements.end() || value < at->value;
    // The new insertion has seen the ones before it, and stands for them all.
    if (is_new)
        state_.elements.insert(at, element{std::move(value), {dot{}}});
    else
        at->dots.assign(1, dot{});
    return is_new;
}

template <class T>
bool set_of<T>::erase(const T& value) {
    const auto at = place_of(state_.elements, value);
    if (at == state_.elements.end() || value < at->value) return false;
    state_.elements.erase(at);
    return true;
}

template <class T>
void set_of<T>::attribute_to(replica_id replica) {
    SYNCFW_ASSERT(replica.is_attributed(), "a set can only be attributed to a real replica");
    if (!has_unattributed()) return;
    auto last = last_seen(state_.seen, replica);
    if (last == state_.seen.end() || last->replica != replica)
        last = state_.seen.insert(last, dot{.replica = replica, .number = 0});
    for (element& e : state_.elements) {
        if (!is_unattributed(e)) continue;
        // Only a hostile peer can have brought it so far: it may lose values, not end the process.
        if (last->number < dot::number_max) ++last->number;
        e.dots.assign(1, dot{.replica = replica, .number = last->number});
    }
}

template <class T>
std::vector<dot> set_of<T>::surviving(const element* mine, const set_of& my_set,
                                      const element* theirs, const set_of& their_set) {
    std::vector<dot> dots;
    const auto holds = [](const element* e, const dot& d) {
        if (e == nullptr) return false;
        const auto at = detail::first_not(e->dots, [&](const dot& each) { return each < d; });
        return at != e->dots.end() && *at == d;
    };
    // An insertion stays when both hold it, or when the one without it has not seen it.
    if (mine != nullptr)
        for (const dot& d : mine->dots)
            if (!d.replica.is_attributed() || holds(theirs, d) ||
                !has_seen(their_set.state_.seen, d))
                dots.push_back(d);
    if (theirs != nullptr)
        for (const dot& d : theirs->dots)
            if (d.replica.is_attributed() && !holds(mine, d) && !has_seen(my_set.state_.seen, d))
                dots.push_back(d);
    detail::sort_by(dots, [](const dot& a, const dot& b) { return a < b; });
    return dots;
}

template <class T>
void set_of<T>::merge(const set_of& other) {
    state_type merged;
    auto mine = state_.elements.begin();
    auto theirs = other.state_.elements.begin();
    const auto my_end = state_.elements.end();
    const auto their_end = other.state_.elements.end();
    while (mine != my_end || theirs != their_end) {
        const bool has_mine =
            theirs == their_end || (mine != my_end && !(theirs->value < mine->value));
        const bool has_theirs =
            mine == my_end || (theirs != their_end && !(mine->value < theirs->value));
        std::vector<dot> dots =
            surviving(has_mine ? &*mine : nullptr, *this, has_theirs ? &*theirs : nullptr, other);
        if (!dots.empty())
            merged.elements.push_back(
                element{has_mine ? mine->value : theirs->value, std::move(dots)});
        if (has_mine) ++mine;
        if (has_theirs) ++theirs;
    }
    merged.seen = std::move(state_.seen);
    for (const dot& d : other.state_.seen) {
        const auto at = last_seen(merged.seen, d.replica);
        if (at == merged.seen.end() || at->replica != d.replica)
            merged.seen.insert(at, d);
        else
            at->number = detail::larger(at->number, d.number);
    }
    state_ = std::move(merged);
}

template <class T>
const char* set_of<T>::mistake_in(const state_type& state) {
    for (std::size_t i = 0; i < state.seen.size(); ++i) {
        if (!state.seen[i].replica.is_attributed() || state.seen[i].number == 0 ||
            state.seen[i].number > dot::number_max)
            return "'seen' names a replica and a number from 1 to 2^63-1";
        if (i > 0 && state.seen[i].replica <= state.seen[i - 1].replica)
            return "'seen' is sorted, and each replica stands in it once";
    }
    for (std::size_t i = 0; i < state.elements.size(); ++i) {
        const element& e = state.elements[i];
        if (i > 0 && !(state.elements[i - 1].value < e.value))
            return "the values are sorted, and each stands there once";
        if (e.dots.empty()) return "each value has at least one insertion";
        for (std::size_t d = 0; d < e.dots.size(); ++d) {
            if (d > 0 && e.dots[d] <= e.dots[d - 1])
                return "a value's insertions are sorted, and each stands there once";
            if (e.dots[d] != dot{} && (e.dots[d].number == 0 || !has_seen(state.seen, e.dots[d])))
                return "each insertion is covered by 'seen'";
        }
    }
    return nullptr;
}

template <class T>
result<set_of<T>> set_of<T>::from_state(state_type state) {
    if (const char* rule = mistake_in(state))
        return error{.code = errc::invalid_value,
                     .message = std::string("the set's state breaks a rule: ") + rule};
    set_of made;
    made.state_ = std::move(state);
    return made;
}

}  // namespace syncfw
