// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/storage/migration.hpp>

#include <chrono>
#include <cstddef>
#include <span>

namespace syncfw::postgres {

struct options {
    /// At most so many connections, made when they are needed. A transaction has one of its own.
    std::size_t connections = 8;
    /// How long a transaction waits for a connection, or for the server to come back.
    std::chrono::milliseconds busy_timeout{5'000};
    /// How long a statement may wait for a lock of another transaction, and run at all; 0: ever.
    std::chrono::milliseconds lock_timeout{10'000};
    std::chrono::milliseconds statement_timeout{0};
    /// False behind a pooler that gives each transaction another server connection.
    bool prepared_statements = true;
    /// Whether the server itself checks references and unique values; see `sql::constraints`. A
    /// replica's must not.
    bool references = true;
    bool unique = true;
    /// A second net beneath the first: the server's own policies let a transaction see its tenant's
    /// rows only, whatever is asked. They don't bind superusers.
    bool row_level_security = false;
    /// Whether `open` brings the tables to the schema.
    bool migrate = true;
    std::span<const migration> migrations{};
};

}  // namespace syncfw::postgres
