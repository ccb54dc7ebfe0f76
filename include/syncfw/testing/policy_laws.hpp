// SPDX-License-Identifier: BSL-1.0
// Whether a conflict policy keeps its laws, tried with random rows. Any test runner will do: what
// comes back is a report, and a finding has the smallest rows found that show it.
//
//     using namespace syncfw::testing;
//     const report seen = check_policy_laws<done_wins, task>();
//     std::puts(to_string(seen).c_str());
//     return seen.passed() ? 0 : 1;
//
// Every policy is
// - total: it decides each conflict and throws nothing. A policy that is only a part of `first_of`
//   may leave conflicts undecided; check the whole;
// - deterministic: it makes the same of the same conflict, wherever the rows lie;
// - explained: a decision has a rule's name; one that merges names each field that isn't theirs;
// - true to the row: what was merged has the key of the row;
// - in agreement: where both sides hold the same, nothing else comes out.
//
// One that says `is_order_independent` is also idempotent, commutative and associative: three
// writes that didn't know of each other come to one content in whatever order they meet.
//
// The content of a row is its key, what a client may set, and whether it is deleted. Three writes
// are of three origins; rows with equal stamps are one write that came twice. Values need not keep
// the rules of the entity's declaration.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/delta.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/conflict/conflict.hpp>
#include <syncfw/testing/random.hpp>
#include <syncfw/testing/report.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw::testing {

struct law_options {
    std::uint64_t cases = 1'000;  ///< Each of three rows, and with or without a base.
    std::uint64_t seed = 1;
};

/// Tries what P promises about conflicts of T. Each law has one finding at most.
template <class P, class T>
[[nodiscard]] report check_policy_laws(const P& policy = {}, const law_options& options = {});

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

using syncfw::detail::member_at;

/// Three writes of one row that don't know of each other, and what they go back to.
template <class T>
struct concurrent_writes {
    std::optional<record<T>> base{};
    std::array<record<T>, 3> rows{};
    std::size_t count = 3;  ///< As many of the rows as take part.

    [[nodiscard]] const record<T>* base_or_null() const { return base ? &*base : nullptr; }
};

/// What a client may set: all that can differ between the sides of a conflict.
template <class T>
inline constexpr field_mask content_fields = entity_of<T>.on(route::to_server);

template <class T>
inline constexpr field_mask key_fields = entity_of<T>.all_with(meaning::primary_key);

template <class T>
[[nodiscard]] bool is_same_content(const record<T>& a, const record<T>& b) {
    return a.is_deleted() == b.is_deleted() &&
           (changed_fields(a.value, b.value) & content_fields<T>).empty();
}

/// Calls f with the place of each field in the mask, as a constant.
template <class T, class F>
void for_each_field(const field_mask& which, F&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        ((which.test(I) ? f(std::integral_constant<std::size_t, I>()) : void()), ...);
    }(std::make_index_sequence<syncfw::detail::member_count<T>>());
}

template <class T>
void copy_fields(T& to, const T& from, const field_mask& which) {
    for_each_field<T>(which, [&](auto place) { member_at<place>(to) = member_at<place>(from); });
}

// --- rows in words -------------------------------------------------------------------------------

template <class V>
[[nodiscard]] std::string value_in_words(const V& shown) {
    namespace json = syncfw::detail::json;
    buffer out;
    out.set_end(json::put<V>(out.room(json::bound<V>(shown)), shown));
    return std::string(out.view());
}

/// The fields that are not as the struct begins: `{title "Zz", pages 3}`.
template <class T>
[[nodiscard]] std::string content_in_words(const record<T>& row) {
    std::string words;
    const field_mask shown = changed_fields(T{}, row.value) & (content_fields<T> - key_fields<T>);
    for_each_field<T>(shown, [&](auto place) {
        words.append(words.empty() ? "" : ", ").append(entity_of<T>.fields[place].name);
        words += " " + value_in_words(member_at<place>(row.value));
    });
    return "{" + words + "}" + (row.is_deleted() ? " deleted" : "");
}

