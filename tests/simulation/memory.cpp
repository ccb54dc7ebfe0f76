// SPDX-License-Identifier: BSL-1.0
#include "worlds.hpp"

namespace simulated {
namespace {

template <class Policy>
struct setup {
    using schema_type = library;
    using policy_type = Policy;
};

}  // namespace

std::vector<kind> kinds_in_memory() {
    return {kind_of<setup<last_write_wins>>("memory", "last_write_wins"),
            kind_of<setup<server_wins>>("memory", "server_wins"),
            kind_of<setup<client_wins>>("memory", "client_wins"),
            kind_of<setup<merge_fields>>("memory", "merge_fields"),
            kind_of<setup<highest_version>>("memory", "highest_version"),
            kind_of<setup<park>>("memory", "park")};
}

}  // namespace simulated
