// SPDX-License-Identifier: BSL-1.0
// expect: these entities have encrypted fields; give the link the cipher of the replica's tenant
#include <syncfw/app/json_link.hpp>

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
using notes = syncfw::schema<sealed_note>;
#else
using notes = syncfw::schema<open_note>;
#endif

syncfw::result<std::string> ask(syncfw::json_link<notes, syncfw::http_json_line>& link) {
    return link.exchange("");
}
