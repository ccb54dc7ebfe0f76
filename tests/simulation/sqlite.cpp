// SPDX-License-Identifier: BSL-1.0
// Each node has a SQLite file on a disk of its own, which loses what was not synchronised when its
// machine ends.
#include "worlds.hpp"
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/testing/fault_vfs.hpp>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <utility>

namespace simulated {
namespace {

class sqlite_place {
  public:
    using storage_type = sqlite::store<library>;

    sqlite_place(std::uint64_t seed, bool keeps_unique)
        : disk_({.seed = seed}), keeps_unique_(keeps_unique) {
        open();
    }
    ~sqlite_place() {
        store_.reset();
        const std::lock_guard lock(only_one_opens());
        vfs_.reset();
    }
    sqlite_place(const sqlite_place&) = delete;
    sqlite_place& operator=(const sqlite_place&) = delete;
    [[nodiscard]] storage_type& store() { return *store_; }

    void restart(bool machine_ends) {
        if (machine_ends) disk_.cut_power();
        store_.reset();
        if (machine_ends) disk_.restart();
        open();
    }

  private:
    // Files are opened on the default disk, of which a process has one.
    [[nodiscard]] static std::mutex& only_one_opens() {
        static std::mutex it;
        return it;
    }
    void open() {
        const std::lock_guard lock(only_one_opens());
        if (vfs_)
            vfs_->make_default();
        else
            vfs_.emplace(disk_, false);
        auto opened =
            sqlite::open<library>("/node.db", {.exclusive = true, .unique = keeps_unique_});
        if (!opened) {
            std::fprintf(stderr, "%s\n", to_string(opened.error()).c_str());
            std::abort();
        }
        store_.emplace(std::move(*opened));
    }

    testing::fault_disk disk_;
    std::optional<testing::fault_vfs> vfs_{};
    bool keeps_unique_;
    std::optional<storage_type> store_{};
};

template <class Policy>
struct setup {
    using schema_type = library;
    using policy_type = Policy;
    using place_type = sqlite_place;
};

}  // namespace

std::vector<kind> kinds_in_sqlite() {
    return {kind_of<setup<merge_fields>>("sqlite", "merge_fields"),
            kind_of<setup<park>>("sqlite", "park")};
}

}  // namespace simulated
