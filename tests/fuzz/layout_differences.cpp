// SPDX-License-Identifier: BSL-1.0
// Layouts of peers: two texts, divided by a zero byte.
#include "fuzz.hpp"
#include <syncfw/entity/fingerprint.hpp>

#include <algorithm>
#include <string>

void fuzz::check(std::string_view input) {
    const std::size_t middle = std::min(input.find('\0'), input.size());
    const std::string here(input.substr(0, middle));
    const std::string there(input.substr(std::min(middle + 1, input.size())));
    (void)syncfw::fingerprint_of_layout(here);

    const auto found = syncfw::differences(here, there);
    const auto back = syncfw::differences(there, here);
    require(found.has_value() == back.has_value(), "both sides read the same");
    if (!found) {
        require(!found.error().message.empty(), "a refusal says why");
        return;
    }
    require(found->size() == back->size(), "both sides see as many differences");
    require(syncfw::are_additive(*found) == syncfw::are_additive(*back),
            "both sides judge them alike");
    require(found->empty() == (here == there), "none are found exactly where none are");
    if (here == there)
        require(syncfw::fingerprint_of_layout(here) == syncfw::fingerprint_of_layout(there),
                "equal layouts have equal fingerprints");
    for (const auto& each : *found) require(!each.words.empty(), "each is said in words");
}
