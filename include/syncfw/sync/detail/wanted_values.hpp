// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/codec/binary.hpp>
#include <syncfw/codec/delta.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/sync/detail/engine_fields.hpp>
#include <syncfw/sync/detail/row_image.hpp>

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// The unique values that rows are about to take, and which of them other rows have: asked with one
/// question a field. What goes from one of these rows to another is left to the database.
template <class T>
class wanted_values {
  public:
    /// The row of this number is going to be `after`.
    void add(std::size_t number, const std::optional<record<T>>& before, const record<T>& after) {
        written_.insert(key(after.value));
        keys_.emplace(number, key(after.value));
        if (after.is_deleted()) return;
        field_mask changed = unique_fields<T>;
        if (before && !before->is_deleted())
            changed = changed & changed_fields(before->value, after.value);
        for_each_place([&]<std::size_t P>(std::integral_constant<std::size_t, P>) {
            if (!changed.test(P)) return;
            visit_field(after.value, P, [&](const value_view& seen) {
                if (seen.is_null) return;
                value& list = fields_[P].list;
                if (list.elements.empty()) list = value({.kind = seen.kind, .is_null = false});
                list.elements.emplace_back(seen);
                fields_[P].whose.emplace(bytes_of<P>(after.value), number);
            });
        });
    }

    /// Calls `f(number, why)` for each row that can't have what it wants: who isn't written keeps
    /// what he has.
    template <class Transaction, class F>
    [[nodiscard]] result<void> for_each_taken(Transaction& tx, F&& f) {
        result<void> done;
        for_each_place([&]<std::size_t P>(std::integral_constant<std::size_t, P>) {
            if (done && !fields_[P].whose.empty()) done = look_in<P>(tx);
        });
        if (!done) return done;
        std::vector<key_of<T>> kept;
        for (const auto& [at, held] : held_)
            if (written_.count(at) == 0) kept.push_back(at);
        while (!kept.empty()) {
            const auto [first, last] = held_.equal_range(kept.back());
            kept.pop_back();
            for (auto at = first; at != last; ++at) refuse(at->second, kept, f);
        }
        return {};
    }

  private:
    struct one_field {
        value list{};
        std::multimap<std::string, std::size_t> whose{};
    };

    struct one_value {
        std::size_t place = 0;
        std::string bytes{};
    };

    template <class F>
    static void for_each_place(F&& f) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            const auto call = [&]<std::size_t P>(std::integral_constant<std::size_t, P> place) {
                if constexpr (unique_fields<T>.test(P)) f(place);
            };
            (call(std::integral_constant<std::size_t, I>()), ...);
        }(std::make_index_sequence<member_count<T>>());
    }
    template <std::size_t P>
    [[nodiscard]] static std::string bytes_of(const T& row) {
        return value_bytes(member_at<P>(row));
    }

    template <std::size_t P, class Transaction>
    [[nodiscard]] result<void> look_in(Transaction& tx) {
        const query_node is_one_of{
            .op = query_op::in_list, .place = static_cast<std::uint8_t>(P), .count = 1};
        auto holders = tx.template scan<T>(query_view{
            .entity = entity_of<T>, .nodes = {&is_one_of, 1}, .values = {&fields_[P].list, 1}});
        if (!holders) return holders.error();
        for (const record<T>& each : *holders)
            if (!each.is_deleted())
                held_.emplace(key(each.value), one_value{P, bytes_of<P>(each.value)});
        return {};
    }

    // Whoever wants it is not written either.
    template <class F>
    void refuse(const one_value& taken, std::vector<key_of<T>>& kept, F& f) {
        const auto [first, last] = fields_[taken.place].whose.equal_range(taken.bytes);
        for (auto at = first; at != last; ++at) {
            const auto who = keys_.find(at->second);
            if (who == keys_.end()) continue;
            f(at->second, error{.code = errc::already_exists,
                                .message = "another row has this value",
                                .entity = std::string(entity_of<T>.name),
                                .field = std::string(entity_of<T>.fields[taken.place].name)});
            kept.push_back(who->second);
            written_.erase(who->second);
            keys_.erase(who);
        }
    }

    std::set<key_of<T>> written_{};
    std::map<std::size_t, key_of<T>> keys_{};  // Of who isn't refused.
    std::multimap<key_of<T>, one_value> held_{};
    std::array<one_field, member_count<T>> fields_{};
};

}  // namespace syncfw::detail
