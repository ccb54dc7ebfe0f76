// SPDX-License-Identifier: BSL-1.0
// Goal: each part of the bookkeeping has one place: the struct's field where there is one, else
// beside the value. Method: the same steps over entities with all such fields, some, and none.
#include <syncfw/entity/key.hpp>
#include <syncfw/entity/record.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>

namespace {

using namespace syncfw::annotations;
using syncfw::bookkeeping;
using syncfw::record;
using syncfw::sync_status;
using syncfw::timestamp;

struct bare {
    int id = 0;
    static constexpr auto sync_entity = entity<"bare">(field<&bare::id>(primary_key));
};
struct flagged {
    syncfw::uuid id{};
    std::int64_t version = 0;
    int gone = 0;
    sync_status state{};
    bool synced = false;
    timestamp made{};
    std::optional<timestamp> changed{};
    timestamp last{};
    static constexpr auto sync_entity = entity<"flagged">(
        field<&flagged::id>(primary_key), field<&flagged::version>(is::version),
        field<&flagged::gone>(soft_delete), field<&flagged::state>(sync_state),
        field<&flagged::synced>(server_synced), field<&flagged::made>(created_at),
        field<&flagged::changed>(updated_at), field<&flagged::last>(last_sync_at));
};
struct timed {
    std::string part{};
    int number = 0;
    std::optional<timestamp> gone{};
    static constexpr auto sync_entity =
        entity<"timed">(field<&timed::number>(primary_key), field<&timed::part>(primary_key),
                        field<&timed::gone>(soft_delete));
};
enum class visit_status { planned, cancelled };
struct by_value {
    visit_status status{};
    visit_status id{};
    static constexpr auto sync_entity =
        entity<"by_value">(field<&by_value::id>(primary_key),
                           field<&by_value::status>(soft_delete(visit_status::cancelled)));
};

constexpr timestamp noon = timestamp::from_microseconds(43'200'000'000);
constexpr timestamp late = timestamp::from_microseconds(86'000'000'000);

TEST_CASE("record: all three forms of soft_delete, and none") {
    record<bare> none;
    CHECK_FALSE(none.is_deleted());
    none.mark_deleted(noon);
    CHECK(none.is_deleted());
    CHECK_FALSE(syncfw::is_deleted(none.value));

    record<flagged> flag;
    CHECK_FALSE(flag.is_deleted());
    flag.mark_deleted(noon);
    CHECK(flag.is_deleted());
    CHECK(flag.value.gone == 1);
    CHECK_FALSE(flag.beside.is_deleted);

    record<timed> time;
    CHECK_FALSE(time.is_deleted());
    time.mark_deleted(noon);
    CHECK(time.is_deleted());
    time.mark_deleted(late);
    CHECK(time.value.gone == noon);

    record<by_value> value;
    CHECK_FALSE(value.is_deleted());
    value.mark_deleted(noon);
    CHECK(value.is_deleted());
    CHECK(value.value.status == visit_status::cancelled);
}

TEST_CASE("record: version and status are the struct's own fields where it has them") {
    record<flagged> own;
    own.set_version(7);
    own.set_status(sync_status::synced);
    CHECK(own.value.version == 7);
    CHECK(own.value.state == sync_status::synced);
    CHECK(own.value.synced);
    CHECK(own.beside == bookkeeping{});
    own.set_status(sync_status::pending);
    CHECK_FALSE(own.value.synced);

    record<bare> beside;
    beside.set_version(7);
    beside.set_status(sync_status::failed);
    CHECK(beside.version() == 7);
    CHECK(beside.status() == sync_status::failed);
    CHECK(beside.beside.version == 7);
}

bookkeeping random_bookkeeping() {
    return {.version = *rc::gen::arbitrary<std::int64_t>(),
            .written = syncfw::stamp(*rc::gen::arbitrary<std::uint64_t>(),
                                     syncfw::replica_id(*rc::gen::arbitrary<std::uint64_t>())),
            .sequence = *rc::gen::arbitrary<std::int64_t>(),
            .is_deleted = *rc::gen::arbitrary<bool>(),
            .status = *rc::gen::element(sync_status::pending, sync_status::synced,
                                        sync_status::failed, sync_status::conflict)};
}

TEST_CASE("record: bookkeeping that is written is read back, wherever it is kept") {
    CHECK(rc::check([] {
        record<bare> none;
        record<flagged> all;
        record<timed> some;
        record<by_value> value;
        for (int i = 0; i < 3; ++i) {
            bookkeeping wanted = random_bookkeeping();
            write_bookkeeping(none, wanted);
            write_bookkeeping(all, wanted);
            write_bookkeeping(some, wanted);
            RC_ASSERT(read_bookkeeping(none) == wanted);
            RC_ASSERT(read_bookkeeping(all) == wanted);
            RC_ASSERT(read_bookkeeping(some) == wanted);
            // Only the user knows what the value is when it isn't deleted.
            write_bookkeeping(value, wanted);
            wanted.is_deleted = wanted.is_deleted || value.is_deleted();
            RC_ASSERT(read_bookkeeping(value) == wanted);
        }
    }));
}

TEST_CASE("record: times are set where there are fields for them") {
    flagged value;
    syncfw::set_created_at(value, noon);
    syncfw::set_updated_at(value, late);
    syncfw::set_last_sync_at(value, late);
    CHECK(value.made == noon);
    CHECK(value.changed == late);
    CHECK(value.last == late);
    bare without;
    syncfw::set_updated_at(without, late);
    CHECK(without.id == 0);
}

TEST_CASE("key: one field, or several in declared order") {
    static_assert(std::is_same_v<syncfw::key_of<flagged>, syncfw::uuid>);
    static_assert(std::is_same_v<syncfw::key_of<timed>, std::tuple<std::string, int>>);
    CHECK(syncfw::key(bare{7}) == 7);
    const timed both{.part = "draft", .number = 7};
    CHECK(bool{syncfw::key(both) == std::tuple<std::string, int>("draft", 7)});
    CHECK(bool{syncfw::key(both) < syncfw::key(timed{.part = "draft", .number = 8})});
}

TEST_CASE("key: has a text for errors") {
    CHECK(syncfw::key_text(syncfw::key(bare{-7})) == "-7");
    CHECK(syncfw::key_text(syncfw::key(timed{.part = "draft", .number = 7})) == "draft/7");
    CHECK(syncfw::key_text(syncfw::key(timed{})) == "/0");
    CHECK(syncfw::key_text(syncfw::uuid{}) == "00000000-0000-0000-0000-000000000000");
    CHECK(syncfw::key_text(visit_status::planned) == "planned");
    CHECK(syncfw::key_text(noon) == "1970-01-01T12:00:00.000000Z");
}

}  // namespace