template <class T>
[[nodiscard]] std::string write_in_words(const record<T>& row) {
    return content_in_words(row) + " at time " + std::to_string(row.written().milliseconds()) +
           " of origin " + std::to_string(row.written().origin().value()) + ", version " +
           std::to_string(row.version());
}

template <class T>
[[nodiscard]] std::string in_words(const concurrent_writes<T>& writes) {
    constexpr std::string_view names[] = {"a = ", "b = ", "c = "};
    std::string words;
    for (std::size_t i = 0; i < writes.count; ++i)
        words.append("; ").append(names[i]).append(write_in_words(writes.rows[i]));
    return words + (writes.base ? "; base = " + write_in_words(*writes.base) : "; no base");
}

// --- random writes -------------------------------------------------------------------------------

// What the engine does before a row is stored: work on counters and sets gets its origin's name.
template <class V>
void attribute(V& value, replica_id origin) {
    if constexpr (syncfw::detail::is_specialisation<V, std::optional>) {
        if (value) attribute(*value, origin);
    } else if constexpr (requires { value.attribute_to(origin); }) {
        if (value.has_unattributed()) value.attribute_to(origin);
    }
}

/// Few times, versions and values, so that they meet.
template <class T>
class write_source {
  public:
    explicit write_source(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] concurrent_writes<T> draw() {
        record<T> root{};
        randomise_fields(root.value, field_mask::first(entity_of<T>.fields.size()), random_);
        set_key(root.value, 1);
        copy_fields(root.value, T{}, deletion_field);
        finish(root, 4);

        concurrent_writes<T> drawn;
        if (random_.chance(600)) drawn.base = root;
        const std::uint64_t first_origin = random_.below(3);
        for (std::size_t i = 0; i < 3; ++i)
            drawn.rows[i] =
                edit(root, i == 0 ? root : drawn.rows[i - 1], (first_origin + i) % 3 + 1);
        // The same write may come again, and a server may have given it another version.
        if (random_.chance(150)) {
            const std::int64_t version = drawn.rows[2].version();
            drawn.rows[2] = drawn.rows[random_.below(2)];
            drawn.rows[2].set_version(version);
        }
        return drawn;
    }

  private:
    static constexpr field_mask deletion_field = entity_of<T>.all_with(meaning::soft_delete);
    static constexpr field_mask editable = content_fields<T> - key_fields<T> - deletion_field;

    [[nodiscard]] record<T> edit(const record<T>& root, const record<T>& other,
                                 std::uint64_t origin) {
        record<T> row{.value = root.value};
        copy_fields(row.value, T{}, deletion_field);
        for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i) {
            field_mask one;
            one.set(i);
            one = one & editable;
            switch (random_.below(8)) {
                case 0:
                case 1: randomise_fields(row.value, one, random_); break;
                case 2: copy_fields(row.value, other.value, one); break;
                case 3: copy_fields(row.value, T{}, one); break;
                default: break;  // As it was.
            }
        }
        finish(row, origin);
        return row;
    }

    void finish(record<T>& row, std::uint64_t origin) {
        row.set_written(stamp((1 + random_.below(3)) << 16, replica_id(origin)));
        row.set_version(static_cast<std::int64_t>(1 + random_.below(3)));
        if (random_.chance(200)) row.mark_deleted(row.written().moment());
        for_each_field<T>(field_mask::first(entity_of<T>.fields.size()), [&](auto place) {
            attribute(member_at<place>(row.value), replica_id(origin));
        });
    }

    random_source random_;
};

// --- smaller counterexamples ---------------------------------------------------------------------

