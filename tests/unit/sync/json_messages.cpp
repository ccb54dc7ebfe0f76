// SPDX-License-Identifier: BSL-1.0
// Goal: JSON says all that the binary messages say, reads well, and is as strict. Method: random
// messages through both forms; the shapes as texts; a list of inputs with their refusals.
#include "support/messages.hpp"
#include <syncfw/sync/json_messages.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace syncfw;
using tests::synced::board;
using tests::synced::tag;
using tests::synced::task;

/// Binary, struct, JSON, struct, binary.
template <class Message>
void check_same(const Message& made) {
    const std::string bytes = encode(made);
    const auto read = decode<Message>(bytes);
    if (!read) RC_FAIL(to_string(read.error()));
    const std::string text = encode_json(*read);
    const auto back = decode_json<Message>(text);
    if (!back) RC_FAIL(to_string(back.error()) + "\n" + text);
    RC_ASSERT(encode(*back) == encode(*read));
    RC_ASSERT(encode_json(*back) == text);
}

template <class Message>
std::string refusal(std::string_view text) {
    const auto read = decode_json<Message>(text);
    return read ? "accepted" : to_string(read.error());
}
constexpr auto push_refusal = &refusal<push_message<board>>;
constexpr auto pull_refusal = &refusal<pull_message>;
constexpr auto page_refusal = &refusal<pull_answer<board>>;

const uuid some_id = uuid::parse("0192f0c1-7a3b-7c4d-8e5f-60718293a4b5").value();
const uuid other_id = uuid::parse("5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11").value();

std::string with_operation(std::string_view members) {
    return R"({"operations":[{"id":"0192f0c1-7a3b-7c4d-8e5f-60718293a4b5",)" +
           std::string(members) + "}]}";
}

}  // namespace

TEST_CASE("json messages: a push is the same in both forms") {
    CHECK(rc::check([] { check_same(tests::any_push()); }));
}
TEST_CASE("json messages: a push's answer is the same in both forms") {
    CHECK(rc::check([] { check_same(tests::any_push_answer()); }));
}
TEST_CASE("json messages: a pull is the same in both forms") {
    CHECK(rc::check([] { check_same(tests::any_pull()); }));
}
TEST_CASE("json messages: a page is the same in both forms") {
    CHECK(rc::check([] { check_same(tests::any_pull_answer()); }));
}
TEST_CASE("json messages: a failure is the same in both forms") {
    CHECK(rc::check([] {
        const auto sent = tests::any_failure();
        const auto back = decode_json<failure_message>(encode_json(sent));
        RC_ASSERT(back.has_value());
        RC_ASSERT(back->why == sent.why);
        // In place of an answer it is the error.
        const auto failed = decode_json<pull_answer<board>>(encode_json(sent));
        RC_ASSERT(!failed.has_value());
        RC_ASSERT(failed.error() == sent.why);
    }));
}

TEST_CASE("json messages: the shape of a push") {
    push_message<board> m{.batch = other_id, .origin = replica_id(0x1f), .fingerprint = 0xabc};
    operation<task>& op = m.operations.of<task>().emplace_back();
    op.id = some_id;
    op.base_version = 3;
    op.written = stamp(std::uint64_t{1'790'000'000'123} << 16 | 2, m.origin);
    op.before = {.id = other_id, .title = "tea"};
    op.after = {.id = other_id, .title = "milk"};
    op.changed.set(1);
    op.group = 1;
    op.foreign = {{"colour:text?", "\1\3red"}};
    m.operations.of<tag>().push_back({.id = other_id,
                                      .kind = operation_kind::remove,
                                      .base_version = 1,
                                      .before = {.list = "l", .number = 7}});
    CHECK(encode_json(m) ==
          R"({"protocol":1,"device":"000000000000001f",)"
          R"("batch":"5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11","fingerprint":"0000000000000abc",)"
          R"("layouts":{"task":"id:uuid,title:text,rank:int64?,votes:counter,is_deleted:bool",)"
          R"json("tag":"list:text,number:int64,words:set(text)"},"operations":[)json"
          R"({"id":"0192f0c1-7a3b-7c4d-8e5f-60718293a4b5","entity":"task","kind":"put","base":3,)"
          R"("written":"2026-09-21T14:13:20.123000Z#2",)"
          R"("key":{"id":"5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11"},)"
          R"("before":{"title":"tea"},"changed":{"title":"milk"},"group":1,)"
          R"("foreign":[{"field":"colour:text?","value":"red"}]},)"
          R"({"id":"5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11","entity":"tag","kind":"remove",)"
          R"("base":1,"key":{"list":"l","number":7}}]})");
}

