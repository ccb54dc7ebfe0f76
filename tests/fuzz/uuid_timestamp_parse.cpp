// SPDX-License-Identifier: BSL-1.0
// The texts of ids, times and stamps.
#include "fuzz.hpp"
#include <syncfw/core/replica_id.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/core/uuid.hpp>

#include <cstring>
#include <string>

namespace {

template <class V>
void check_text(std::string_view input, bool has_one_form) {
    const auto value = V::parse(input);
    V out{};
    if constexpr (requires { V::parse(input, out); })
        fuzz::require(V::parse(input, out) == value.has_value(), "both ways to parse agree");
    if (!value) {
        fuzz::require(!value.error().message.empty(), "a refusal says why");
        return;
    }
    const std::string text = to_string(*value);
    fuzz::require(text.size() == V::text_size, "a text has its size");
    fuzz::require(!has_one_form || text == input, "there is one text");
    const auto again = V::parse(text);
    fuzz::require(again.has_value() && *again == *value, "what is written is read as the same");
}

}  // namespace

void fuzz::check(std::string_view input) {
    // A copy without spare room, so that the sanitizer sees every byte read beyond it.
    const std::string text(input);
    check_text<syncfw::uuid>(text, false);
    check_text<syncfw::timestamp>(text, false);
    check_text<syncfw::replica_id>(text, true);
    if (input.size() < 8) return;
    std::int64_t number = 0;
    std::memcpy(&number, input.data(), 8);
    const auto moment = syncfw::timestamp::from_microseconds(number);
    require(syncfw::timestamp::parse(to_string(moment)).value() == moment, "every moment has one");
}
