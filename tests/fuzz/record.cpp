// SPDX-License-Identifier: BSL-1.0
// Records as a store of bytes gives them back: their bookkeeping, their layout, and a field of
// every type.
#include "../support/everything.hpp"
#include "fuzz.hpp"
#include <syncfw/codec/delta.hpp>
#include <syncfw/storage/record_bytes.hpp>

#include <string>

using tests::everything;

void fuzz::check(std::string_view input) {
    const std::string bytes(input);  // without spare room, so that the sanitizer sees each overrun
    const auto row = syncfw::read_record<everything>(bytes);
    if (!row) {
        require(row.error().code == syncfw::errc::corrupted, "a refusal is of one code");
        require(!row.error().message.empty(), "and says why");
        return;
    }
    const std::string written = syncfw::record_bytes(*row);
    const auto again = syncfw::read_record<everything>(written);
    require(again.has_value(), "what is accepted can be written and read again");
    require(syncfw::changed_fields(row->value, again->value).empty(), "with the same fields");
    require(syncfw::record_bytes(*again) == written, "and the same bookkeeping");
}
