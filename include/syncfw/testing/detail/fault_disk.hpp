// SPDX-License-Identifier: BSL-1.0
// A disk that fails when it is told to; see fault_vfs.hpp, which puts SQLite on it.
#pragma once

#include <syncfw/testing/detail/disk_file.hpp>
#include <syncfw/testing/random.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::testing {

/// What a file system keeps in which order when the power is cut.
enum class disk_ordering : unsigned char {
    loose_posix,  ///< What POSIX says: each file made or removed is lost or kept by itself.
    ext4_like,    ///< They are kept in their order, and all of them with the next synchronisation.
};

enum class disk_fault : unsigned char {
    none,
    io_error,    ///< Any operation; a write may have been done in part.
    full,        ///< A write finds no room.
    short_read,  ///< A read finds the file's end too early.
    power_cut,   ///< Any operation, and all later ones, until the restart.
};

struct disk_options {
    std::uint64_t seed = 0;
    disk_ordering ordering = disk_ordering::loose_posix;
    std::size_t sector_bytes = 512;
    /// Whether a write that the power cut spoils leaves the bytes beside it alone. SQLite takes it
    /// for granted of real disks; where it is told that it isn't so, it fills sectors up.
    bool is_powersafe = false;
};

class fault_disk {
  public:
    explicit fault_disk(const disk_options& wanted = {}) : options_(wanted), random_(wanted.seed) {}
    fault_disk(const fault_disk&) = delete;
    fault_disk& operator=(const fault_disk&) = delete;

    /// The n-th operation from now on that can have this fault has it; 1 is the next one. A lasting
    /// fault strikes those after it too, until `heal`.
    void fail_at(std::int64_t n, disk_fault wanted, bool is_lasting = false) {
        const std::lock_guard locked(lock_);
        planned_ = {wanted, n, is_lasting};
    }
    /// Whether the planned fault has come.
    [[nodiscard]] bool has_failed() const {
        const std::lock_guard locked(lock_);
        return planned_.kind != disk_fault::none && planned_.in <= 0;
    }
    void heal() {
        const std::lock_guard locked(lock_);
        planned_ = {};
    }
    /// How many bytes all files may have together.
    void limit_room(std::size_t bytes) {
        const std::lock_guard locked(lock_);
        room_ = bytes;
    }
    /// How many operations there were.
    [[nodiscard]] std::int64_t operations() const {
        const std::lock_guard locked(lock_);
        return operations_;
    }

    void cut_power() {
        const std::lock_guard locked(lock_);
        has_power_ = false;
    }
    /// The machine starts again, with what it finds of the files. Nothing fails any more; what is
    /// still open stays dead.
    void restart();

    [[nodiscard]] bool holds(const std::string& name) const {
        const std::lock_guard locked(lock_);
        return folder_.contains(name);
    }
    [[nodiscard]] std::string bytes_of(const std::string& name) const {
        const std::lock_guard locked(lock_);
        const auto found = folder_.find(name);
        return found == folder_.end() ? std::string() : found->second->bytes();
    }
    /// Puts a file there as if it had always been.
    void put_file(const std::string& name, std::string bytes) {
        const std::lock_guard locked(lock_);
        folder_[name] = std::make_shared<file>(std::move(bytes));
        kept_folder_[name] = folder_[name];
    }

    // --- what the operating system does with it; the caller holds the lock
    // ------------------------

    using file = detail::disk_file;
    using file_pointer = std::shared_ptr<file>;
    enum class operation : unsigned char { read, write, other };

    [[nodiscard]] std::unique_lock<std::mutex> hold() const { return std::unique_lock(lock_); }
    [[nodiscard]] const disk_options& settings() const noexcept { return options_; }
    [[nodiscard]] random_source& random() noexcept { return random_; }
    /// Which start of the machine this is; what was opened before it is dead.
    [[nodiscard]] int start() const noexcept { return start_; }

