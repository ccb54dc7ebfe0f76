// SPDX-License-Identifier: BSL-1.0
// Rows of any layout that the input claims: its first two bytes are the size of the layout's text,
// then come the text and the rows.
#include "../support/everything.hpp"
#include "fuzz.hpp"
#include <syncfw/codec/delta.hpp>

#include <string>

namespace {

struct some_fields {
    syncfw::uuid id{};
    std::optional<std::string> text{};
    std::int32_t int_8 = 0;
    std::uint8_t uint_32 = 0;
    tests::colour plain_enum{};
    std::vector<std::int32_t> ints{};
    tests::address home{};
    std::int64_t credit = 0;
};
constexpr auto sync_entity(syncfw::of<some_fields>) {
    using namespace syncfw::annotations;
    return entity<"everything">(field<&some_fields::id>(primary_key),
                                field<&some_fields::ints>(alias("table")));
}

}  // namespace

namespace binary = syncfw::binary;

void fuzz::check(std::string_view input) {
    if (input.size() < 2) return;
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(input[0]) |
                                               static_cast<unsigned char>(input[1]) << 8);
    input.remove_prefix(2);
    const std::string_view layout = input.substr(0, size);
    const std::string_view rows = input.substr(layout.size());

    syncfw::buffer bytes;
    char* const end = bytes.room(layout.size() + 11);
    *end = binary::layout_in_full;
    bytes.set_end(syncfw::detail::binary::put_bytes(end + 1, layout.data(), layout.size()));
    bytes.append(rows);

    auto reader = binary::row_reader<some_fields>::open(bytes.view());
    if (!reader) {
        require(!reader.error().message.empty(), "a refusal says why");
        return;
    }
    for (std::size_t left = bytes.size(); reader->next() != nullptr;) {
        require(reader->rest().size() < left, "each row has a byte or more");
        left = reader->rest().size();
        const some_fields row = reader->take();
        const auto again = binary::decode<some_fields>(binary::encode(row));
        require(again.has_value(), "what is accepted can be written and read again");
        require(syncfw::changed_fields(row, *again).empty(), "and is the same");
    }
    auto deltas = binary::delta_reader<some_fields>::open(bytes.view());
    require(deltas.has_value(), "rows and deltas have the same layouts");
    some_fields target;
    while (deltas->apply_next(target)) {
        const auto again = binary::decode<some_fields>(binary::encode(target));
        require(again.has_value(), "what a delta sets can be written and read again");
    }
}