/// Equal stamps are one write.
template <class T>
[[nodiscard]] bool is_possible(const concurrent_writes<T>& writes) {
    for (std::size_t i = 1; i < writes.rows.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (writes.rows[i].written() == writes.rows[j].written() &&
                !is_same_content(writes.rows[i], writes.rows[j]))
                return false;
    return true;
}

/// Takes away what the counterexample doesn't need: the base, fields, versions, times, deletions;
/// first from all rows at once, so that rows that are one write stay so. `is_broken(writes)`
template <class T, class F>
void shrink(concurrent_writes<T>& writes, F&& is_broken) {
    const auto attempt = [&](auto&& change) {
        concurrent_writes<T> smaller = writes;
        change(smaller);
        if (is_possible(smaller) && is_broken(smaller)) writes = std::move(smaller);
    };
    const auto attempt_on_rows = [&](auto&& change) {
        attempt([&](concurrent_writes<T>& w) {
            for (record<T>& row : w.rows) change(row);
            if (w.base) change(*w.base);
        });
        attempt([&](concurrent_writes<T>& w) {
            if (w.base) change(*w.base);
        });
        for (std::size_t i = 0; i < writes.rows.size(); ++i)
            attempt([&](concurrent_writes<T>& w) { change(w.rows[i]); });
    };
    attempt([](concurrent_writes<T>& w) { w.base.reset(); });
    for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i) {
        field_mask one;
        one.set(i);
        if ((one & key_fields<T>).empty())
            attempt_on_rows([&](record<T>& row) { copy_fields(row.value, T{}, one); });
    }
    attempt_on_rows([](record<T>& row) { row.set_version(1); });
    attempt_on_rows([](record<T>& row) {
        row.set_written(stamp(std::uint64_t{1} << 16, row.written().origin()));
    });
    attempt_on_rows([](record<T>& row) { row.beside.is_deleted = false; });
}

// --- the laws ------------------------------------------------------------------------------------

template <class P, class T>
class law_checker {
  public:
    using writes_type = concurrent_writes<T>;

    report seen{};

    law_checker(const P& policy, const law_options& options) : policy_(policy), options_(options) {}

    void run() {
        write_source<T> source(options_.seed);
        for (std::uint64_t i = 0; i < options_.cases; ++i) {
            const writes_type writes = source.draw();
            if (!holds(0, writes)) return;  // Nothing else can be asked of it.
            for (std::size_t which = 1; which < law_count; ++which) (void)holds(which, writes);
        }
    }

  private:
    /// A law of so many writes. Its function gives the empty text where it holds, else what was
    /// expected and what came.
    struct law {
        const char* name;
        std::size_t writes;
        std::string (law_checker::*offence)(const writes_type&) const;
    };
    /// Those that every policy keeps, then those of the order-independent ones.
    [[nodiscard]] static const law& law_at(std::size_t which) {
        static constexpr law laws[] = {{"total", 2, &law_checker::not_total},
                                       {"deterministic", 2, &law_checker::not_deterministic},
                                       {"explained", 2, &law_checker::not_explained},
                                       {"true to the row", 2, &law_checker::not_true_to_row},
                                       {"agreement", 2, &law_checker::no_agreement},
                                       {"idempotent", 1, &law_checker::not_idempotent},
                                       {"commutative", 2, &law_checker::not_commutative},
                                       {"associative", 3, &law_checker::not_associative}};
        return laws[which];
    }
    static constexpr std::size_t law_count = is_order_independent<P, T> ? 8 : 5;

    [[nodiscard]] std::string offence_of(const law& asked, const writes_type& writes) const {
        try {
            return (this->*asked.offence)(writes);
        } catch (const std::exception& thrown) {
            return std::string("it threw: ") + thrown.what();
        } catch (...) {
            return "it threw";
        }
    }

    [[nodiscard]] bool holds(std::size_t which, const writes_type& drawn) {
        if (is_found_[which]) return true;
        ++seen.checks;
        const law& asked = law_at(which);
        std::string offence = offence_of(asked, drawn);
        if (offence.empty()) return true;
        is_found_[which] = true;
        writes_type smallest = drawn;
        smallest.count = asked.writes;
        shrink(smallest, [&](const writes_type& w) {
            // Kept as it was said: one that isn't deterministic may not say it again.
            std::string said = offence_of(asked, w);
            if (said.empty()) return false;
            offence = std::move(said);
            return true;
        });
        seen.findings.push_back(
            {asked.name, std::string(entity_of<T>.name) + ": " + offence + in_words(smallest)});
        return false;
    }

