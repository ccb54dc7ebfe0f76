// SPDX-License-Identifier: BSL-1.0
// Goal: each way through the merge of a value does as its rule says. Method: the smallest example
// of each; scripts/coverage shows that none is left out.
#include <syncfw/codec/json.hpp>
#include <syncfw/conflict/policies.hpp>
#include <syncfw/sync/detail/engine_fields.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct card {
    std::int64_t id = 0;
    std::optional<std::int64_t> most{};
    std::optional<std::int64_t> least{};
    std::optional<std::string> notes{};
    std::string text{};
    document settings = document::object();
    std::string owner{};

    static constexpr auto sync_entity = entity<"card">(
        field<&card::id>(primary_key), field<&card::most>(merge(by::maximum)),
        field<&card::least>(merge(by::minimum)), field<&card::notes>(merge(by::text)),
        field<&card::text>(merge(by::text)), field<&card::settings>(merge(by::document)),
        field<&card::owner>(server_owned));
};

document doc(const char* text) {
    return syncfw::json::decode_document(text).value();
}

record<card> at(std::uint64_t moment) {
    record<card> row{.value = {.id = 1}};
    row.set_written(stamp(moment << 16, replica_id(moment)));
    return row;
}

template <class F>
decision<card> merged(F&& edit, bool has_base = true) {
    record<card> base = at(1), mine = at(2), theirs = at(3);
    edit(base.value, mine.value, theirs.value);
    return merge_fields().resolve(conflict<card>{has_base ? &base : nullptr, mine, theirs});
}

/// What becomes of three documents; nothing where a person has to decide.
std::optional<document> merged_documents(const char* base, const char* mine, const char* theirs) {
    const auto made = merged([&](card& b, card& m, card& t) {
        b.settings = doc(base), m.settings = doc(mine), t.settings = doc(theirs);
    });
    if (made.made == outcome::parked) return {};
    return made.merged ? made.merged->settings : doc(theirs);
}

}  // namespace

TEST_CASE("merge_fields: documents are merged member by member, to any depth") {
    const auto is = [](const std::optional<document>& made, const char* wanted) {
        return made == doc(wanted);
    };
    const char* const base = R"({"a":1,"b":{"x":1,"y":1}})";
    CHECK(is(merged_documents(base, R"({"a":2,"b":{"x":1,"y":1}})", R"({"a":1,"b":{"x":5,"y":1}})"),
             R"({"a":2,"b":{"x":5,"y":1}})"));
    CHECK(is(merged_documents(base, R"({"a":1,"b":{"x":7,"y":1}})", R"({"a":1,"b":{"x":1,"y":8}})"),
             R"({"a":1,"b":{"x":7,"y":8}})"));
    // Both the same, one side takes out or puts in.
    CHECK(is(merged_documents(base, R"({"a":3,"b":{"x":1,"y":1},"m":1})",
                              R"({"a":3,"b":{"x":1,"y":1},"t":2})"),
             R"({"a":3,"b":{"x":1,"y":1},"m":1,"t":2})"));
    CHECK(is(merged_documents(base, R"({"a":4})", R"({"a":1,"b":{"x":1,"y":1},"t":2})"),
             R"({"a":4,"t":2})"));
    CHECK(is(merged_documents(base, R"({"a":1,"b":{"x":1,"y":1},"m":2})", R"({"a":4})"),
             R"({"a":4,"m":2})"));
    // The same member to different values, taken out here and changed there, of another kind.
    CHECK(!merged_documents(base, R"({"a":2,"b":{"x":1,"y":1}})", R"({"a":3,"b":{"x":1,"y":1}})"));
    CHECK(!merged_documents(base, R"({"a":1,"m":1})", R"({"a":1,"b":{"x":9,"y":1}})"));
    CHECK(!merged_documents(base, R"({"a":1,"b":{"x":9,"y":1}})", R"({"a":1,"t":1})"));
    CHECK(!merged_documents(base, "[1]", "[2]"));
    CHECK(!merged_documents(base, R"({"a":2,"b":{"x":1,"y":1}})", "7"));
    CHECK(!merged_documents("{}", R"({"a":{"x":1}})", R"({"a":{"x":2}})"));
    CHECK(is(merged_documents("{}", R"({"a":{"x":1}})", R"({"a":{"y":2}})"),
             R"({"a":{"x":1,"y":2}})"));
}

