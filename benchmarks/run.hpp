// SPDX-License-Identifier: BSL-1.0
// What a program of benchmarks was asked for, and where it may leave files.
#pragma once

#include "measure.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace bench {

struct settings {
    std::string results{};
    std::string only{};
    bool with_header = true;
    std::size_t rows = 100'000;  ///< Of most tables; the large ones have ten times as many.
    plan how{.pairs = 15};

    [[nodiscard]] bool wants(std::string_view part) const { return only.empty() || only == part; }
    /// For what waits for a disk or a server: by the wall clock, and fewer pairs.
    [[nodiscard]] plan slow(std::size_t pairs, std::size_t attempts = 3) const {
        return {
            .pairs = std::min(pairs, how.pairs), .attempts = attempts, .clock = CLOCK_MONOTONIC};
    }
};

/// `[--results FILE] [--rows N] [--pairs N] [--only PART] [--no-header]`
inline settings read_settings(std::span<char*> arguments, settings chosen = {}) {
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        if (name == "--no-header") {
            chosen.with_header = false;
            continue;
        }
        const std::string value = ++i < arguments.size() ? arguments[i] : "";
        const std::size_t number = std::strtoul(value.c_str(), nullptr, 10);
        if (name == "--results") {
            chosen.results = value;
        } else if (name == "--only") {
            chosen.only = value;
        } else if (name == "--rows" && number >= 1'000) {
            chosen.rows = number;
        } else if (name == "--pairs" && number >= 1) {
            chosen.how.pairs = number;
        } else {
            std::fprintf(stderr, "%s: %s wants another value, or is no option\n", arguments[0],
                         arguments[i - 1]);
            std::exit(1);
        }
    }
    return chosen;
}

/// A folder that is there as long as this is.
class scratch_folder {
  public:
    scratch_folder()
        : path_((std::filesystem::temp_directory_path() /
                 ("syncfw_bench_" + std::to_string(getpid())))
                    .string()) {
        std::filesystem::create_directories(path_);
    }
    ~scratch_folder() { std::filesystem::remove_all(path_); }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// Files of one round, which are gone after it.
class scratch_files {
  public:
    explicit scratch_files(const std::string& folder) : path_(folder + "/round") {
        std::filesystem::create_directories(path_);
    }
    ~scratch_files() { std::filesystem::remove_all(path_); }
    scratch_files(const scratch_files&) = delete;
    scratch_files& operator=(const scratch_files&) = delete;

    [[nodiscard]] std::string path(std::string_view name) const {
        return path_ + "/" + std::string(name) + ".db";
    }

  private:
    std::string path_;
};

}  // namespace bench
