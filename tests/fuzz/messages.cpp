// SPDX-License-Identifier: BSL-1.0
// Messages of the engine, behind a right checksum: what is accepted can be written and read again,
// a server answers whatever it gets, and a device takes no harm from any answer.
#include "../support/synced.hpp"
#include "fuzz.hpp"
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/in_process.hpp>

#include <string>

namespace {

using namespace syncfw;
using tests::synced::board;
using tests::synced::task;

std::string sealed(std::string_view content) {
    buffer out;
    out.append(content);
    detail::wire_writer(out).fixed(detail::checksum(content, 0));
    return std::string(out.view());
}

template <class Message>
void check_one(const std::string& bytes) {
    const auto read = decode<Message>(bytes);
    if (!read) return fuzz::require(!read.error().message.empty(), "a refusal says why");
    const std::string again = encode(*read);
    const auto twice = decode<Message>(again);
    fuzz::require(twice.has_value(), "what is accepted can be written and read again");
    fuzz::require(encode(*twice) == again, "and is the same");
}

}  // namespace

void fuzz::check(std::string_view input) {
    const std::string bytes = sealed(input);
    check_one<push_message<board>>(bytes);
    check_one<push_answer<board>>(bytes);
    check_one<pull_message>(bytes);
    check_one<pull_answer<board>>(bytes);
    check_one<failure_message>(bytes);

    memory::store<board> hub_store, store;
    server hub(hub_store, merge_fields());
    const message_kind answered = kind_of(hub.handle(caller{}, bytes));
    require(answered == message_kind::push_answer || answered == message_kind::pull_answer ||
                answered == message_kind::failure,
            "a server answers whatever it gets");

    in_process_link line(hub, caller{});
    replica mine(store, line);
    const task kept{.id = uuid::parse("0192f0c1-7a3b-7c4d-8e5f-60718293a4b5").value(),
                    .title = "kept"};
    require(bool(mine.put(kept)), "a row can be written");
    auto session = mine.begin_sync();
    for (auto request = session.next(); request && *request; request = session.next())
        if (!session.receive(bytes)) break;
    require(mine.get<task>(kept.id)->has_value(), "unsent work stays, whatever a server says");
}
