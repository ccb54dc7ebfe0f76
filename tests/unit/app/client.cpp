// SPDX-License-Identifier: BSL-1.0
// The parts of the command line's client that decide something.
#include <syncfw/app/detail/client_owner.hpp>
#include <syncfw/app/detail/client_rows.hpp>
#include <syncfw/app/detail/client_sync.hpp>
#include <syncfw/app/detail/client_verbs.hpp>
#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/in_process.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;
using namespace syncfw::app;
using namespace syncfw::app::detail;

struct note {
    uuid id{};
    std::string owner{};
    std::string words{};
    std::optional<std::string> more{};
    set_of<std::string> tags{};
    document extra{};
    static constexpr auto sync_entity =
        entity<"note">(field<&note::id>(primary_key), field<&note::owner>(tenant));
};
struct coded {
    std::string code{};
    std::int64_t number = 0;
    static constexpr auto sync_entity =
        entity<"coded">(field<&coded::code>(primary_key), field<&coded::number>(primary_key));
};
using notes = schema<note, coded>;

/// A world in which only pauses take time.
struct slow_world {
    std::int64_t at = 0;
    std::vector<std::int64_t> pauses{};

    [[nodiscard]] timestamp now() const { return timestamp::from_microseconds(at); }
    [[nodiscard]] std::uint64_t random() const { return 499'999; }
    void pause(std::int64_t microseconds) { at += microseconds, pauses.push_back(microseconds); }
};

std::string payload_of(const std::string& json_text) {
    return "x." + syncfw::detail::base64url(json_text) + ".y";
}

}  // namespace

TEST_CASE("client: a token's tenant is what it claims, else its subject") {
    CHECK(tenant_of_token(payload_of(R"({"sub":"ann","tenant_id":"acme"})")) == "acme");
    CHECK(tenant_of_token(payload_of(R"({"sub":"ann","tenant_id":"acme"})"), true) == "ann");
    CHECK(!tenant_of_token(payload_of(R"({"tenant_id":"a tenant with a long name"})"), true));
    CHECK(tenant_of_token(payload_of(R"({"sub":"ann"})")) == "ann");
    CHECK(tenant_of_token(payload_of(R"({"sub":"ann","tenant_id":""})")) == "ann");
    CHECK(tenant_of_token("ann") == "ann");
    CHECK(!tenant_of_token(""));
}

TEST_CASE("client: a token that says nothing never becomes a name, lest it lie in the file") {
    CHECK(!tenant_of_token(std::string(32, 'k')));
    CHECK(!tenant_of_token(payload_of(R"({"scope":"all the things there are"})")));
    CHECK(!tenant_of_token("aaaaaaaaaaaaaaa.!!!!!!!!!!!!!!!!!!.bbbbbbbbbb"));
    rc::check([](const std::string& token) {
        const auto name = tenant_of_token(token);
        if (name && token.size() > 31) RC_ASSERT(*name != token);
    });
}

TEST_CASE("client: the last owner is remembered, and a word beats the token") {
    memory::store<notes> store;
    CHECK(find_owner(store, "", "")->name() == "anonymous");
    CHECK(find_owner(store, "", "ann")->name() == "ann");
    CHECK(find_owner(store, "", "")->name() == "ann");
    CHECK(find_owner(store, "ben", "ann")->name() == "ben");
    CHECK(find_owner(store, "", std::string(64, 'k'))->name() == "ben");
    CHECK(!find_owner(store, std::string(256, 'x'), ""));
}

TEST_CASE("client: a database is a server's or a device's") {
    memory::store<notes> store;
    CHECK(claim_role(store, "device"));
    CHECK(claim_role(store, "device"));
    const auto refused = claim_role(store, "server");
    REQUIRE(!refused);
    CHECK(refused.error().message.find("a device's") != std::string::npos);
}

TEST_CASE("client: what nobody wrote becomes the first one's, in its order, and once") {
    memory::store<notes> hub_store, store;
    server hub(hub_store, last_write_wins());
    in_process_link link(hub, caller{.tenant = tenant_id("ann"), .subject = "ann"});
    replica<world<memory::store<notes>>, decltype(link)> nobodys(store, link,
                                                                 tenant_id("anonymous"));
    replica<world<memory::store<notes>>, decltype(link)> anns(store, link, tenant_id("ann"));
    const note first{.id = new_uuid(), .words = "one"}, second{.id = new_uuid(), .words = "two"},
        gone{.id = new_uuid(), .words = "three"};
    for (const note& each : {first, second, gone}) REQUIRE(nobodys.put(each));
    REQUIRE(nobodys.remove<note>(gone.id));
    REQUIRE(adopt<notes>(nobodys, anns, store));
    CHECK(anns.find(all<note>())->size() == 2);
    CHECK(anns.get<note>(first.id)->value().owner == "ann");
    CHECK(nobodys.find(all<note>())->empty());
    CHECK(nobodys.status()->pending == 0);
    CHECK(anns.status()->pending == 2);
    REQUIRE(anns.patch<note>(first.id, [](note& n) { n.words = "changed"; }));
    REQUIRE(adopt<notes>(nobodys, anns, store));
    CHECK(anns.get<note>(first.id)->value().words == "changed");
    REQUIRE(anns.sync());
    CHECK(anns.status()->pending == 0);
}

