// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/storage/migration.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace syncfw::sqlite {

/// What a commit that was answered with success survives. No level damages the file, but `none`
/// when the machine stops in the middle.
enum class durability : unsigned char {
    power_loss,     ///< The machine's end as well: each commit waits for the disk.
    process_crash,  ///< The program's end, however it came. Power loss may take the last commits.
    none,           ///< For what can be made again.
};

/// How much of the file is looked at when it is opened, beside its header and its tables' list.
enum class integrity : unsigned char {
    none,
    quick,  ///< Every page, but not whether indexes and tables agree. Reads the whole file.
    full,   ///< That as well. Slow.
};

struct options {
    syncfw::sqlite::durability durability = syncfw::sqlite::durability::power_loss;
    /// How long a transaction waits for its turn before it fails with `errc::busy`.
    std::chrono::milliseconds busy_timeout{5'000};
    /// At most so many read transactions at a time; the next ones wait. Each is a connection, made
    /// when it is needed and kept.
    std::size_t readers = 4;
    integrity check = integrity::none;
    /// Holds the file for this store alone, with one connection: for file systems on which
    /// processes can't share memory. One transaction of either kind at a time.
    bool exclusive = false;
    /// Whether the database itself checks references and unique values; see `sql::constraints`.
    /// A replica's must not.
    bool references = false;
    bool unique = true;
    /// Changes of the tables by hand; see migration.hpp. They must live as long as the store.
    std::span<const syncfw::migration> migrations{};
    /// False leaves the tables as they are until `migrate` is called.
    bool migrate = true;
    /// Memory for pages: of the writer; each reader has a quarter of it.
    std::int64_t cache_bytes = 16 * 1024 * 1024;
    /// From how many pages on the log of changes is taken into the file, after a commit.
    int checkpoint_pages = 1'000;
};

}  // namespace syncfw::sqlite
