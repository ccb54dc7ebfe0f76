// SPDX-License-Identifier: BSL-1.0
// expect: this message has rows with encrypted fields; give a cipher as well
#include <syncfw/sync/json_messages.hpp>

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

std::string page(const syncfw::pull_answer<notes>& rows) {
    return encode_json(rows);
}
