// SPDX-License-Identifier: BSL-1.0
// Two devices and a server in one process: both write offline, both end with the same.

// [two_devices]
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/in_process.hpp>

#include <iostream>

using namespace syncfw::annotations;

struct task {
    syncfw::uuid id{};
    std::string title{};
    bool done = false;
    syncfw::counter votes{};

    static constexpr auto sync_entity = entity<"task">(field<&task::id>(primary_key));
};
using tasks = syncfw::schema<task>;

int main() {
    syncfw::memory::store<tasks> hub_store, phone_store, laptop_store;
    syncfw::server hub(hub_store, syncfw::merge_fields());
    syncfw::in_process_link link(hub, syncfw::caller());
    syncfw::replica phone(phone_store, link), laptop(laptop_store, link);

    const task milk{.id = syncfw::new_uuid(), .title = "milk"};
    phone.put(milk).value();
    if (!phone.sync() || !laptop.sync()) return 1;

    phone.patch<task>(milk.id, [](task& t) { t.title = "oat milk", t.votes += 1; }).value();
    laptop.patch<task>(milk.id, [](task& t) { t.done = true, t.votes += 2; }).value();
    if (!phone.sync() || !laptop.sync() || !phone.sync()) return 1;

    for (const task& t : laptop.find(where(field<&task::done> == true)).value())
        std::cout << t.title << " is done, with " << t.votes.value() << " votes\n";
}
// [/two_devices]
