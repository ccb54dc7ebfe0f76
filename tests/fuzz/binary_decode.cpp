// SPDX-License-Identifier: BSL-1.0
// Rows of an entity with a field of every type, in our own layout. The first byte chooses whether
// the layout is part of the input.
#include "../support/everything.hpp"
#include "fuzz.hpp"
#include <syncfw/codec/delta.hpp>

#include <string>

using tests::everything;
namespace binary = syncfw::binary;

void fuzz::check(std::string_view input) {
    if (input.empty()) return;
    const bool is_led = (input.front() & 1) != 0;
    input.remove_prefix(1);
    auto reader = binary::row_reader<everything>::of_rows(input);
    if (is_led) {
        auto opened = binary::row_reader<everything>::open(input);
        if (!opened) {
            require(!opened.error().message.empty(), "a refusal says why");
            return;
        }
        reader = std::move(*opened);
    }
    while (const everything* row = reader.next()) {
        const std::string bytes = binary::encode(*row);
        const auto again = binary::decode<everything>(bytes);
        require(again.has_value(), "what is accepted can be written and read again");
        require(syncfw::changed_fields(*row, *again).empty(), "and is the same");
        require(binary::encode(*again) == bytes, "and has one form");
    }
    require(reader.failure() || reader.rest().empty(), "all is read, or there is a reason");
}
