// SPDX-License-Identifier: BSL-1.0
// expect: required is for what can be empty: texts, bytes, lists, uuids, optionals
#include <syncfw/entity/entity.hpp>

#include <optional>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using type = int;
#else
using type = std::optional<int>;
#endif

struct book {
    int id = 0;
    type field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::field_in_question>(required));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
