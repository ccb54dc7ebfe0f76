// SPDX-License-Identifier: BSL-1.0
// Deltas of an entity with a field of every type, on a route that leaves fields out.
#include "../support/everything.hpp"
#include "fuzz.hpp"
#include <syncfw/codec/delta.hpp>

#include <string>

using tests::everything;
namespace binary = syncfw::binary;

void fuzz::check(std::string_view input) {
    auto reader = binary::delta_reader<everything, syncfw::to_server>::of_deltas(input);
    everything target;
    for (;;) {
        const everything before = target;
        const auto set = reader.apply_next(target);
        const auto changed = syncfw::changed_fields(before, target);
        if (!set) {
            require(changed.empty(), "a failure sets nothing");
            break;
        }
        require((changed - *set).empty(), "nothing else is touched");
        require((*set - syncfw::entity_of<everything>.on(syncfw::to_server)).empty(),
                "what the server owns is not set");
        syncfw::buffer out;
        binary::append_delta<syncfw::to_server>(out, target, *set);
        everything again = before;
        auto same = binary::delta_reader<everything, syncfw::to_server>::of_deltas(out.view());
        require(same.apply_next(again) == set, "what is accepted can be written and read again");
        require(syncfw::changed_fields(target, again).empty(), "and is the same");
    }
    require(reader.failure() || reader.rest().empty(), "all is read, or there is a reason");
}
