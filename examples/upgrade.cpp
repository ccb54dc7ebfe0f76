// SPDX-License-Identifier: BSL-1.0
// Whether the programs that are out there can go on with the next one.
#include <syncfw/syncfw.hpp>

#include <cstdio>

using namespace syncfw::annotations;

// [upgrade]
struct note {
    syncfw::uuid id{};
    std::string text{};
    std::optional<std::string> colour{};  // new: rows that come without it have none
    std::int64_t stars = 0;               // new, and nobody can say what an old row's is

    static constexpr auto sync_entity = entity<"note">(field<&note::id>(primary_key));
};

// Of the released program: its syncfw::layout_of<note>, kept in a test.
constexpr std::string_view released = "note(id:uuid key,text:text)";

int main() {
    const auto found = syncfw::differences(syncfw::layout_of<note>, released).value();
    for (const syncfw::difference& each : found)
        std::printf("%s: %s\n", each.is_breaking ? "breaks" : "goes on", each.words.c_str());
}
// [/upgrade]
