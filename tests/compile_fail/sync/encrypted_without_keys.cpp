// SPDX-License-Identifier: BSL-1.0
// expect: entities with encrypted fields are synchronised by stores that have their keys
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/server.hpp>

#include <cstdint>
#include <string>

using namespace syncfw::annotations;

struct open_note {
    std::int64_t id = 0;
    std::string text{};
    static constexpr auto sync_entity = syncfw::entity<"note">(field<&open_note::id>(primary_key));
};
struct sealed_note {
    std::int64_t id = 0;
    std::string text{};
    static constexpr auto sync_entity = syncfw::entity<"note">(
        field<&sealed_note::id>(primary_key), field<&sealed_note::text>(encrypted));
};
#ifdef SYNCFW_MISTAKE
using store = syncfw::memory::store<syncfw::schema<sealed_note>>;
#else
using store = syncfw::memory::store<syncfw::schema<open_note>>;
#endif

std::string answer(syncfw::server<syncfw::world<store>, syncfw::last_write_wins>& hub,
                   const std::string& request) {
    return hub.handle({}, request);
}