TEST_CASE("json messages: the shape of an answer to a push") {
    push_answer<board> m{.batch = other_id,
                         .history = some_id,
                         .until = 12,
                         .newest = stamp(std::uint64_t{1} << 63, replica_id(1))};
    operation_answer<task>& answer = m.answers.of<task>().emplace_back();
    answer.id = some_id;
    answer.outcome = push_outcome::rejected;
    answer.code = errc::already_exists;
    answer.reason = "title is taken";
    answer.version = 4;
    answer.row.title = "tea";
    answer.differs.set(1);
    m.answers.of<tag>().push_back({.id = other_id, .exists = false});
    CHECK(encode_json(m) ==
          R"({"protocol":1,"batch":"5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11",)"
          R"("history":"0192f0c1-7a3b-7c4d-8e5f-60718293a4b5","until":12,)"
          R"("newest":{"at":"6429-10-17T02:45:55.328000Z","by":"0000000000000001"},"answers":[)"
          R"({"id":"0192f0c1-7a3b-7c4d-8e5f-60718293a4b5","entity":"task","outcome":"rejected",)"
          R"("version":4,"code":"already_exists","reason":"title is taken","row":{"title":"tea"}},)"
          R"({"id":"5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11","entity":"tag","outcome":"applied",)"
          R"("version":0,"exists":false}]})");
}

TEST_CASE("json messages: the shape of a pull") {
    using annotations::field;
    pull_message m{.cursor = "c", .fresh_until = 5, .open_conflicts = {some_id}};
    m.filters = {{.entity = "task"}, to_filter(where(field<&tag::number> > 3))};
    CHECK(encode_json(m) ==
          R"({"protocol":1,"cursor":"c","limit":1000,"freshUntil":5,)"
          R"("openConflicts":["0192f0c1-7a3b-7c4d-8e5f-60718293a4b5"],"entities":["task",)"
          R"({"entity":"tag","steps":[{"op":">","field":"number","values":[3]}]}]})");
    CHECK(encode_json(pull_message()) == R"({"protocol":1,"limit":1000})");
}

TEST_CASE("json messages: the shape of a page") {
    pull_answer<board> m{.cursor = "c",
                         .behind = 2,
                         .until = 9,
                         .history = some_id,
                         .newest = stamp(std::uint64_t{1'790'000'000'000} << 16, replica_id(1))};
    pulled_row<task>& row = m.rows.of<task>().emplace_back();
    row.row.value = {.id = other_id, .title = "tea", .is_deleted = true};
    row.row.set_version(3);
    m.rows.of<tag>().push_back({.row = {.value = {.list = "l", .number = 7}}, .has_left = true});
    CHECK(encode_json(m) ==
          R"({"protocol":1,"cursor":"c","behind":2,"freshUntil":0,"until":9,)"
          R"("history":"0192f0c1-7a3b-7c4d-8e5f-60718293a4b5",)"
          R"("newest":{"at":"2026-09-21T14:13:20.000000Z","by":"0000000000000001"},"rows":{)"
          R"("task":[{"row":{"id":"5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11","title":"tea",)"
          R"("rank":null,"votes":{"value":0,"parts":[]},"is_deleted":true},"version":3,)"
          R"("deleted":true}],"tag":[{"left":{"list":"l","number":7}}]}})");
}

TEST_CASE("json messages: the shape of a failure") {
    const failure_message m{{.code = errc::resynchronise, .message = "read all", .field = "x"}};
    CHECK(encode_json(m) ==
          R"({"success":false,"error":{"code":"resynchronise","name":"resynchronise",)"
          R"("message":"read all","field":"x"}})");
    CHECK(encode_json(m, "RESYNCHRONISE") ==
          R"({"success":false,"error":{"code":"RESYNCHRONISE","name":"resynchronise",)"
          R"("message":"read all","field":"x"}})");
    CHECK(decode_json<failure_message>(encode_json(m, "RESYNCHRONISE"))->why == m.why);
}

