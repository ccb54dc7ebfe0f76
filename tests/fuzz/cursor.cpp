// SPDX-License-Identifier: BSL-1.0
// Cursors from a stranger: the text as it is, and a cursor that was given out, of which some bytes
// are others. The first eight bytes are its number; each further pair says which byte is changed,
// and how.
#include "fuzz.hpp"
#include <syncfw/storage/cursor.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace {

using namespace syncfw;

constexpr std::int64_t end = 1'000'000;

store_identity identity() {
    store_identity made{.history = uuid::parse("0192f0c1-7a3b-7c4d-8e5f-60718293a4b5").value()};
    made.cursor_key.fill(std::byte{7});
    return made;
}

const tenant_id ann("ann");
const store_identity here = identity();
const cursor_scope scope{ann, 4711, here};

void require_reason(const error& why) {
    fuzz::require(!why.message.empty(), "a refusal says why");
    fuzz::require(why.code == errc::malformed || why.code == errc::resynchronise,
                  "and is of one of two codes");
}

}  // namespace

void fuzz::check(std::string_view input) {
    const std::string text(input);  // without spare room, so that the sanitizer sees each overrun
    if (const auto place = read_cursor(scope, text, end))
        require(text.empty() && *place == 0, "nobody makes up a cursor");
    else
        require_reason(place.error());

    if (input.size() < 8) return;
    std::int64_t number = 0;
    std::memcpy(&number, input.data(), 8);
    const std::string given = write_cursor(scope, number);
    std::string changed = given;
    for (std::size_t i = 8; i + 1 < input.size(); i += 2)
        changed[static_cast<unsigned char>(input[i]) % changed.size()] = input[i + 1];
    const auto place = read_cursor(scope, changed, end);
    if (!place) {
        require_reason(place.error());
        require(changed != given || number < 0 || number > end, "a cursor is taken back");
        return;
    }
    for (char& each : changed)
        if (each >= 'A' && each <= 'F') each = static_cast<char>(each - 'A' + 'a');
    require(changed == given && *place == number, "a changed one is not");
}
