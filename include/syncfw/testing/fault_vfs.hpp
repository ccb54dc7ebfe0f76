// SPDX-License-Identifier: BSL-1.0
// SQLite on a disk that fails: to try what becomes of a store when the power is cut, the disk is
// full or a read goes wrong, as often as one likes and the same each time.
//
//     testing::fault_disk disk({.seed = 7});
//     const testing::fault_vfs vfs(disk);                   // What is opened from now on is on it.
//     auto store = sqlite::open<library>(path);
//     disk.fail_at(12, testing::disk_fault::power_cut);
//     while (work_on(*store)) {}                            // Until nothing works any more.
//     disk.restart();                                       // What a machine would find then.
//     auto found = sqlite::open<library>(path);             // Is all there that was committed?
//
// The disk is in memory and has one folder. It knows what was synchronised; of all else, a power
// cut keeps, loses or spoils each sector by itself, and each file that was made or removed. Which
// of it, is drawn from the seed. SQLite's time and random numbers come from it too.
//
// Close all stores before the `fault_vfs` goes. A store that isn't exclusive locks a file beside
// its own in the real file system, so its path must lie in a real folder; it is empty there.
#pragma once

#include <syncfw/testing/detail/fault_file.hpp>

#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace syncfw::testing {

namespace detail {
struct vfs_calls;
}

class fault_vfs {
  public:
    /// Without shared memory, only exclusive stores can be opened.
    explicit fault_vfs(fault_disk& disk, bool has_shared_memory = true);
    ~fault_vfs() { sqlite3_vfs_unregister(&vfs_); }
    fault_vfs(const fault_vfs&) = delete;
    fault_vfs& operator=(const fault_vfs&) = delete;

    /// What is opened from now on is on this disk again, if there are several.
    void make_default() noexcept { sqlite3_vfs_register(&vfs_, 1); }

    /// SQLite's default while the object is there, and to be had by this name.
    [[nodiscard]] const char* name() const noexcept { return name_.c_str(); }

  private:
    fault_disk& disk_;
    std::string name_;
    sqlite3_vfs vfs_{};
    bool has_shared_memory_;

    friend struct detail::vfs_calls;
};

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

/// What SQLite calls without a file.
struct vfs_calls {
    static fault_vfs& of(sqlite3_vfs* given) noexcept {
        return *static_cast<fault_vfs*>(given->pAppData);
    }
    static int begin(fault_disk& disk, int code) {
        return answer(disk.begin(fault_disk::operation::other), code);
    }

    static int open(sqlite3_vfs* given, const char* name, sqlite3_file* made, int flags,
                    int* flags_out) {
        fault_disk& disk = of(given).disk_;
        const auto held = disk.hold();
        made->pMethods = nullptr;
        const int code = begin(disk, SQLITE_CANTOPEN);
        if (code != SQLITE_OK) return code;
        auto found = name != nullptr ? disk.find(name) : std::make_shared<fault_disk::file>();
        const bool is_new = found == nullptr;
        if (is_new && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
        if (!is_new && name != nullptr && (flags & SQLITE_OPEN_EXCLUSIVE) != 0)
            return SQLITE_CANTOPEN;
        if (is_new) found = disk.make(name);
        // As SQLite's own: of a file that it may make, also where it was there.
        constexpr int logs = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
        const bool goes = name != nullptr && (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
        auto* const opened = new (made)
            open_file{.disk = disk,
                      .file = std::move(found),
                      .name = goes ? std::string(name) : std::string(),
                      .start = disk.start(),
                      .with_folder = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & logs) != 0};
        opened->base.pMethods = methods(of(given).has_shared_memory_);
        if (flags_out != nullptr) *flags_out = flags;
        return SQLITE_OK;
    }
    static int remove(sqlite3_vfs* given, const char* name, int with_folder) {
        fault_disk& disk = of(given).disk_;
        const auto held = disk.hold();
        int code = begin(disk, SQLITE_IOERR_DELETE);
        if (code != SQLITE_OK) return code;
        if (disk.find(name) == nullptr) return SQLITE_IOERR_DELETE_NOENT;
        disk.remove(name);
        if (with_folder != 0) code = answer(disk.synchronise_folder(), SQLITE_IOERR_DIR_FSYNC);
        return code;
    }
    // As everywhere, an empty file is none.
    static int access(sqlite3_vfs* given, const char* name, int, int* is_there) {
        fault_disk& disk = of(given).disk_;
        const auto held = disk.hold();
        const auto found = disk.find(name);
        *is_there = found != nullptr && !found->bytes().empty() ? 1 : 0;
        return begin(disk, SQLITE_IOERR_ACCESS);
    }
    static int full_name(sqlite3_vfs*, const char* name, int room, char* into) {
        const std::size_t size = std::strlen(name) + 1;
        if (size > static_cast<std::size_t>(room)) return SQLITE_CANTOPEN;
        std::memcpy(into, name, size);
        return SQLITE_OK;
    }
    static int randomness(sqlite3_vfs* given, int amount, char* into) {
        fault_disk& disk = of(given).disk_;
        const auto held = disk.hold();
        for (int i = 0; i < amount; ++i) into[i] = static_cast<char>(disk.random().next());
        return amount;
    }
    static int sleep(sqlite3_vfs* given, int microseconds) {
        fault_disk& disk = of(given).disk_;
        const auto held = disk.hold();
        disk.sleep((microseconds + 999) / 1'000);
        return microseconds;
    }
    // In milliseconds of the Julian calendar; the simulation begins in 2026.
    static int time(sqlite3_vfs* given, sqlite3_int64* now) {
        fault_disk& disk = of(given).disk_;
        const auto held = disk.hold();
        *now = 212'634'028'800'000 + disk.clock();
        return SQLITE_OK;
    }
    static int time_in_days(sqlite3_vfs* given, double* now) {
        sqlite3_int64 milliseconds = 0;
        const int code = time(given, &milliseconds);
        *now = static_cast<double>(milliseconds) / 86'400'000.0;
        return code;
    }
    static int last_error(sqlite3_vfs*, int, char*) { return 0; }
};

}  // namespace detail

inline fault_vfs::fault_vfs(fault_disk& disk, bool has_shared_memory)
    : disk_(disk), has_shared_memory_(has_shared_memory) {
    static std::atomic<int> made = 0;
    name_ = "syncfw-fault-" + std::to_string(++made);
    vfs_.iVersion = 2;
    vfs_.szOsFile = static_cast<int>(sizeof(detail::open_file));
    vfs_.mxPathname = 512;
    vfs_.zName = name_.c_str();
    vfs_.pAppData = this;
    vfs_.xOpen = detail::vfs_calls::open;
    vfs_.xDelete = detail::vfs_calls::remove;
    vfs_.xAccess = detail::vfs_calls::access;
    vfs_.xFullPathname = detail::vfs_calls::full_name;
    vfs_.xRandomness = detail::vfs_calls::randomness;
    vfs_.xSleep = detail::vfs_calls::sleep;
    vfs_.xCurrentTime = detail::vfs_calls::time_in_days;
    vfs_.xCurrentTimeInt64 = detail::vfs_calls::time;
    vfs_.xGetLastError = detail::vfs_calls::last_error;
    sqlite3_vfs_register(&vfs_, 1);
    sqlite3_randomness(0, nullptr);  // SQLite asks for a new seed then.
}

}  // namespace syncfw::testing
