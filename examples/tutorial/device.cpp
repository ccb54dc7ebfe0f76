// SPDX-License-Identifier: BSL-1.0
// [includes]
#include "shopping.hpp"
#include <syncfw/app/poke_listener.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/transport/http_link.hpp>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>
// [/includes]

// [list]
template <class Replica>
int list(Replica& mine) {
    const auto items = mine.find(syncfw::all<item>().order_by(field<&item::name>));
    if (!items) return fail(items.error());
    for (const item& each : *items) {
        const std::string words = each.note.empty() ? each.name : each.name + ": " + each.note;
        std::printf("%c %lld %s\n", each.bought ? 'x' : '-',
                    static_cast<long long>(each.amount.value()), words.c_str());
    }
    return 0;
}
// [/list]

// [change]
template <class Replica>
int change(Replica& mine, const std::string& name, const std::string& verb,
           const std::string& text) {
    const auto found = mine.find(where(field<&item::name> == name));
    if (!found) return fail(found.error());
    item wanted = found->empty() ? item{.id = syncfw::new_uuid(), .name = name} : found->front();
    if (verb == "add") wanted.amount += 1;
    if (verb == "buy") wanted.bought = true;
    if (verb == "note") wanted.note = text;
    const auto done = mine.put(wanted);  // here at once, and unsent
    return done ? 0 : fail(done.error());
}
// [/change]

// [sync]
template <class Replica>
int sync(Replica& mine) {
    const auto seen = mine.sync();
    const auto now = mine.status();
    if (!now) return fail(now.error());
    if (!seen) {
        std::printf("%s; %lld changes wait\n", to_string(seen.error()).c_str(),
                    static_cast<long long>(now->pending));
        return 3;
    }
    std::printf("%lld sent, %lld received, %lld in conflict\n",
                static_cast<long long>(seen->pushed), static_cast<long long>(seen->pulled),
                static_cast<long long>(now->conflicts));
    return 0;
}
// [/sync]

// [conflicts]
template <class Replica>
int conflicts(Replica& mine, std::optional<syncfw::side> taken) {
    const auto open = mine.conflicts();
    if (!open) return fail(open.error());
    for (const syncfw::parked_conflict& each : *open) {
        const auto sides = syncfw::read_conflict<item>(each);
        if (!sides) return fail(sides.error());
        std::printf("%s: mine \"%s\", theirs \"%s\"\n", sides->mine.value.name.c_str(),
                    sides->mine.value.note.c_str(), sides->theirs.value.note.c_str());
        if (!taken) continue;
        if (auto done = mine.resolve(each.id, *taken); !done) return fail(done.error());
    }
    return 0;
}
// [/conflicts]

// [watch]
template <class Replica>
int watch(Replica& mine, syncfw::poke_listener& server) {
    const auto shown = mine.observe(syncfw::all<item>(), [&](const std::vector<item>&) {
        list(mine);
        std::puts("--");
        std::fflush(stdout);
    });
    if (!shown) return fail(shown.error());
    server.run([&] { sync(mine); });  // at each poke, until the program is ended
    return 0;
}
// [/watch]

// [main]
int main(int count, char** values) {
    const std::vector<std::string> words(values + 1, values + count);
    if (words.size() < 2) return std::puts("usage: device FILE VERB [NAME [TEXT]]"), 2;
    const auto word = [&](std::size_t at) { return at < words.size() ? words[at] : ""; };
    const std::string address = from_environment("SERVER", "http://127.0.0.1:8080");
    const auto token = [] { return syncfw::secret<std::string>(from_environment("TOKEN", "")); };

    auto store = syncfw::sqlite::open<shopping>(words[0]);
    if (!store) return fail(store.error());
    auto link = syncfw::http_link::make(address, {.token = token});
    if (!link) return fail(link.error());
    syncfw::replica mine(*store, *link, household());

    const std::string& verb = words[1];
    if (verb == "list") return list(mine);
    if (verb == "sync") return sync(mine);
    if (verb == "conflicts") return conflicts(mine, {});
    if (verb == "take")
        return conflicts(mine, word(2) == "mine" ? syncfw::side::mine : syncfw::side::theirs);
    if (verb == "watch") {
        auto pokes = syncfw::poke_listener::make(address, {.token = token});
        return pokes ? watch(mine, *pokes) : fail(pokes.error());
    }
    return change(mine, word(2), verb, word(3));
}
// [/main]