TEST_CASE("json messages: a client may leave out what it has no use for") {
    const auto push = decode_json<push_message<board>>(with_operation(
        R"("changed":{"title":"tea","id":"5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11"},"entity":"task")"));
    REQUIRE_MESSAGE(push, (push ? std::string() : to_string(push.error())));
    const operation<task>& op = push->operations.of<task>().at(0);
    CHECK(op.kind == operation_kind::put);
    CHECK(op.base_version == 0);
    CHECK(op.written == stamp());
    CHECK(op.before.id == other_id);
    CHECK(op.after.id == other_id);
    CHECK(op.after.title == "tea");
    CHECK(push->fingerprint == board::fingerprint);
    const auto pull = decode_json<pull_message>("{}");
    REQUIRE(pull);
    CHECK(pull->rows_max == 1'000);
    CHECK(decode_json<pull_answer<board>>(R"({"cursor":"","rows":{}})"));
}

TEST_CASE("json messages: a client that can't say what was before says nothing of it, or all") {
    constexpr std::string_view key = R"("entity":"tag","key":{"list":"l","number":1},"base":4,)";
    const auto none = decode_json<push_message<board>>(with_operation(
        std::string(key) + R"("changed":{"words":{"items":[],"dots":[],"seen":[]}})"));
    REQUIRE(none);
    CHECK(!none->operations.of<tag>().at(0).has_before);
    CHECK(push_refusal(with_operation(
              R"("entity":"task","key":{"id":"5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11"},"base":4,)"
              R"("before":{"title":"x"},"changed":{"title":"y","rank":2})")) ==
          "operations[0].before.rank (line 1, column 147): it is changed, so it must be said what "
          "it was before");
}

TEST_CASE("json messages: members may come in any order, but a layout stands before its rows") {
    constexpr std::string_view key = R"("key":{"number":1,"list":"l"})";
    CHECK(push_refusal(with_operation(std::string(key) + R"(,"kind":"remove","entity":"tag")")) ==
          "accepted");
    CHECK(push_refusal(R"({"operations":[],"protocol":1,"layouts":{}})") ==
          "layouts (line 1, column 41): they must stand before the operations");
    CHECK(page_refusal(R"({"rows":{"tag":[{"version":2,"row":{"number":1,"list":"l"}}]},)"
                       R"("cursor":"c","protocol":1})") == "accepted");
}

TEST_CASE("json messages: what is wrong is refused, with its place") {
    CHECK(push_refusal("{}") == "operations (line 1, column 1): it is missing");
    CHECK(push_refusal(R"({"protocol":2})") ==
          "protocol (line 1, column 13): this side speaks version 1");
    CHECK(push_refusal(R"({"operations":[],"x":1})") ==
          "x (line 1, column 18): there is no such member");
    CHECK(push_refusal(R"({"operations":[],"operations":[]})") ==
          "operations (line 1, column 18): the member comes twice");
    CHECK(push_refusal(R"({"operations":[{"entity":"task"}]})") ==
          "operations[0].id (line 1, column 16): a write needs an id, to be known when repeated");
    CHECK(push_refusal(R"({"operations":[{"entity":"nobody"}]})") ==
          "operations[0].entity (line 1, column 26): the schema has no such entity");
    CHECK(push_refusal(with_operation(R"("kind":"erase")")) ==
          "operations[0].kind (line 1, column 68): expected one of \"put\" \"remove\" \"restore\"");
    CHECK(push_refusal(with_operation(R"("entity":"tag","key":{"list":"l"})")) ==
          "operations[0].key.number (line 1, column 82): it is missing");
    CHECK(push_refusal(with_operation(R"("entity":"tag","changed":{"list":"l"})")) ==
          "operations[0].key (line 1, column 16): it is missing");
    CHECK(push_refusal(with_operation(R"("entity":"tag","changed":{"n":"l"})")) ==
          "operations[0].changed.n (line 1, column 87): there is no such field");
    CHECK(push_refusal(with_operation(
              R"("entity":"tag","key":{"list":"l","number":1,"words":{"items":[],"dots":[],)"
              R"("seen":[]}})")) ==
          "operations[0].key.words (line 1, column 82): it is no field of the primary key");
    CHECK(push_refusal(with_operation(R"("written":"1969-12-31T00:00:00Z")")) ==
          "operations[0].written (line 1, column 71): expected a time from 1970 on, as "
          "2026-11-20T21:34:00.123Z");
    CHECK(push_refusal(with_operation(R"("written":"2026-01-01T00:00:00Z#65536")"))
              .starts_with("operations[0].written"));
    CHECK(pull_refusal(R"({"entities":[{"entity":"task","step":[]}]})") ==
          "entities[0].step (line 1, column 31): there is no such field");
    CHECK(pull_refusal(R"({"entities":[7]})") ==
          "entities[0] (line 1, column 14): expected an object");
    CHECK(pull_refusal("") == "(line 1, column 1): expected an object, found the end of the input");
    CHECK(pull_refusal(R"({"limit":1}{})") == "(line 1, column 12): expected the end of the input");
    CHECK(pull_refusal(R"({"success":false})") == "error (line 1, column 1): it is missing");
    CHECK(page_refusal(R"({"cursor":"","rows":{},"behind":-1})") ==
          "behind (line 1, column 33): expected no negative number");
    CHECK(page_refusal(R"({"cursor":"","rows":{"tag":[{}]}})") ==
          "rows.tag[0] (line 1, column 29): it needs either its \"row\" or the key of what has "
          "\"left\"");
    CHECK(page_refusal(R"({"cursor":"","rows":{"tag":[{"row":{"number":1}}]}})") ==
          "rows.tag[0].row.list (line 1, column 29): it is missing");
    CHECK(page_refusal(R"({"cursor":"","rows":{"tag":[],"tag":[]}})") ==
          "rows.tag (line 1, column 31): the member comes twice");
    CHECK(page_refusal(R"({"rows":{}})") == "cursor (line 1, column 1): it is missing");
}

TEST_CASE("json messages: sizes, counts and depths are limited") {
    const auto big = decode_json<pull_message>(R"({"cursor":"xxxx"})", 10);
    REQUIRE(!big);
    CHECK(big.error().code == errc::too_large);
    std::string ids, deep(80, '['), filters;
    for (std::uint64_t i = 0; i <= conflicts_max; ++i)
        ids += (i == 0 ? "\"" : ",\"") + to_string(some_id) + "\"";
    for (int i = 0; i <= 1'000; ++i) filters += i == 0 ? "\"a\"" : ",\"a\"";
    CHECK(pull_refusal(R"({"openConflicts":[)" + ids + "]}").find("more than 100") !=
          std::string::npos);
    CHECK(pull_refusal(R"({"entities":[)" + filters + "]}").find("more than 1000") !=
          std::string::npos);
    CHECK(
        page_refusal(R"({"cursor":"","rows":{"newer":)" + deep + "1" + std::string(80, ']') + "}}")
            .find("too deep") != std::string::npos);
}

TEST_CASE("own-fields: what a client may not set is refused") {
    using schema_type = schema<tests::everything>;
    const auto refused = decode_json<push_message<schema_type>>(
        with_operation(R"("entity":"everything","changed":{"credit":1})"));
    REQUIRE(!refused);
    CHECK(to_string(refused.error()) ==
          "operations[0].changed.credit (line 1, column 94): this field can't be set from this "
          "side");
    const auto hidden = encode_json([] {
        pull_answer<schema_type> page;
        pulled_row<tests::everything>& row = page.rows.of<tests::everything>().emplace_back();
        row.row.value.note_to_self = "nobody's business";
        row.row.value.password = secret<std::string>("hush");
        return page;
    }());
    CHECK(hidden.find("nobody's") == std::string::npos);
    CHECK(hidden.find("hush") == std::string::npos);
}

TEST_CASE("json messages: a page of a newer server is read, what is unknown in it is passed over") {
    const auto page = decode_json<pull_answer<board>>(
        R"({"cursor":"c","rows":{"task":[{"row":{"id":"5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11",)"
        R"("title":null,"stars":[1,{"x":2}],"rank":4},"version":2}],"newer":[{"row":7}]}})");
    REQUIRE_MESSAGE(page, (page ? std::string() : to_string(page.error())));
    const pulled_row<task>& row = page->rows.of<task>().at(0);
    CHECK(row.row.value.rank == 4);
    CHECK(row.row.value.title.empty());
    CHECK(row.told.count() == 3);
    CHECK(row.row.version() == 2);
}
