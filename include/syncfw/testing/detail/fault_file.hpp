// SPDX-License-Identifier: BSL-1.0
// What SQLite does with a file of a simulated disk.
#pragma once

#include <syncfw/testing/detail/fault_disk.hpp>

#include <sqlite3.h>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::testing::detail {

/// What an operation with this fault answers.
[[nodiscard]] inline int answer(disk_fault fault, int code) noexcept {
    return fault == disk_fault::none ? SQLITE_OK : code;
}

/// A file as SQLite has it open.
struct open_file {
    sqlite3_file base{};  // First: SQLite sees nothing else of it.
    fault_disk& disk;
    fault_disk::file_pointer file;
    std::string name;  // Where it is to be removed when it is closed.
    int start;
    bool with_folder = false;  // The next synchronisation is its folder's too.
    int level = SQLITE_LOCK_NONE;
    bool uses_memory = false;
    unsigned shared = 0;
    unsigned exclusive = 0;

    [[nodiscard]] static open_file& of(sqlite3_file* given) noexcept {
        return *reinterpret_cast<open_file*>(given);
    }
    [[nodiscard]] bool is_dead() const noexcept { return start != disk.start(); }
    /// Begins an operation: SQLITE_OK or how it failed.
    [[nodiscard]] int begin(int code) const {
        return is_dead() ? code : answer(disk.begin(fault_disk::operation::other), code);
    }
};

/// What SQLite calls with a file.
struct file_calls {
    static int close(sqlite3_file* given) {
        auto& self = open_file::of(given);
        unlock(given, SQLITE_LOCK_NONE);
        unmap(given, 0);
        {
            const auto held = self.disk.hold();
            if (!self.name.empty() && !self.is_dead()) self.disk.remove(self.name);
        }
        self.~open_file();
        return SQLITE_OK;
    }
    static int read(sqlite3_file* given, void* into, int amount, sqlite3_int64 at) {
        auto& self = open_file::of(given);
        const auto held = self.disk.hold();
        if (self.is_dead()) return SQLITE_IOERR_READ;
        const disk_fault fault = self.disk.begin(fault_disk::operation::read);
        if (fault != disk_fault::none && fault != disk_fault::short_read) return SQLITE_IOERR_READ;
        const std::string& bytes = self.file->bytes();
        const auto from = static_cast<std::size_t>(at);
        const auto wanted = static_cast<std::size_t>(amount);
        std::size_t found = from < bytes.size() ? bytes.size() - from : 0;
        if (found > wanted) found = wanted;
        if (fault == disk_fault::short_read) found /= 2;
        if (found != 0) std::memcpy(into, bytes.data() + from, found);
        std::memset(static_cast<char*>(into) + found, 0, wanted - found);
        return found == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
    }
    static int write(sqlite3_file* given, const void* from, int amount, sqlite3_int64 at) {
        auto& self = open_file::of(given);
        const auto held = self.disk.hold();
        if (self.is_dead()) return SQLITE_IOERR_WRITE;
        const std::string_view bytes(static_cast<const char*>(from),
                                     static_cast<std::size_t>(amount));
        const disk_fault fault = self.disk.write(*self.file, static_cast<std::size_t>(at), bytes);
        return answer(fault, fault == disk_fault::full ? SQLITE_FULL : SQLITE_IOERR_WRITE);
    }
    static int truncate(sqlite3_file* given, sqlite3_int64 size) {
        auto& self = open_file::of(given);
        const auto held = self.disk.hold();
        const int code = self.begin(SQLITE_IOERR_TRUNCATE);
        if (code == SQLITE_OK) self.file->resize(static_cast<std::size_t>(size));
        return code;
    }
    static int synchronise(sqlite3_file* given, int) {
        auto& self = open_file::of(given);
        const auto held = self.disk.hold();
        if (self.is_dead()) return SQLITE_IOERR_FSYNC;
        const int code = answer(self.disk.synchronise(*self.file), SQLITE_IOERR_FSYNC);
        if (code != SQLITE_OK || !self.with_folder) return code;
        const disk_fault fault = self.disk.synchronise_folder();
        self.with_folder = fault != disk_fault::none;
        return answer(fault, SQLITE_IOERR_DIR_FSYNC);
    }
    static int size(sqlite3_file* given, sqlite3_int64* size) {
        auto& self = open_file::of(given);
        const auto held = self.disk.hold();
        *size = static_cast<sqlite3_int64>(self.file->bytes().size());
        return self.begin(SQLITE_IOERR_FSTAT);
    }

