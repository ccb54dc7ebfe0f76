// SPDX-License-Identifier: BSL-1.0
// The code of docs/cookbook.md, run. Each recipe says whether it held.
#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/schedule.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/syncfw.hpp>
#include <syncfw/transport/in_process.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

using namespace syncfw::annotations;

// [entity]
struct recipe {
    syncfw::uuid id{};
    std::string title{};
    std::int64_t minutes = 30;
    std::string cuisine{};
    std::string approved_by{};
    syncfw::set_of<std::string> tags{};
    syncfw::counter cooked{};
    std::string steps{};
    std::int32_t scroll = 0;
    bool is_deleted = false;

    static constexpr auto sync_entity =
        entity<"recipe">(field<&recipe::id>(primary_key),                                     //
                         field<&recipe::title>(required, unique),                             //
                         field<&recipe::minutes>(alias("duration"), default_value(30)),       //
                         field<&recipe::cuisine>(json("kitchen"), default_value("unknown")),  //
                         field<&recipe::approved_by>(server_owned),                           //
                         field<&recipe::steps>(merge(by::text)),                              //
                         field<&recipe::scroll>(local_only),                                  //
                         field<&recipe::is_deleted>(soft_delete));
};
using kitchen = syncfw::schema<recipe>;
// [/entity]

