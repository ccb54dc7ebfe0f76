// SPDX-License-Identifier: BSL-1.0
#include <syncfw/syncfw.hpp>

struct note {
    std::int64_t id = 0;
    static constexpr auto sync_entity =
        syncfw::entity<"note">(syncfw::field<&note::id>(syncfw::annotations::primary_key));
};

int main() {
    return syncfw::json::encode(note{7}) == R"({"id":7})" ? 0 : 1;
}