    static int lock(sqlite3_file* given, int level) {
        auto& self = open_file::of(given);
        const auto held = self.disk.hold();
        if (level <= self.level) return SQLITE_OK;
        if (const int code = self.begin(SQLITE_IOERR_LOCK); code != SQLITE_OK) return code;
        file_locks& locks = self.file->locks;
        const bool has_other = locks.writer != nullptr && locks.writer != given;
        if (level == SQLITE_LOCK_SHARED) {
            if (has_other && locks.writer_level >= SQLITE_LOCK_PENDING) return SQLITE_BUSY;
            ++locks.readers;
            self.level = level;
            return SQLITE_OK;
        }
        if (has_other) return SQLITE_BUSY;
        // Those who read may finish, and no new ones come.
        const bool waits = level == SQLITE_LOCK_EXCLUSIVE && locks.readers > 1;
        locks.writer = given;
        locks.writer_level = self.level = waits ? SQLITE_LOCK_PENDING : level;
        return waits ? SQLITE_BUSY : SQLITE_OK;
    }
    static int unlock(sqlite3_file* given, int level) {
        auto& self = open_file::of(given);
        const auto held = self.disk.hold();
        if (level >= self.level) return SQLITE_OK;
        file_locks& locks = self.file->locks;
        if (locks.writer == given) locks.writer = nullptr;
        if (level == SQLITE_LOCK_NONE) --locks.readers;
        self.level = level;
        return SQLITE_OK;
    }
    static int is_reserved(sqlite3_file* given, int* reserved) {
        auto& self = open_file::of(given);
        const auto held = self.disk.hold();
        *reserved = self.file->locks.writer != nullptr ? 1 : 0;
        return self.begin(SQLITE_IOERR_CHECKRESERVEDLOCK);
    }

    static int map(sqlite3_file* given, int region, int, int extend, void volatile** found) {
        auto& self = open_file::of(given);
        const auto held = self.disk.hold();
        *found = nullptr;
        if (const int code = self.begin(SQLITE_IOERR_SHMMAP); code != SQLITE_OK) return code;
        shared_memory& memory = self.file->memory;
        if (!self.uses_memory) ++memory.users;
        self.uses_memory = true;
        const auto wanted = static_cast<std::size_t>(region);
        while (extend != 0 && memory.regions.size() <= wanted)
            memory.regions.push_back(std::make_unique<shared_memory::region>());
        if (wanted < memory.regions.size()) *found = memory.regions[wanted]->bytes.data();
        return SQLITE_OK;
    }
    static int lock_memory(sqlite3_file* given, int first, int count, int how) {
        auto& self = open_file::of(given);
        const auto held = self.disk.hold();
        auto& holders = self.file->memory.holders;
        const unsigned mask = ((1U << count) - 1U) << first;
        if ((how & SQLITE_SHM_UNLOCK) != 0) {
            give_back(self, mask);
            return SQLITE_OK;
        }
        if (const int code = self.begin(SQLITE_IOERR_SHMLOCK); code != SQLITE_OK) return code;
        const bool wants_all = (how & SQLITE_SHM_EXCLUSIVE) != 0;
        for (std::size_t i = 0; i < holders.size(); ++i)
            if ((mask >> i & 1U) != 0 && (wants_all ? holders[i] != 0 : holders[i] < 0))
                return SQLITE_BUSY;
        unsigned& mine = wants_all ? self.exclusive : self.shared;
        for (std::size_t i = 0; i < holders.size(); ++i)
            if ((mask & ~mine) >> i & 1U) holders[i] = wants_all ? -1 : holders[i] + 1;
        mine |= mask;
        return SQLITE_OK;
    }
    static void order_memory(sqlite3_file*) { std::atomic_thread_fence(std::memory_order_seq_cst); }
    static int unmap(sqlite3_file* given, int) {
        auto& self = open_file::of(given);
        const auto held = self.disk.hold();
        give_back(self, 0xFF);
        if (std::exchange(self.uses_memory, false) && --self.file->memory.users == 0)
            self.file->memory.regions.clear();
        return SQLITE_OK;
    }

    static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
    static int sector_size(sqlite3_file* given) {
        return static_cast<int>(open_file::of(given).disk.settings().sector_bytes);
    }
    static int characteristics(sqlite3_file* given) {
        return open_file::of(given).disk.settings().is_powersafe ? SQLITE_IOCAP_POWERSAFE_OVERWRITE
                                                                 : 0;
    }

  private:
    static void give_back(open_file& self, unsigned mask) noexcept {
        auto& holders = self.file->memory.holders;
        for (std::size_t i = 0; i < holders.size(); ++i)
            if ((self.exclusive & mask) >> i & 1U)
                holders[i] = 0;
            else if ((self.shared & mask) >> i & 1U)
                --holders[i];
        self.exclusive &= ~mask;
        self.shared &= ~mask;
    }
};

inline const sqlite3_io_methods* methods(bool has_shared_memory) noexcept {
    using calls = file_calls;
    static constexpr auto make = [](bool shares) {
        sqlite3_io_methods made{};
        made.iVersion = shares ? 2 : 1;
        made.xClose = calls::close;
        made.xRead = calls::read;
        made.xWrite = calls::write;
        made.xTruncate = calls::truncate;
        made.xSync = calls::synchronise;
        made.xFileSize = calls::size;
        made.xLock = calls::lock;
        made.xUnlock = calls::unlock;
        made.xCheckReservedLock = calls::is_reserved;
        made.xFileControl = calls::control;
        made.xSectorSize = calls::sector_size;
        made.xDeviceCharacteristics = calls::characteristics;
        if (!shares) return made;
        made.xShmMap = calls::map;
        made.xShmLock = calls::lock_memory;
        made.xShmBarrier = calls::order_memory;
        made.xShmUnmap = calls::unmap;
        return made;
    };
    static constexpr sqlite3_io_methods alone = make(false);
    static constexpr sqlite3_io_methods shared = make(true);
    return has_shared_memory ? &shared : &alone;
}

}  // namespace syncfw::testing::detail
