// SPDX-License-Identifier: BSL-1.0
// Who wrote what: a server that keeps it, and a program that reads it.
#include <syncfw/conflict/merge_fields.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/in_process.hpp>

#include <cstdio>
#include <string>

using namespace syncfw::annotations;

struct loan {
    std::string book{};
    std::string reader{};
    std::string note{};

    static constexpr auto sync_entity = entity<"loan">(field<&loan::book>(primary_key));
};
using loans = syncfw::schema<loan>;

// [read]
template <class Store>
syncfw::result<void> print_audit(Store& store, const syncfw::tenant_id& whose,
                                 syncfw::timestamp since) {
    auto tx = begin_read(store, whose);
    if (!tx) return tx.error();
    const auto at = field<&syncfw::audit_entry::at>;
    auto entries = tx->scan(where(at >= since).order_by(at).limit(100));
    if (!entries) return entries.error();
    for (const syncfw::record<syncfw::audit_entry>& each : *entries)
        std::printf("%s: %s %s %s, %s\n", each.value.subject.c_str(), each.value.action.c_str(),
                    each.value.entity_name.c_str(), each.value.row_key.c_str(),
                    each.value.details.c_str());
    return {};
}
// [/read]

int main() {
    syncfw::memory::store<loans> hub_store, ann_store, bob_store;
    // [keep]
    syncfw::server hub(hub_store, syncfw::merge_fields(), {.audit = true});
    // [/keep]
    const auto as = [](const char* who) { return syncfw::caller{.subject = who}; };
    syncfw::in_process_link ann_link(hub, as("ann")), bob_link(hub, as("bob"));
    syncfw::replica ann(ann_store, ann_link), bob(bob_store, bob_link);

    if (!ann.put(loan{.book = "Dune", .reader = "Eve"}) || !ann.sync() || !bob.sync()) return 1;
    (void)ann.patch<loan>("Dune", [](loan& l) { l.note = "back on Monday"; });
    (void)bob.patch<loan>("Dune", [](loan& l) { l.reader = "Paul"; });
    if (!ann.sync() || !bob.sync()) return 1;
    if (!bob.remove<loan>("Dune") || !bob.sync()) return 1;
    return print_audit(hub_store, syncfw::tenant_id(), {}) ? 0 : 1;
}
