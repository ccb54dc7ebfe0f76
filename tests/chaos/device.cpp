// SPDX-License-Identifier: BSL-1.0
// A device that works and synchronises until it is told to come to an end, or killed.
#include "world.hpp"
#include <syncfw/storage/memory.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/transport/http_link.hpp>

#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

namespace chaos {
namespace {

using namespace syncfw;

/// Lines that outlive the process, however it ends.
class journal {
  public:
    explicit journal(const std::string& path)
        : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
    void note(const std::string& line) {
        const std::string whole = line + "\n";
        if (::write(file_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size()))
            std::abort();
    }

  private:
    int file_;
};

template <class Replica>
class worker {
  public:
    worker(Replica& mine, journal& told, std::string name, std::uint64_t seed)
        : mine_(mine), told_(told), name_(std::move(name)), draw_(seed) {}

    void work() {
        switch (draw_() % 8) {
            case 0: return remove();
            case 1:
            case 2:
            case 3: return count();
            default: return add();
        }
    }

  private:
    void add() {
        const item made{.id = new_uuid(), .maker = name_, .text = std::to_string(draw_() % 1'000)};
        if (!mine_.put(made)) return;
        told_.note("added " + to_string(made.id));
        own_.push_back(made.id);
    }
    void remove() {
        if (own_.empty()) return;
        const std::size_t at = draw_() % own_.size();
        told_.note("removes " + to_string(own_[at]));
        if (mine_.template remove<item>(own_[at])) told_.note("removed " + to_string(own_[at]));
        own_.erase(own_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    void count() {
        const auto id = static_cast<std::int64_t>(draw_() % tallies);
        auto row = mine_.template get<tally>(id);
        if (!row) return;
        tally now = *row ? **row : tally{.id = id};
        now.count += 1;
        told_.note("counts " + std::to_string(id));
        if (mine_.put(now)) told_.note("counted " + std::to_string(id));
    }

    Replica& mine_;
    journal& told_;
    std::string name_;
    std::mt19937_64 draw_;
    std::vector<uuid> own_{};
};

// All is sent, then all have sent theirs, then there is nothing more to get.
template <class Replica>
int come_to_an_end(Replica& mine, const std::string& folder, const std::string& name) {
    namespace files = std::filesystem;
    std::string why = "it goes on and on";
    int quiet = 0;
    for (int tries = 0; tries < 600; ++tries) {
        const bool all_have_sent =
            files::exists(folder + "/phone.sent") && files::exists(folder + "/desk.sent");
        const auto seen = mine.sync();
        const auto stands = mine.status();
        if (!seen) why = to_string(seen.error());
        const bool has_sent = seen && stands && stands->pending == 0;
        if (has_sent) std::ofstream(folder + "/" + name + ".sent") << "all";
        const bool is_quiet = has_sent && all_have_sent && !stands->is_renewing &&
                              seen->pulled == 0 && seen->pushed == 0;
        quiet = is_quiet ? quiet + 1 : 0;
        if (quiet == 2) {
            std::ofstream(folder + "/" + name + ".dump") << dump_of(mine);
            return stands->failed == 0 && stands->conflicts == 0 ? 0 : 4;
        }
        ::usleep(50'000);
    }
    std::fprintf(stderr, "chaos: a device stalls: %s\n", why.c_str());
    return 3;
}

}  // namespace

int live(const std::string& address, const std::string& folder, const std::string& name,
         std::uint64_t seed, const std::string& tenant) {
    // A file, for a signal may come before anybody listens to it.
    const auto must_end = [&] { return std::filesystem::exists(folder + "/end"); };
    auto link = http_link::make(address, {.connect_milliseconds = 1'000,
                                          .answer_milliseconds = 2'000,
                                          .token = [&] { return secret<std::string>(tenant); }});
    auto store = sqlite::open<rows>(folder + "/" + name + ".db");
    if (!link || !store) {
        std::fprintf(stderr, "chaos: %s\n", to_string(link ? store.error() : link.error()).c_str());
        return 1;
    }
    journal told(folder + "/" + name + ".journal");
    replica mine(*store, *link, tenant_id(tenant));
    worker here(mine, told, name, seed);
    while (!must_end()) {
        for (std::uint64_t i = 0; i < seed % 5 + 1; ++i) here.work();
        (void)mine.sync();  // What doesn't get through now, does later.
        ::usleep(2'000);
    }
    return come_to_an_end(mine, folder, name);
}

}  // namespace chaos
