// SPDX-License-Identifier: BSL-1.0
#include <syncfw/sync/arriving_rows.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct person {
    uuid id{};
    std::string tenant_name{};
    std::string name{};
    std::int32_t active = 1;
    std::int32_t gone = 0;
    syncfw::sync_status status{};
    std::optional<timestamp> synced{};
    std::int64_t version = 0;
    timestamp changed{};
    std::string here_only{};
    static constexpr auto sync_entity = entity<"person">(
        field<&person::id>(primary_key), field<&person::tenant_name>(tenant),
        field<&person::active>(default_value(1)),
        field<&person::gone>(soft_delete, alias("isDeleted")), field<&person::status>(sync_state),
        field<&person::synced>(last_sync_at), field<&person::version>(is::version),
        field<&person::changed>(updated_at, is::json("updatedAt")),
        field<&person::here_only>(local_only));
};
struct tag {
    std::int64_t number = 0;
    std::string word{};
    static constexpr auto sync_entity = entity<"tag">(field<&tag::number>(primary_key));
};
using people = schema<person, tag>;

arriving_rows<people> read(std::string_view body) {
    auto got = read_arriving_rows<people>(body);
    REQUIRE_MESSAGE(got, (got ? std::string() : to_string(got.error())));
    return std::move(*got);
}
arriving_row<person> read_one(const std::string& row) {
    return read(R"({"changes":{"person":[)" + row + "]}}").rows.of<person>().at(0);
}
error refused(std::string_view body) {
    auto got = read_arriving_rows<people>(body);
    REQUIRE_FALSE(got);
    return got.error();
}

constexpr std::string_view an_id = "0192f0c1-7a3b-7c4d-8e5f-60718293a4b5";

template <auto Member>
bool has(const arriving_row<person>& row) {
    return row.changed.test(detail::place_of_name<person>(detail::member_name<Member>));
}

}  // namespace

TEST_CASE("arriving_rows: rows of several entities keep the order in which they came") {
    const auto all = read(R"({"changes":{"tag":[{"number":1},{"number":2}],
                                         "person":[{"name":"a"}]}})");
    CHECK(all.size() == 3);
    CHECK(all.rows.of<tag>()[1].place == 1);
    CHECK(all.rows.of<tag>()[1].path == "changes.tag[1]");
    CHECK(all.rows.of<person>()[0].place == 2);
}

TEST_CASE("arriving_rows: what a row doesn't have is not changed") {
    const auto row = read_one(R"({"name":"a"})");
    CHECK(has<&person::name>(row));
    CHECK_FALSE(has<&person::active>(row));
    CHECK_FALSE(row.has_key);
    CHECK_FALSE(row.version);
    CHECK_FALSE(row.changed_at);
    CHECK_FALSE(row.deleted);
}

TEST_CASE("arriving_rows: an id that is null, missing or none is that of a new row") {
    for (const char* const none :
         {"null", "7", R"("")", R"("------------------------------------")", R"({"a":[1]})",
          R"("00000000-0000-0000-0000-000000000000")", R"("0192f0c17a3b7c4d8e5f60718293a4b5")"})
        CHECK_FALSE(read_one(R"({"id":)" + std::string(none) + "}").has_key);
    const auto row = read_one(R"({"id":")" + std::string(an_id) + "\"}");
    CHECK(row.has_key);
    CHECK(to_string(row.value.id) == an_id);
}

TEST_CASE("arriving_rows: a key that isn't made here must be right") {
    CHECK(read(R"({"changes":{"tag":[{"number":7}]}})").rows.of<tag>()[0].has_key);
    CHECK_FALSE(read(R"({"changes":{"tag":[{"word":"x"}]}})").rows.of<tag>()[0].has_key);
    CHECK(refused(R"({"changes":{"tag":[{"number":"x"}]}})").field == "changes.tag[0].number");
}

TEST_CASE("arriving_rows: what the server owns is read over, whatever it is") {
    const auto row =
        read_one(R"({"tenant_name":5,"status":"nonsense","here_only":{"x":1},"name":"a"})");
    CHECK(row.value.tenant_name.empty());
    CHECK(row.value.here_only.empty());
    CHECK(row.changed.count() == 1);
}