namespace {

int failures = 0;

void check(bool holds, const char* what) {
    std::printf("%-60s %s\n", what, holds ? "yes" : "NO");
    failures += holds ? 0 : 1;
}

// [delete]
template <class Replica>
syncfw::result<void> delete_and_restore(Replica& mine, const syncfw::uuid& id) {
    if (auto done = mine.template remove<recipe>(id); !done) return done;
    // `find` and `get` see rows that live; the mark travels, so that others delete it too.
    return mine.template restore<recipe>(id);
}
// [/delete]

// [names]
// `duration` is what older clients call it, and what is missing gets its default.
const auto from_old_client = syncfw::json::decode<recipe>(
    R"({"id":"01a1fb21-23d2-700e-aeef-4f62da0684f6","title":"Stew","duration":90})");
// [/names]

// [approve]
// The server's own program sets what only the server may: on its store, as any change of the feed.
template <class Store>
syncfw::result<void> approve(Store& store, const syncfw::tenant_id& whose, const syncfw::uuid& id,
                             std::string who) {
    auto tx = begin_write(store, whose);
    if (!tx) return tx.error();
    auto row = tx->template get<recipe>(id);
    if (!row) return row.error();
    if (!*row) return syncfw::error{.code = syncfw::errc::not_found};
    (*row)->value.approved_by = std::move(who);
    (*row)->set_version((*row)->version() + 1);
    auto number = tx->next_sequence(1);
    if (!number) return number.error();
    (*row)->set_sequence(*number);
    if (auto done = tx->put(**row); !done) return done;
    return tx->commit();
}
// [/approve]

// [merge]
template <class Replica>
void cook_on_both(Replica& phone, Replica& laptop, const syncfw::uuid& id) {
    (void)phone.template patch<recipe>(id, [](recipe& r) {
        r.tags.insert("winter");
        r.cooked += 1;
        r.steps = "Heat the oil.\n" + r.steps;
    });
    (void)laptop.template patch<recipe>(id, [](recipe& r) {
        r.tags.insert("cheap");
        r.cooked += 2;
        r.steps += "\nServe.";
    });
}
// [/merge]

// [together]
template <class Replica>
syncfw::result<void> hand_title_on(Replica& mine, const syncfw::uuid& from,
                                   const syncfw::uuid& to) {
    return mine.transact([&](auto& edit) -> syncfw::result<void> {
        const auto title = [&](const syncfw::uuid& id, const char* wanted) {
            return edit.template patch<recipe>(id, [&](recipe& r) { r.title = wanted; });
        };
        if (auto done = title(from, "Ragout"); !done) return done;
        return title(to, "Stew");
    });
}
// [/together]

// [refused]
template <class Replica>
syncfw::result<int> give_up_refused(Replica& mine) {
    auto refused = mine.failed();
    if (!refused) return refused.error();
    for (const syncfw::outbox_operation& each : *refused) {
        std::printf("  refused: %s: %s\n", each.code.c_str(), each.reason.c_str());
        // An edit of the row mends it, `retry` sends it as it is; this takes the server's row.
        if (auto done = mine.drop(each.id); !done) return done.error();
    }
    return static_cast<int>(refused->size());
}
// [/refused]

// [progress]
template <class Replica>
syncfw::result<syncfw::sync_report> sync_with_progress(Replica& mine, const bool& is_cancelled) {
    return mine.sync([&](const syncfw::sync_report& so_far) {
        std::printf("  %lld rows here, about %lld to come\n", static_cast<long long>(so_far.pulled),
                    static_cast<long long>(so_far.behind));
        return !is_cancelled;  // What is here stays, and the next sync goes on behind it.
    });
}
// [/progress]

// [wait]
template <class Replica>
syncfw::result<void> follow_link(Replica& mine, const std::string& token) {
    auto moment = syncfw::parse_freshness(token);  // to_string(*theirs.seen()), on the other device
    if (!moment) return moment.error();
    return mine.wait(*moment, 5'000'000);  // at most five seconds
}
// [/wait]

// [background]
template <class Replica, class GoesOn>
void stay_in_touch(Replica& mine, GoesOn&& goes_on) {
    syncfw::system_environment here;
    syncfw::sync_schedule plan({.interval_microseconds = 60'000'000});
    run_scheduled(mine, here, plan, goes_on);  // call plan.poked(…) there when there is news
}
// [/background]

void try_all() {
    // [world]
    syncfw::memory::store<kitchen> hub_store;
    syncfw::memory::store<kitchen> phone_store({.unique = false}), laptop_store({.unique = false});
    syncfw::server hub(hub_store, syncfw::merge_fields());
    syncfw::in_process_link line(hub, syncfw::caller());
    syncfw::replica phone(phone_store, line), laptop(laptop_store, line);
    // [/world]
    const auto meet = [&] { (void)(phone.sync() && laptop.sync() && phone.sync()); };
    const recipe stew{.id = syncfw::new_uuid(), .title = "Stew", .steps = "Stir."};
    const recipe soup{.id = syncfw::new_uuid(), .title = "Soup", .steps = "Boil."};
    (void)phone.put(stew);
    (void)phone.put(soup);
    meet();

    check(bool(delete_and_restore(phone, stew.id)) && phone.get<recipe>(stew.id)->has_value(),
          "delete and restore: the row lives");
    check(
        from_old_client && from_old_client->minutes == 90 && from_old_client->cuisine == "unknown",
        "names: an alias and a default");

    (void)phone.patch<recipe>(stew.id, [](recipe& r) { r.approved_by = "me", r.minutes = 90; });
    meet();
    check((*laptop.get<recipe>(stew.id))->approved_by.empty(), "server_owned: not a device's");
    (void)approve(hub_store, syncfw::tenant_id(), stew.id, "Eve");
    meet();
    check((*phone.get<recipe>(stew.id))->approved_by == "Eve" &&
              (*phone.get<recipe>(stew.id))->minutes == 90,
          "server_owned: the server's");

    cook_on_both(phone, laptop, stew.id);
    meet();
    const recipe merged = **laptop.get<recipe>(stew.id);
    check(merged.tags.size() == 2 && merged.cooked.value() == 3 &&
              merged.steps == "Heat the oil.\nStir.\nServe.",
          "merge: set, counter and text");

    check(hand_title_on(phone, stew.id, soup.id) && phone.sync(),
          "together: a title goes from row to row");
    meet();
    (void)phone.put(recipe{.id = syncfw::new_uuid(), .title = "Pie"});
    (void)laptop.put(recipe{.id = syncfw::new_uuid(), .title = "Pie"});
    meet();
    check(give_up_refused(laptop).value() == 1, "unique: the second one is refused");

    const bool never = false;
    check(bool(sync_with_progress(laptop, never)), "progress");
    check(bool(follow_link(laptop, to_string(*phone.seen()))), "wait for what others wrote");
    int looks = 0;
    stay_in_touch(phone, [&] { return ++looks < 3; });
    check(looks == 3, "background");
    // [explain]
    std::puts(to_string(*phone.explain<recipe>(stew.id)).c_str());
    // [/explain]
}

}  // namespace

int main() {
    try_all();
    return failures == 0 ? 0 : 1;
}