TEST_CASE("client: what was synchronised as nobody stays nobody's") {
    memory::store<notes> hub_store, store;
    server hub(hub_store, last_write_wins());
    in_process_link link(hub, caller{.tenant = tenant_id("anonymous"), .subject = "anonymous"});
    replica<world<memory::store<notes>>, decltype(link)> nobodys(store, link,
                                                                 tenant_id("anonymous"));
    replica<world<memory::store<notes>>, decltype(link)> anns(store, link, tenant_id("ann"));
    REQUIRE(nobodys.put(note{.id = new_uuid()}));
    REQUIRE(nobodys.sync());
    REQUIRE(nobodys.put(note{.id = new_uuid()}));
    REQUIRE(adopt<notes>(nobodys, anns, store));
    CHECK(anns.find(all<note>())->empty());
    CHECK(nobodys.find(all<note>())->size() == 2);
}

TEST_CASE("client: a sync is tried at once, then with growing pauses, within the patience") {
    slow_world here;
    int attempts = 0;
    const auto fails = [&]() -> result<sync_report> {
        ++attempts;
        return error{.code = errc::peer_unavailable};
    };
    const auto no_word = [] { return std::int64_t{0}; };
    const sync_ended ended = try_to_sync(fails, no_word, here, 5'000'000);
    CHECK(ended.why);
    CHECK(attempts > 3);
    CHECK(here.pauses.front() == 0);
    CHECK(here.at <= 5'000'000);
    attempts = 0;
    CHECK(try_to_sync(fails, no_word, here, 0).why);
    CHECK(attempts == 1);
}

TEST_CASE(
    "client: what a second attempt brings is counted with the first, and its success counts") {
    slow_world here;
    int attempts = 0;
    const auto flaky = [&]() -> result<sync_report> {
        sync_report seen{.pushed = 2, .pulled = 1};
        if (++attempts == 1) seen.push_failure = error{.code = errc::busy};
        return seen;
    };
    const sync_ended ended = try_to_sync(flaky, [] { return std::int64_t{0}; }, here, 1'000'000);
    CHECK(!ended.why);
    CHECK(ended.seen.pushed == 4);
    CHECK(ended.seen.pulled == 2);
    CHECK(attempts == 2);
}

TEST_CASE("client: the server's word on when to come again is kept to") {
    slow_world here;
    int attempts = 0;
    std::int64_t word = 2'000'000;
    const auto limited = [&]() -> result<sync_report> {
        if (++attempts > 1) return sync_report{};
        return error{.code = errc::rate_limited};
    };
    CHECK(!try_to_sync(limited, [&] { return word; }, here, 5'000'000).why);
    CHECK(here.at >= 2'000'000);
    attempts = 0;
    word = 900'000'000;
    const std::int64_t before = here.at;
    const sync_ended ended = try_to_sync(limited, [&] { return word; }, here, 5'000'000);
    CHECK(ended.why);
    CHECK(ended.retry_after == 900'000'000);
    CHECK(attempts == 1);
    CHECK(here.at == before);
}

TEST_CASE("client: what a person has to mend is not tried again") {
    for (const errc code : {errc::unauthorized, errc::forbidden, errc::schema_mismatch}) {
        slow_world here;
        int attempts = 0;
        const auto fails = [&]() -> result<sync_report> {
            ++attempts;
            return error{.code = code};
        };
        CHECK(try_to_sync(fails, [] { return std::int64_t{0}; }, here, 5'000'000).why);
        CHECK(attempts == 1);
        CHECK(!is_unreachable(code));
    }
}

TEST_CASE("client: a row is shown on one line, without what the engine keeps for itself") {
    note row{.id = new_uuid(), .owner = "ann", .words = "two words", .more = "x=y"};
    (void)row.tags.insert("a");
    const std::string line = line_of_row(record<note>{row});
    CHECK(line.starts_with(to_string(row.id)));
    CHECK(line.find(R"(  words="two words"  more="x=y"  tags=["a"])") != std::string::npos);
    CHECK(line.find("ann") == std::string::npos);
    CHECK(line.find("extra") == std::string::npos);
    row.words = "a\nb";
    CHECK(line_of_row(record<note>{row}).find('\n') == std::string::npos);
}

TEST_CASE("client: both sides of a conflict are shown where they differ") {
    const note mine{.words = "m", .more = "here"}, theirs{.words = "t"};
    CHECK(differences(mine, theirs) ==
          std::vector<std::string>{"words: mine m, theirs t", "more: mine here, theirs (nothing)"});
    CHECK(differences(theirs, mine).back() == "more: mine (nothing), theirs here");
    CHECK(differences(mine, mine).empty());
}

TEST_CASE("client: a key is made up where it can be, and asked for where not") {
    note row;
    CHECK(require_key<note>({}));
    give_key(row, {});
    CHECK(row.id != uuid());
    CHECK(!require_key<coded>({}));
}

TEST_CASE("client: a program may choose its verbs and call them otherwise") {
    const client_options all{};
    CHECK(find_verb(all, "remove")->name == "remove");
    CHECK(find_verb(all, "delete") == nullptr);
    const client_options some{.verbs = {"add", "remove"}, .renamed = {{"remove", "delete"}}};
    CHECK(find_verb(some, "delete")->name == "remove");
    CHECK(find_verb(some, "remove") == nullptr);
    CHECK(find_verb(some, "list") == nullptr);
    CHECK(to_string(unknown_verb(some, "remove")).find("did you mean delete?") !=
          std::string::npos);
    CHECK(to_string(unknown_verb(some, "delte")).find("did you mean delete?") != std::string::npos);
}
