// SPDX-License-Identifier: BSL-1.0
// What happened, each kind of it one struct. Whoever wants to know gives the engine an environment
// that takes them; who doesn't, pays nothing: not even a text is built.
//
//     std::FILE* const log = std::fopen("sync.log", "a");
//     syncfw::json_lines lines(log);
//     syncfw::server hub(store, policy, {}, syncfw::observed(lines));
//     // {"at":"2026-05-01T10:00:00Z","event":"push_taken","tenant":"acme","operations":3,…}
//     syncfw::replica mine(here, link, whose, {}, syncfw::observed(lines));
#pragma once

#include <syncfw/core/timestamp.hpp>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace syncfw::events {

/// What became of a push's operations of one entity.
struct entity_outcomes {
    std::string_view entity{};
    std::int64_t applied = 0;
    std::int64_t merged = 0;
    std::int64_t superseded = 0;
    std::int64_t parked = 0;
    std::int64_t rejected = 0;
};

/// A server took a push, and answered each operation.
struct push_taken {
    static constexpr std::string_view name = "push_taken";
    std::string tenant{};
    std::string subject{};
    std::string device{};
    std::int64_t operations = 0;
    std::int64_t applied = 0;
    std::int64_t merged = 0;
    std::int64_t superseded = 0;
    std::int64_t parked = 0;
    std::int64_t rejected = 0;
    /// The same by entity, for who counts so. It is not described, so that a log has the sums.
    std::vector<entity_outcomes> of_entities{};

    void add(const entity_outcomes& of) {
        operations += of.applied + of.merged + of.superseded + of.parked + of.rejected;
        applied += of.applied, merged += of.merged, superseded += of.superseded;
        parked += of.parked, rejected += of.rejected;
        of_entities.push_back(of);
    }
};
BOOST_DESCRIBE_STRUCT(push_taken, (),
                      (tenant, subject, device, operations, applied, merged, superseded, parked,
                       rejected))

/// An operation broke a rule. Behind `push_taken`, one for each.
struct operation_rejected {
    static constexpr std::string_view name = "operation_rejected";
    std::string tenant{};
    std::string operation{};
    std::string entity{};
    std::string code{};
    std::string reason{};
};
BOOST_DESCRIBE_STRUCT(operation_rejected, (), (tenant, operation, entity, code, reason))

/// Two writes met, and a person has to decide. Of both the row is told, without what is encrypted.
struct conflict_parked {
    static constexpr std::string_view name = "conflict_parked";
    std::string tenant{};
    std::string conflict{};
    std::string entity{};
    std::string key{};
    std::string reason{};
    std::string mine{};
    std::string mine_written{};
    std::string theirs{};
    std::string theirs_written{};
};
BOOST_DESCRIBE_STRUCT(conflict_parked, (),
                      (tenant, conflict, entity, key, reason, mine, mine_written, theirs,
                       theirs_written))

/// A person decided, on the server.
struct conflict_resolved {
    static constexpr std::string_view name = "conflict_resolved";
    std::string tenant{};
    std::string subject{};
    std::string conflict{};
    std::string how{};
};
BOOST_DESCRIBE_STRUCT(conflict_resolved, (), (tenant, subject, conflict, how))

/// A server took a write, and keeps a note of it: what the note says, without values of fields. It
/// is told once, when all of it is committed; see observe/audit.hpp.
struct write_audited {
    static constexpr std::string_view name = "write_audited";
    timestamp taken_at{};
    std::string tenant{};
    std::string subject{};
    std::string request{};    ///< As logs call it; empty where it came by no request.
    std::string operation{};  ///< The note's id in the table.
    std::string action{};
    std::string entity{};
    std::string key{};
    std::string outcome{};
    std::string rule{};  ///< That decided, or the name of the error that refused it.
    std::string fields{};
};
BOOST_DESCRIBE_STRUCT(write_audited, (),
                      (taken_at, tenant, subject, request, operation, action, entity, key, outcome,
                       rule, fields))

/// What was audited did not get to where it should also be. It is in the table.
struct audit_failed {
    static constexpr std::string_view name = "audit_failed";
    std::string tenant{};
    std::string operation{};
    std::string code{};
    std::string message{};
};
BOOST_DESCRIBE_STRUCT(audit_failed, (), (tenant, operation, code, message))

/// A device was given what is new.
struct page_given {
    static constexpr std::string_view name = "page_given";
    std::string tenant{};
    std::string subject{};
    std::int64_t rows = 0;
    std::int64_t behind = 0;
};
BOOST_DESCRIBE_STRUCT(page_given, (), (tenant, subject, rows, behind))

/// A request was refused as a whole.
struct request_refused {
    static constexpr std::string_view name = "request_refused";
    std::string tenant{};
    std::string subject{};
    std::string code{};
    std::string message{};
};
BOOST_DESCRIBE_STRUCT(request_refused, (), (tenant, subject, code, message))

/// Old deletions, answers and audit entries were let go.
struct history_retired {
    static constexpr std::string_view name = "history_retired";
    std::string tenant{};
    std::int64_t deletions = 0;
    std::int64_t answers = 0;
    std::int64_t audit = 0;
};
BOOST_DESCRIBE_STRUCT(history_retired, (), (tenant, deletions, answers, audit))

// --- on a device ---------------------------------------------------------------------------------

/// A sync went through.
struct synchronised {
    static constexpr std::string_view name = "synchronised";
    std::string tenant{};
    std::int64_t pushed = 0;
    std::int64_t superseded = 0;
    std::int64_t parked = 0;
    std::int64_t rejected = 0;
    std::int64_t pulled = 0;
    std::int64_t left = 0;
    std::int64_t messages = 0;
    std::int64_t bytes = 0;
    std::string kept_back{};  ///< Why some work was not sent; empty where all was.
};
BOOST_DESCRIBE_STRUCT(synchronised, (),
                      (tenant, pushed, superseded, parked, rejected, pulled, left, messages, bytes,
                       kept_back))

/// A sync did not get to its end. What it had done by then stays.
struct sync_failed {
    static constexpr std::string_view name = "sync_failed";
    std::string tenant{};
    std::string code{};
    std::string message{};
};
BOOST_DESCRIBE_STRUCT(sync_failed, (), (tenant, code, message))

/// The server's history is another one, or went on without this device: all rows are read anew.
struct renewal_began {
    static constexpr std::string_view name = "renewal_began";
    std::string tenant{};
    std::string reason{};
};
BOOST_DESCRIBE_STRUCT(renewal_began, (), (tenant, reason))

}  // namespace syncfw::events
