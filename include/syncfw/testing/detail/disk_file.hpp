// SPDX-License-Identifier: BSL-1.0
// One file of a simulated disk: what programs see of it, what a machine would find after its power
// was cut, and who has it locked.
#pragma once

#include <syncfw/testing/random.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::testing::detail {

/// How a disk writes: by the sector.
struct sectors {
    std::size_t bytes;
    bool is_powersafe;  ///< What is written spoils nothing beside it.
};

/// SQLite's locks of a file: any number read, of whom one may write or wait for that.
struct file_locks {
    int readers = 0;
    const void* writer = nullptr;
    int writer_level = 0;
};

/// The memory that the connections of a file share. It ends with the machine.
struct shared_memory {
    static constexpr std::size_t region_bytes = 32 * 1024;
    struct region {
        alignas(8) std::array<unsigned char, region_bytes> bytes{};
    };

    std::vector<std::unique_ptr<region>> regions{};
    std::array<int, 8> holders{};  ///< Of each lock: how many share it, or -1.
    int users = 0;
};

class disk_file {
  public:
    explicit disk_file(std::string bytes = {}) : seen_(bytes), kept_(std::move(bytes)) {}

    [[nodiscard]] const std::string& bytes() const noexcept { return seen_; }

    void write(std::size_t at, std::string_view bytes) {
        changes_.push_back({at, std::string(bytes), false});
        make(seen_, changes_.back());
    }
    void resize(std::size_t size) {
        changes_.push_back({size, {}, true});
        make(seen_, changes_.back());
    }
    void synchronise() {
        for (const change& each : changes_) make(kept_, each);
        changes_.clear();
    }
    /// What a system does that could not write its cache: it takes it for written.
    void fail_to_synchronise(random_source& random, const sectors& by) {
        kept_ = after_power_cut(random, by);
        changes_.clear();
    }

    /// Each sector that was written and not synchronised has got as far as some change, by itself,
    /// or is garbage. Sizes are kept up to some change, so a file is cut off as a whole or not.
    [[nodiscard]] std::string after_power_cut(random_source& random, const sectors& by) const {
        const std::size_t sizes = random.below(changes_.size() + 1);
        std::size_t size = kept_.size();
        std::size_t room = size;
        for (std::size_t i = 0; i < changes_.size(); ++i) {
            if (i < sizes) size = size_after(changes_[i], size);
            room = std::max(room, changes_[i].at + changes_[i].bytes.size());
        }
        room = (room + by.bytes - 1) / by.bytes * by.bytes;
        std::string image = kept_;
        image.resize(room);
        std::vector<fate> fates(room / by.bytes);
        for (std::size_t i = 0; i < changes_.size(); ++i)
            if (!changes_[i].is_size)
                write_sectors(image, i, fates, by, random);
            else if (i < sizes)
                std::fill(image.begin() + static_cast<std::ptrdiff_t>(changes_[i].at), image.end(),
                          '\0');
        for (std::size_t i = 0; i < fates.size(); ++i)
            if (fates[i].is_garbage && !by.is_powersafe)
                spoil(image, i * by.bytes, by.bytes, random);
        image.resize(size);
        return image;
    }

    file_locks locks{};
    shared_memory memory{};

  private:
    struct change {
        std::size_t at;  // Of a new size: that size.
        std::string bytes;
        bool is_size;
    };
    struct fate {
        std::size_t changes = 0;  // How many of all changes it has seen.
        bool is_garbage = false;
        bool is_drawn = false;
    };

    static std::size_t size_after(const change& made, std::size_t before) noexcept {
        const std::size_t end = made.at + made.bytes.size();
        return made.is_size || end > before ? end : before;
    }
    static void make(std::string& image, const change& made) {
        image.resize(size_after(made, image.size()));
        image.replace(made.at, made.bytes.size(), made.bytes);
    }
    void write_sectors(std::string& image, std::size_t which, std::vector<fate>& fates,
                       const sectors& by, random_source& random) const {
        const auto& [start, bytes, is_size] = changes_[which];
        for (std::size_t at = start; at < start + bytes.size();) {
            fate& sector = fates[at / by.bytes];
            if (!sector.is_drawn) sector = draw_fate(random);
            const std::size_t end = std::min((at / by.bytes + 1) * by.bytes, start + bytes.size());
            if (sector.is_garbage)
                spoil(image, at, end - at, random);
            else if (which < sector.changes)
                image.replace(at, end - at, bytes, at - start, end - at);
            at = end;
        }
    }
    static void spoil(std::string& image, std::size_t at, std::size_t count,
                      random_source& random) {
        for (std::size_t i = 0; i < count; ++i) image[at + i] = static_cast<char>(random.next());
    }
    fate draw_fate(random_source& random) const {
        switch (random.below(7)) {
            case 0:
            case 1: return {.changes = 0, .is_drawn = true};
            case 2:
            case 3: return {.changes = changes_.size(), .is_drawn = true};
            case 4: return {.changes = 0, .is_garbage = true, .is_drawn = true};
            default: return {.changes = random.below(changes_.size() + 1), .is_drawn = true};
        }
    }

    std::string seen_;
    std::string kept_;
    std::vector<change> changes_{};
};

}  // namespace syncfw::testing::detail
