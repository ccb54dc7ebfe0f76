// SPDX-License-Identifier: BSL-1.0
// Messages in JSON: what is accepted can be written and read again, in both forms, and is the same;
// what is refused says why; and a server takes no harm from what was accepted.
#include "../support/synced.hpp"
#include "fuzz.hpp"
#include <syncfw/conflict/merge_fields.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/json_messages.hpp>
#include <syncfw/sync/server.hpp>

#include <string>
#include <string_view>
#include <type_traits>

namespace {

using namespace syncfw;
using tests::synced::board;

template <class Message>
result<Message> check_one(std::string_view text) {
    auto read = decode_json<Message>(text);
    if (!read) {
        fuzz::require(!read.error().message.empty(), "a refusal says why");
        return read;
    }
    const std::string again = encode_json(*read);
    const auto twice = decode_json<Message>(again);
    fuzz::require(twice.has_value(), "what is accepted can be written and read again");
    fuzz::require(encode_json(*twice) == again, "and is the same");
    const std::string bytes = encode(*read);
    fuzz::require(encode(*twice) == bytes, "also in binary");
    if constexpr (!std::is_same_v<Message, failure_message>) {
        const auto back = decode<Message>(bytes);
        fuzz::require(back.has_value(), "binary says it as well");
        fuzz::require(encode(*decode_json<Message>(encode_json(*back))) == encode(*back),
                      "and JSON says what binary says");
    }
    return read;
}

}  // namespace

void fuzz::check(std::string_view input) {
    const auto push = check_one<push_message<board>>(input);
    const auto pull = check_one<pull_message>(input);
    (void)check_one<push_answer<board>>(input);
    (void)check_one<pull_answer<board>>(input);
    (void)check_one<failure_message>(input);

    memory::store<board> hub_store;
    server hub(hub_store, merge_fields());
    if (push) {
        const auto answer = hub.push(caller{}, *push);
        if (answer)
            require(decode_json<push_answer<board>>(encode_json(*answer)).has_value(),
                    "an answer to a push can be read");
    }
    const auto page = hub.pull(caller{}, pull ? *pull : pull_message());
    if (page)
        require(decode_json<pull_answer<board>>(encode_json(*page)).has_value(),
                "a page can be read");
}