    /// Counts an operation, and says what happens to it.
    [[nodiscard]] disk_fault begin(operation which) {
        ++operations_;
        ++milliseconds_;
        if (!has_power_) return disk_fault::power_cut;
        if (!can_strike(planned_.kind, which)) return disk_fault::none;
        if (--planned_.in > 0 || (planned_.in < 0 && !planned_.is_lasting)) return disk_fault::none;
        if (planned_.kind == disk_fault::power_cut) has_power_ = false;
        return planned_.kind;
    }
    [[nodiscard]] disk_fault write(file& into, std::size_t at, std::string_view bytes) {
        const bool was_alive = has_power_;
        disk_fault fault = begin(operation::write);
        const std::size_t size = into.bytes().size();
        const std::size_t growth = at + bytes.size() > size ? at + bytes.size() - size : 0;
        if (fault == disk_fault::none && growth != 0 && used() + growth > room_)
            fault = disk_fault::full;
        if (fault != disk_fault::none) bytes = bytes.substr(0, random_.below(bytes.size() + 1));
        if (fault == disk_fault::full && at + bytes.size() > size)
            bytes = bytes.substr(0, at < size ? size - at : 0);
        if (was_alive && !bytes.empty()) into.write(at, bytes);
        return fault;
    }
    [[nodiscard]] disk_fault synchronise(file& which) {
        const disk_fault fault = begin(operation::other);
        if (fault == disk_fault::none) {
            which.synchronise();
            if (options_.ordering == disk_ordering::ext4_like) keep_folder();
        } else if (fault == disk_fault::io_error) {
            which.fail_to_synchronise(random_, sectors());
        }
        return fault;
    }
    [[nodiscard]] disk_fault synchronise_folder() {
        const disk_fault fault = begin(operation::other);
        if (fault == disk_fault::none) keep_folder();
        return fault;
    }

    [[nodiscard]] file_pointer find(const std::string& name) const {
        const auto found = folder_.find(name);
        return found == folder_.end() ? nullptr : found->second;
    }
    file_pointer make(const std::string& name) {
        auto made = std::make_shared<file>();
        folder_[name] = made;
        entries_.push_back({name, made});
        return made;
    }
    void remove(const std::string& name) {
        folder_.erase(name);
        entries_.push_back({name, nullptr});
    }

    /// Milliseconds since the simulation began: one for each operation, and what was slept.
    [[nodiscard]] std::int64_t clock() const noexcept { return milliseconds_; }
    void sleep(std::int64_t milliseconds) noexcept { milliseconds_ += milliseconds; }

  private:
    using folder = std::map<std::string, file_pointer>;
    struct entry {
        std::string name;
        file_pointer what;  // Null where it was removed.
    };
    struct plan {
        disk_fault kind = disk_fault::none;
        std::int64_t in = 0;
        bool is_lasting = false;
    };

    static bool can_strike(disk_fault kind, operation which) noexcept {
        switch (kind) {
            case disk_fault::none: return false;
            case disk_fault::full: return which == operation::write;
            case disk_fault::short_read: return which == operation::read;
            default: return true;
        }
    }
    [[nodiscard]] detail::sectors sectors() const noexcept {
        return {options_.sector_bytes, options_.is_powersafe};
    }
    [[nodiscard]] std::size_t used() const {
        std::size_t bytes = 0;
        for (const auto& [name, each] : folder_) bytes += each->bytes().size();
        return bytes;
    }
    static void enter(folder& into, const entry& made) {
        if (made.what)
            into[made.name] = made.what;
        else
            into.erase(made.name);
    }
    void keep_folder() {
        for (const entry& each : entries_) enter(kept_folder_, each);
        entries_.clear();
    }
    [[nodiscard]] folder folder_after_power_cut();

    disk_options options_;
    random_source random_;
    mutable std::mutex lock_{};
    folder folder_{};
    folder kept_folder_{};
    std::vector<entry> entries_{};  // What was made and removed since the folder was kept.
    plan planned_{};
    std::size_t room_ = static_cast<std::size_t>(-1);
    std::int64_t operations_ = 0;
    std::int64_t milliseconds_ = 0;
    int start_ = 0;
    bool has_power_ = true;
};

inline fault_disk::folder fault_disk::folder_after_power_cut() {
    folder found = kept_folder_;
    if (options_.ordering == disk_ordering::ext4_like) {
        const std::size_t some = random_.below(entries_.size() + 1);
        for (std::size_t i = 0; i < some; ++i) enter(found, entries_[i]);
        return found;
    }
    // Of each name, some of what was done to it, from the first on.
    std::map<std::string, bool> is_over;
    for (const entry& each : entries_) {
        bool& over = is_over[each.name];
        over = over || random_.below(2) == 0;
        if (!over) enter(found, each);
    }
    return found;
}

inline void fault_disk::restart() {
    const std::lock_guard locked(lock_);
    folder found = folder_after_power_cut();
    for (auto& [name, each] : found)
        each = std::make_shared<file>(each->after_power_cut(random_, sectors()));
    folder_ = found;
    kept_folder_ = std::move(found);
    entries_.clear();
    planned_ = {};
    has_power_ = true;
    ++start_;
}

}  // namespace syncfw::testing