    // --- what the policy makes of it -------------------------------------------------------------

    /// `mine` arrives where `theirs` is.
    [[nodiscard]] decision<T> decide(const writes_type& among, const record<T>& theirs,
                                     const record<T>& mine) const {
        return policy_.resolve(conflict<T>{among.base_or_null(), mine, theirs});
    }

    /// What is left when `mine` has arrived; none once a person has to decide.
    [[nodiscard]] std::optional<record<T>> meet(const writes_type& among,
                                                const std::optional<record<T>>& theirs,
                                                const std::optional<record<T>>& mine) const {
        if (!theirs || !mine) return {};
        const conflict<T> c{among.base_or_null(), *mine, *theirs};
        const decision<T> made = policy_.resolve(c);
        if (made.made == outcome::merged && !made.merged) return {};  // Not total; that is told.
        return settle(c, made);
    }

    [[nodiscard]] static bool is_same_end(const std::optional<record<T>>& a,
                                          const std::optional<record<T>>& b) {
        return a && b ? is_same_content(*a, *b) : a.has_value() == b.has_value();
    }
    [[nodiscard]] static std::string end_in_words(const std::optional<record<T>>& end) {
        return end ? content_in_words(*end) : "a parked conflict";
    }

    /// Calls f(theirs, mine) for both directions, and for different rows of one stamp, which a
    /// policy has to answer as well. Gives the first text that isn't empty.
    template <class F>
    [[nodiscard]] static std::string first_offence(const writes_type& writes, F&& f) {
        const record<T>& a = writes.rows[0];
        const record<T>& b = writes.rows[1];
        if (std::string found = f(a, b); !found.empty()) return "b arriving at a: " + found;
        if (std::string found = f(b, a); !found.empty()) return "a arriving at b: " + found;
        record<T> twin = b;
        twin.set_written(a.written());
        std::string found = f(a, twin);
        return found.empty() ? found : "b with a's stamp arriving at a: " + found;
    }

    // --- the laws of every policy ----------------------------------------------------------------

    [[nodiscard]] std::string not_total(const writes_type& writes) const {
        return first_offence(writes, [&](const record<T>& theirs, const record<T>& mine) {
            const decision<T> made = decide(writes, theirs, mine);
            if (made.made == outcome::undecided) return "it is left undecided";
            const bool is_merged = made.made == outcome::merged;
            if (is_merged && !made.merged) return "it is merged, without a merged value";
            return !is_merged && made.merged ? "it has a merged value, but isn't merged" : "";
        });
    }

    [[nodiscard]] std::string not_deterministic(const writes_type& writes) const {
        return first_offence(writes, [&](const record<T>& theirs, const record<T>& mine) {
            // Which of the two lies first in memory must not matter.
            const std::array<record<T>, 2> here{theirs, mine};
            const std::array<record<T>, 2> there{mine, theirs};
            const decision<T> one = decide(writes, here[0], here[1]);
            const decision<T> other = decide(writes, there[1], there[0]);
            const bool is_same = one.made == other.made && one.rule == other.rule &&
                                 one.fields == other.fields &&
                                 (!one.merged || !other.merged ||
                                  changed_fields(*one.merged, *other.merged).empty());
            return is_same
                       ? std::string()
                       : "first " + decision_in_words(one) + ", then " + decision_in_words(other);
        });
    }

    [[nodiscard]] static std::string decision_in_words(const decision<T>& made) {
        std::string words(to_string(made.made));
        if (made.merged) words += " to " + content_in_words(record<T>{.value = *made.merged});
        return words.append(" by \"").append(made.rule).append("\"");
    }

