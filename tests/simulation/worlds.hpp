// SPDX-License-Identifier: BSL-1.0
// The worlds that are simulated: entities with every kind of field, under each policy, on each
// storage.
#pragma once

#include <syncfw/conflict/policies.hpp>
#include <syncfw/testing/simulation.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace simulated {

using namespace syncfw;
using namespace syncfw::annotations;

struct book {
    uuid id{};
    std::string title{};
    std::int64_t pages = 0;
    std::optional<std::string> notes{};
    counter likes{};
    std::optional<std::int64_t> shelf_number{};
    bool is_deleted = false;
    std::int64_t version = 0;
    timestamp updated_at{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::is_deleted>(soft_delete),
        field<&book::version>(is::version), field<&book::notes>(merge(by::text)),
        field<&book::shelf_number>(unique), field<&book::updated_at>(is::updated_at));
};

// All its bookkeeping is hidden, and its key has two parts.
struct tag {
    std::string list{};
    std::int64_t number = 0;
    double weight = 0;
    set_of<std::string> words{};
    std::string draft{};

    static constexpr auto sync_entity =
        entity<"tag">(field<&tag::list>(primary_key), field<&tag::number>(primary_key),
                      field<&tag::draft>(local_only));
};
using library = schema<book, tag>;

/// One kind of world.
struct kind {
    std::string_view storage{};
    std::string_view policy{};
    testing::simulation_result (*run)(std::uint64_t seed, const testing::simulation_options&);
    testing::simulation_options (*shrink)(std::uint64_t seed, testing::simulation_options);
};

template <class Setup>
[[nodiscard]] kind kind_of(std::string_view storage, std::string_view policy) {
    return {storage, policy,
            [](std::uint64_t seed, const testing::simulation_options& options) {
                return testing::simulate<Setup>(seed, options);
            },
            [](std::uint64_t seed, testing::simulation_options failing) {
                return testing::shrink<Setup>(seed, std::move(failing));
            }};
}

[[nodiscard]] std::vector<kind> kinds_in_memory();
[[nodiscard]] std::vector<kind> kinds_in_sqlite();

}  // namespace simulated