TEST_CASE("arriving_rows: version, time and deletion stand beside the row") {
    const auto row =
        read_one(R"({"version":4,"updatedAt":"2026-01-02T03:04:05Z","isDeleted":true})");
    CHECK(row.version == 4);
    CHECK(to_string(row.changed_at.value()) == "2026-01-02T03:04:05.000000Z");
    CHECK(row.deleted == true);
    CHECK(row.changed.empty());
    CHECK(read_one(R"({"gone":0})").deleted == false);
    CHECK(read_one(R"({"synced":"2026-01-02T03:04:05Z"})").changed_at);
    const auto none = read_one(R"({"version":null,"updatedAt":null,"gone":null,"synced":null})");
    CHECK_FALSE((none.version || none.changed_at || none.deleted));
}

TEST_CASE("arriving_rows: the time of the change goes before that of the last sync") {
    const auto row =
        read_one(R"({"synced":"2020-01-01T00:00:00Z","updatedAt":"2026-01-02T03:04:05Z"})");
    CHECK(to_string(row.changed_at.value()).substr(0, 4) == "2026");
}

TEST_CASE("arriving_rows: true and false are 1 and 0 in a whole number") {
    CHECK(read_one(R"({"active":true})").value.active == 1);
    const auto row = read_one(R"({"active":false})");
    CHECK(row.value.active == 0);
    CHECK(has<&person::active>(row));
    CHECK(refused(R"({"changes":{"person":[{"active":"yes"}]}})").field ==
          "changes.person[0].active");
}

TEST_CASE("arriving_rows: what nobody knows is left out with a warning") {
    const auto all = read(
        R"({"device":"x","changes":{"person":[{"name":"a"},{"nmae":[1,{"a":2}],"name":"b"}]}})");
    REQUIRE(all.warnings.size() == 1);
    CHECK(all.warnings[0].find("changes.person[1].nmae") == 0);
    CHECK(all.rows.of<person>()[1].value.name == "b");
}

TEST_CASE("arriving_rows: an error has the path to its place") {
    struct {
        const char* body;
        const char* field;
        errc code;
    } const wrong[] = {
        {R"({"changes":{"person":[{"name":"a"},{"name":5}]}})", "changes.person[1].name",
         errc::type_mismatch},
        {R"({"changes":{"persons":[]}})", "changes.persons", errc::unknown_entity},
        {R"({"changes":{"person":{}}})", "changes.person", errc::type_mismatch},
        {R"({"changes":{"person":[7]}})", "changes.person[0]", errc::type_mismatch},
        {R"({"changes":[]})", "changes", errc::type_mismatch},
        {R"({})", "changes", errc::missing_field},
        {R"({"changes":{},"changes":{}})", "changes", errc::duplicate_field},
        {R"({"changes":{"tag":[],"tag":[]}})", "changes.tag", errc::duplicate_field},
        {R"({"changes":{"person":[{"gone":0,"isDeleted":0}]}})", "changes.person[0].gone",
         errc::duplicate_field},
        {R"({"changes":{},"lastSyncTimestamp":"x"})", "lastSyncTimestamp", errc::invalid_value},
    };
    for (const auto& each : wrong) {
        const error why = refused(each.body);
        CHECK(why.field == each.field);
        CHECK(why.code == each.code);
    }
    CHECK(refused(R"({"changes":{}} x)").code == errc::trailing_data);
    CHECK(refused("").code == errc::truncated);
    CHECK(refused("[" + std::string(100, '[')).code == errc::type_mismatch);
    CHECK(refused(R"({"x":)" + std::string(100, '[')).code == errc::too_deep);
}

TEST_CASE("arriving_rows: whatever is cut off or changed is refused or read, and no more") {
    const std::string right =
        R"({"changes":{"person":[{"id":null,"name":"a\u00e4","active":true,"version":1}],)"
        R"("tag":[{"number":7,"word":"x"}]},"lastSyncTimestamp":null})";
    CHECK(rc::check([&] {
        std::string body = right;
        const auto changes = *rc::gen::inRange(1, 4);
        for (int i = 0; i < changes; ++i) {
            const auto at = *rc::gen::inRange<std::size_t>(0, body.size());
            body[at] = *rc::gen::arbitrary<char>();
        }
        body.resize(*rc::gen::inRange<std::size_t>(body.size() / 2, body.size() + 1));
        const auto got = read_arriving_rows<people>(body);
        RC_ASSERT(got || !got.error().message.empty());
        if (got) RC_ASSERT(got->size() <= 2U);
    }));
}
