// SPDX-License-Identifier: BSL-1.0
// What a server knows of a push while it works on it, entity by entity.
#pragma once

#include <syncfw/core/stamp.hpp>
#include <syncfw/entity/key.hpp>
#include <syncfw/storage/system_entities.hpp>
#include <syncfw/sync/detail/kept_answer.hpp>
#include <syncfw/sync/detail/push_rules.hpp>
#include <syncfw/sync/detail/request_mark.hpp>
#include <syncfw/sync/messages.hpp>
#include <syncfw/sync/plan.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// One operation's.
template <class T>
struct push_place {
    stamp written{};  ///< As the device has it.
    request_marker::mark mark{};
    std::optional<record<T>> stored{};
    std::optional<applied_operation> known{};
    std::vector<foreign_field> foreign{};  ///< What is kept beside the stored row.
    bool adopts = false;                   ///< Some of it is known here by now.
    push_plan<T> plan{};
};

/// One entity's, in the order of its operations.
template <class T>
struct push_part {
    std::vector<key_of<T>> keys{};
    std::vector<push_place<T>> places{};
};

/// A device must not take the place of what the server keeps under ids of its own making.
template <class Schema>
[[nodiscard]] result<void> check_ids(const push_message<Schema>& asked) {
    result<void> fine;
    Schema::for_each([&]<class T>(of<T>) {
        for (const operation<T>& op : asked.operations.template of<T>())
            if (is_the_servers(op.id))
                fine = bad_push<T>("ids of version 8 are the server's; take one of version 4 or 7");
    });
    return fine;
}

template <class Schema>
class push_parts;
template <class... Ts>
class push_parts<schema<Ts...>> {
  public:
    template <class T>
    [[nodiscard]] push_part<T>& of() {
        return std::get<push_part<T>>(each_);
    }
    template <class T>
    [[nodiscard]] const push_part<T>& of() const {
        return std::get<push_part<T>>(each_);
    }

    /// What no push may be.
    [[nodiscard]] result<void> check(const push_message<schema<Ts...>>& asked) const {
        result<void> fine;
        std::vector<uuid> ids;
        ids.reserve(asked.operations.size());
        const auto look_at = [&]<class T>(const std::vector<operation<T>>& ops) {
            for (const operation<T>& op : ops) {
                ids.push_back(op.id);
                if (op.base_version < 0) fine = bad_push<T>("a version can't be negative");
            }
            if (has_twice(of<T>().keys))
                fine = bad_push<T>("a push has one operation of a row at most");
        };
        (look_at(asked.operations.template of<Ts>()), ...);
        if (fine && has_twice(ids))
            return error{.code = errc::malformed, .message = "an operation comes twice"};
        return fine;
    }

  private:
    // Ids come in their order from most devices, and keys that are such ids do.
    template <class V>
    [[nodiscard]] static bool has_twice(const std::vector<V>& all) {
        std::vector<const V*> sorted;
        sorted.reserve(all.size());
        for (const V& each : all) sorted.push_back(&each);
        const auto less = [](const V* a, const V* b) { return *a < *b; };
        if (!std::is_sorted(sorted.begin(), sorted.end(), less))
            std::sort(sorted.begin(), sorted.end(), less);
        return std::adjacent_find(sorted.begin(), sorted.end(),
                                  [](const V* a, const V* b) { return *a == *b; }) != sorted.end();
    }

    std::tuple<push_part<Ts>...> each_{};
};

}  // namespace syncfw::detail
