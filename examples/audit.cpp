// SPDX-License-Identifier: BSL-1.0
// Who wrote what: a server that keeps it, and a program that reads it.
#include <syncfw/conflict/merge_fields.hpp>
#include <syncfw/observe/audit.hpp>
#include <syncfw/observe/log.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/observed.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/in_process.hpp>

#include <cstdio>
#include <string>
#include <utility>

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

template <class Hub>
syncfw::result<void> lend_and_change(Hub& hub) {
    syncfw::memory::store<loans> ann_store, bob_store;
    const auto as = [](const char* who) { return syncfw::caller{.subject = who}; };
    syncfw::in_process_link ann_link(hub, as("ann")), bob_link(hub, as("bob"));
    syncfw::replica ann(ann_store, ann_link), bob(bob_store, bob_link);
    const auto both = [&]() -> syncfw::result<void> {
        if (auto done = ann.sync(); !done) return done.error();
        if (auto done = bob.sync(); !done) return done.error();
        return {};
    };
    (void)ann.put(loan{.book = "Dune", .reader = "Eve"});
    if (auto done = both(); !done) return done;
    (void)ann.template patch<loan>("Dune", [](loan& l) { l.note = "back on Monday"; });
    (void)bob.template patch<loan>("Dune", [](loan& l) { l.reader = "Paul"; });
    if (auto done = both(); !done) return done;
    (void)bob.template remove<loan>("Dune");
    return both();
}

syncfw::result<void> tell_a_file(const std::string& path) {
    syncfw::memory::store<loans> store;
    // [file]
    auto file = syncfw::audit_file::open(path);
    if (!file) return file.error();
    syncfw::events_to_log others{syncfw::logger(stderr)};
    syncfw::audit_sink audit(others, std::move(*file));
    syncfw::server hub(store, syncfw::merge_fields(), {.audit = true}, syncfw::observed(audit));
    // [/file]
    return lend_and_change(hub);
}

syncfw::result<void> read_the_table() {
    syncfw::memory::store<loans> hub_store;
    // [keep]
    syncfw::server hub(hub_store, syncfw::merge_fields(), {.audit = true});
    // [/keep]
    if (auto done = lend_and_change(hub); !done) return done;
    return print_audit(hub_store, syncfw::tenant_id(), {});
}

/// With the name of a file, that is told, too.
int main(int argc, char** argv) {
    const auto done = argc > 1 ? tell_a_file(argv[1]) : read_the_table();
    return done ? 0 : 1;
}
