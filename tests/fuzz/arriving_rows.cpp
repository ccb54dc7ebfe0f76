// SPDX-License-Identifier: BSL-1.0
// Bodies of clients without the engine: parts of rows of two entities.
#include "../support/everything.hpp"
#include "fuzz.hpp"
#include <syncfw/sync/arriving_rows.hpp>

using tests::everything;

namespace {

using namespace syncfw::annotations;

struct person {
    syncfw::uuid id{};
    std::string name{};
    std::int32_t active = 1;
    std::int32_t gone = 0;
    std::int64_t version = 0;
    syncfw::timestamp changed{};
    static constexpr auto sync_entity = entity<"person">(
        field<&person::id>(primary_key), field<&person::gone>(soft_delete, alias("isDeleted")),
        field<&person::version>(is::version), field<&person::changed>(updated_at));
};

}  // namespace

void fuzz::check(std::string_view input) {
    const auto all = syncfw::read_arriving_rows<syncfw::schema<person, everything>>(input);
    if (!all) {
        require(!all.error().message.empty(), "a refusal says why");
        return;
    }
    std::size_t count = 0;
    for (const auto& row : all->rows.of<person>()) {
        require(row.place < all->size(), "each row has its place");
        require(!row.path.empty(), "and its path");
        require(!row.has_key || !row.value.id.is_nil(), "a key that is there is one");
        ++count;
    }
    require(count + all->rows.of<everything>().size() == all->size(), "no row is lost");
}