    [[nodiscard]] std::string not_explained(const writes_type& writes) const {
        return first_offence(writes, [&](const record<T>& theirs, const record<T>& mine) {
            const decision<T> made = decide(writes, theirs, mine);
            if (made.rule.empty()) return std::string("the decision has no rule's name");
            if (!made.merged) return std::string();
            const field_mask changed = changed_fields(*made.merged, theirs.value);
            const field_mask untold = (changed - made.fields) & content_fields<T>;
            if (untold.empty()) return std::string();
            return decision_in_words(made) + ", but it doesn't say that it changed " +
                   syncfw::detail::field_names<T>(untold);
        });
    }

    [[nodiscard]] std::string not_true_to_row(const writes_type& writes) const {
        return first_offence(writes, [&](const record<T>& theirs, const record<T>& mine) {
            const decision<T> made = decide(writes, theirs, mine);
            if (!made.merged) return std::string();
            const field_mask changed = changed_fields(*made.merged, theirs.value);
            if ((changed & key_fields<T>).empty()) return std::string();
            return "the merged value has the key " + key_text(key(*made.merged));
        });
    }

    /// Parked rows are kept as they are, so nothing else came out of them.
    [[nodiscard]] std::string no_agreement(const writes_type& writes) const {
        record<T> mine = writes.rows[0];
        mine.set_written(writes.rows[1].written());
        mine.set_version(writes.rows[1].version());
        const auto left = meet(writes, writes.rows[0], mine);
        if (!left || is_same_content(*left, mine)) return {};
        return "both sides hold a's content (mine with b's stamp and version), but " +
               end_in_words(left) + " comes out";
    }

    // --- the laws of those that are order-independent --------------------------------------------

    [[nodiscard]] std::string not_idempotent(const writes_type& writes) const {
        const auto left = meet(writes, writes.rows[0], writes.rows[0]);
        if (left && is_same_content(*left, writes.rows[0])) return {};
        return "a arriving where it is already gives " + end_in_words(left);
    }

    [[nodiscard]] std::string not_commutative(const writes_type& writes) const {
        const auto b_last = meet(writes, writes.rows[0], writes.rows[1]);
        const auto a_last = meet(writes, writes.rows[1], writes.rows[0]);
        if (is_same_end(b_last, a_last)) return {};
        return "a, then b gives " + end_in_words(b_last) + ", but b, then a gives " +
               end_in_words(a_last);
    }

    [[nodiscard]] std::string not_associative(const writes_type& writes) const {
        std::array<std::size_t, 3> order{0, 1, 2};
        const std::optional<record<T>> a_b = meet(writes, writes.rows[0], writes.rows[1]);
        const std::optional<record<T>> expected = meet(writes, a_b, writes.rows[2]);
        const auto offence = [&](const std::optional<record<T>>& found, const char* how) {
            if (is_same_end(expected, found)) return std::string();
            std::string met;
            for (const std::size_t i : order) met += static_cast<char>('a' + i);
            return "a, b and c one after the other give " + end_in_words(expected) + ", but " +
                   met.substr(0, 1) + how + met.substr(1, 1) + " and " + met.substr(2) + " give " +
                   end_in_words(found);
        };
        do {
            const auto row = [&](std::size_t i) { return std::optional(writes.rows[order[i]]); };
            const auto each = meet(writes, meet(writes, row(0), row(1)), row(2));
            if (auto found = offence(each, ", "); !found.empty()) return found;
            const auto pair = meet(writes, row(0), meet(writes, row(1), row(2)));
            if (auto found = offence(pair, " with what has become of "); !found.empty())
                return found;
        } while (std::next_permutation(order.begin(), order.end()));
        return {};
    }

    const P& policy_;
    law_options options_;
    std::array<bool, law_count> is_found_{};
};

}  // namespace detail

template <class P, class T>
report check_policy_laws(const P& policy, const law_options& options) {
    static_assert(conflict_policy<P, T>, "syncfw: this policy has no resolve() for this entity");
    detail::law_checker<P, T> checker(policy, options);
    checker.run();
    return std::move(checker.seen);
}

}  // namespace syncfw::testing
