// SPDX-License-Identifier: BSL-1.0
// expect: the rule of satisfies must take the field's value and give a bool
#include <syncfw/entity/entity.hpp>

#include <optional>
#include <string_view>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    std::optional<int> field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                       field<&book::field_in_question>(satisfies(
                           "be short", [](std::string_view text) { return text.size() < 9; }))
#else
                       field<&book::field_in_question>(
                           satisfies("be even", [](int n) { return n % 2 == 0; }))
#endif
        );
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