TEST_CASE("merge_fields: without a base what differs was changed by both") {
    const auto made = merged(
        [](card&, card& m, card& t) {
            m.settings = doc(R"({"a":1,"m":1})"), t.settings = doc(R"({"a":1,"t":1})");
        },
        false);
    REQUIRE(made.merged);
    CHECK(made.merged->settings == doc(R"({"a":1,"m":1,"t":1})"));
    const auto texts = merged(
        [](card&, card& m, card& t) {
            m.text = "mine", t.text = "theirs", m.notes = "mine", t.notes = "theirs";
        },
        false);
    REQUIRE(texts.merged);
    for (const std::string& each : {texts.merged->text, *texts.merged->notes})
        CHECK(each == "mine\ntheirs");
}

TEST_CASE("merge_fields: null is less than every value") {
    const auto greatest = [](std::optional<std::int64_t> m, std::optional<std::int64_t> t) {
        const auto made = merged([&](card& base, card& mine, card& theirs) {
            base.most = -9, mine.most = m, theirs.most = t;
            base.least = 99, mine.least = m, theirs.least = t;
        });
        return made.merged ? std::pair(made.merged->most, made.merged->least) : std::pair(t, t);
    };
    using pair = std::pair<std::optional<std::int64_t>, std::optional<std::int64_t>>;
    CHECK(greatest(1, 2) == pair(2, 1));
    CHECK(greatest(2, 1) == pair(2, 1));
    CHECK(greatest(std::nullopt, 1) == pair(1, std::nullopt));
    CHECK(greatest(1, std::nullopt) == pair(1, std::nullopt));
    CHECK(greatest(std::nullopt, std::nullopt) == pair(std::nullopt, std::nullopt));
}

TEST_CASE("merge_fields: what one side took away and the other changed, a person decides") {
    CHECK(merged([](card& b, card& m, card& t) {
              b.notes = "x", t.notes = "y", m.notes.reset();
          }).made == outcome::parked);
    CHECK(merged([](card& b, card& m, card& t) {
              b.notes = "x", m.notes = "y", t.notes.reset();
          }).made == outcome::parked);
    const auto both = merged([](card& b, card& m, card& t) {
        b.notes = "a\nb\n", m.notes = "A\nb\n", t.notes = "a\nB\n";
    });
    // Neighbouring lines are one change.
    CHECK(both.made == outcome::parked);
    const auto owned = merged([](card&, card& m, card& t) { m.owner = "me", t.text = "x"; });
    CHECK(owned.made == outcome::theirs);
}

TEST_CASE("policies: each decision says in words what it was and why") {
    record<card> mine = at(2), theirs = at(3);
    const conflict<card> c{nullptr, mine, theirs};
    const auto says = [&](const decision<card>& made, const char* part) {
        return in_words(c, made).find(part) != std::string::npos;
    };
    CHECK(says({}, "card[1]: not decided; mine"));
    CHECK(says(keep_mine<card>("r"), "mine wins by r;"));
    CHECK(says(keep_theirs<card>("r"), "theirs stays by r;"));
    field_mask text;
    text.set(entity_of<card>.find("text"));
    CHECK(says(take_merged("r", card{}, text), "merged by r, text from mine;"));
    CHECK(says(park_both<card>("r", text), "parked for a person by r, because of text;"));
    syncfw::detail::set_deleted(mine, true);
    CHECK(says(keep_mine<card>("r"), "(a deletion)"));
}
