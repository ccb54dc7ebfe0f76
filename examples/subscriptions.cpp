// SPDX-License-Identifier: BSL-1.0
// A device that wants a part of the rows, and then another part.

// [subscriptions]
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/in_process.hpp>

#include <iostream>
#include <string>
#include <vector>

using namespace syncfw::annotations;

struct report {
    syncfw::uuid id{};
    std::string region{};
    std::string text{};
    static constexpr auto sync_entity = entity<"report">(field<&report::id>(primary_key));
};
struct region {
    std::string name{};
    static constexpr auto sync_entity = entity<"region">(field<&region::name>(primary_key));
};
using reports = syncfw::schema<report, region>;

// [of_region]
std::vector<syncfw::filter> of_region(const std::string& name) {
    return {to_filter(where(field<&report::region> == name)), to_filter(syncfw::all<region>())};
}
// [/of_region]

int main() {
    syncfw::memory::store<reports> hub_store, office_store, van_store;
    syncfw::server hub(hub_store, syncfw::merge_fields());
    syncfw::in_process_link link(hub, syncfw::caller());
    syncfw::replica office(office_store, link);
    for (const char* name : {"north", "north", "south"}) {
        office.put(report{.id = syncfw::new_uuid(), .region = name, .text = "…"}).value();
        office.put(region{.name = name}).value();
    }
    if (!office.sync()) return 1;

    for (const char* name : {"north", "south"}) {
        syncfw::replica van(van_store, link, {}, {.filters = of_region(name)});
        const auto seen = van.sync();
        if (!seen) return 1;
        std::cout << name << ": " << seen->pulled << " rows came, " << seen->left << " left, "
                  << van.find(syncfw::all<report>())->size() << " reports are here\n";
    }
}
// [/subscriptions]
