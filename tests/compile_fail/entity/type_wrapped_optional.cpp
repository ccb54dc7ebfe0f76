// SPDX-License-Identifier: BSL-1.0
// expect: value_traits can't have an optional as storage_type
#include <syncfw/entity/entity.hpp>

#include <cstdint>
#include <optional>

using namespace syncfw::annotations;

struct money {
    int cents = 0;
};
template <>
struct syncfw::value_traits<money> {
#ifdef SYNCFW_MISTAKE
    using storage_type = std::optional<std::int64_t>;
#else
    using storage_type = std::int64_t;
#endif
    static storage_type to_storage(const money& m) { return m.cents; }
};

struct book {
    int id = 0;
    money price{};

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
