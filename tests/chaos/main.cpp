// SPDX-License-Identifier: BSL-1.0
// Goal: real processes over real sockets lose nothing either. Method: a server and two devices, a
// bad line between them, and kill -9 of whoever it pleases; then all is quiet, and each row that a
// device was told to be kept must be where it belongs, once.
//
//     syncfw_chaos [--runs N] [--seconds S] [--seed N] [--database URL]
//
// Without a database the server has an SQLite file. `--database env` is the PostgreSQL that
// SYNCFW_TEST_POSTGRES names. A run in which no row was written shows nothing, and fails.
#include "proxy.hpp"
#include "world.hpp"
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/transport/http_link.hpp>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace chaos {
namespace {

using namespace syncfw;

std::string program;

/// A process of this program, with other arguments.
class process {
  public:
    explicit process(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}
    ~process() { kill(); }

    void start() {
        std::vector<char*> all{program.data()};
        for (std::string& each : arguments_) all.push_back(each.data());
        all.push_back(nullptr);
        id_ = ::fork();
        if (id_ == 0) {
            ::execv(program.c_str(), all.data());
            std::_Exit(127);
        }
    }
    void kill() {
        if (id_ <= 0) return;
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
        id_ = 0;
    }
    int wait() {
        int status = 0;
        ::waitpid(std::exchange(id_, 0), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

  private:
    std::vector<std::string> arguments_;
    pid_t id_ = 0;
};

/// What a device was told, and what it was about to hear.
struct told_of {
    std::set<std::string> added{}, maybe_removed{}, removed{};
    std::map<std::string, std::int64_t> least{}, most{};

    void read(const std::string& path) {
        std::ifstream in(path);
        for (std::string word, what; in >> word >> what;) {
            if (word == "added") added.insert(what);
            if (word == "removes") maybe_removed.insert(what);
            if (word == "removed") removed.insert(what);
            if (word == "counts") ++most[what];
            if (word == "counted") ++least[what];
        }
    }
};

std::string text_of(const std::string& path) {
    std::ostringstream all;
    all << std::ifstream(path).rdbuf();
    return all.str();
}

unsigned short free_port() {
    const int file = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(file, reinterpret_cast<sockaddr*>(&at), sizeof at);
    socklen_t size = sizeof at;
    ::getsockname(file, reinterpret_cast<sockaddr*>(&at), &size);
    ::close(file);
    return ntohs(at.sin_port);
}

struct settings {
    std::uint64_t runs = 1;
    std::uint64_t seconds = 5;
    std::uint64_t seed = 1;
    std::string database{};
};

/// Nothing, and a sentence on stderr, when an option is not one or its value can't be meant.
std::optional<settings> settings_of(const std::vector<std::string>& words) {
    settings with;
    for (std::size_t i = 0; i < words.size(); i += 2) {
        const std::string& name = words[i];
        const std::string value = i + 1 < words.size() ? words[i + 1] : std::string();
        std::uint64_t* const number = name == "--runs"      ? &with.runs
                                      : name == "--seconds" ? &with.seconds
                                      : name == "--seed"    ? &with.seed
                                                            : nullptr;
        if (number == nullptr && name != "--database") {
            std::fprintf(stderr, "syncfw_chaos has no option %s\n", name.c_str());
            return {};
        }
        const char* const end = value.data() + value.size();
        bool is_meant = !value.empty();
        if (number != nullptr && is_meant)
            is_meant = std::from_chars(value.data(), end, *number) ==
                       std::from_chars_result{end, std::errc()};
        if (!is_meant || with.runs == 0 || with.seconds == 0) {
            std::fprintf(stderr, "syncfw_chaos: %s can't be '%s'\n", name.c_str(), value.c_str());
            return {};
        }
        if (number == nullptr) with.database = value;
    }
    return with;
}

class run {
  public:
    run(const settings& with, std::uint64_t seed, std::string folder)
        : with_(with),
          seed_(seed),
          draw_(seed),
          folder_(std::move(folder)),
          tenant_("run-" + std::to_string(seed) + "-" + std::to_string(::getpid())),
          port_(free_port()),
          line_(port_, seed),
          server_({"serve", with.database.empty() ? folder_ + "/server.db" : with.database,
                   std::to_string(port_)}) {
        for (const char* name : {"phone", "desk"})
            devices_.push_back(std::make_unique<process>(
                std::vector<std::string>{"live", "http://127.0.0.1:" + std::to_string(line_.port()),
                                         folder_, name, std::to_string(draw_()), tenant_}));
    }

    [[nodiscard]] bool hold() {
        server_.start();
        for (const auto& each : devices_) each->start();
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(with_.seconds);
        while (std::chrono::steady_clock::now() < end) {
            ::usleep(static_cast<useconds_t>(50'000 + draw_() % 450'000));
            disturb();
        }
        line_.become({}, false);
        std::ofstream(folder_ + "/end") << "now";
        bool is_fine = true;
        for (const auto& each : devices_) {
            const int code = each->wait();
            if (code != 0) is_fine = complain("a device ended with " + std::to_string(code));
        }
        return is_fine && compare();
    }

  private:
    bool complain(const std::string& why) {
        std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed_), why.c_str());
        return false;
    }

    void disturb() {
        const auto up_to = [&](std::uint64_t most) { return draw_() % most; };
        switch (up_to(9)) {
            case 0:
                server_.kill();
                ::usleep(static_cast<useconds_t>(up_to(300'000)));
                return server_.start();
            case 1:
            case 2: {
                process& one = *devices_[up_to(devices_.size())];
                one.kill();
                ::usleep(static_cast<useconds_t>(up_to(100'000)));
                return one.start();
            }
            case 3: return line_.become({.is_cut = true}, true);
            case 4:
                return line_.become({.delay_milliseconds = static_cast<int>(up_to(300))}, false);
            case 5: return line_.become({.bytes_second = 2'000 + up_to(50'000)}, false);
            case 6: return line_.become({.reset_after = 200 + up_to(20'000)}, false);
            case 7: return line_.become({}, true);
            default: return line_.become({}, false);
        }
    }

    bool compare() {
        told_of told;
        for (const char* name : {"phone", "desk"}) told.read(folder_ + "/" + name + ".journal");
        auto link = http_link::make("http://127.0.0.1:" + std::to_string(port_),
                                    {.token = [&] { return secret<std::string>(tenant_); }});
        memory::store<rows> store;
        replica fresh(store, *link, tenant_id(tenant_));
        bool is_synced = false;
        for (int tries = 0; tries < 50 && !is_synced; ++tries) {
            if (tries > 0) ::usleep(100'000);
            is_synced = fresh.sync().has_value();
        }
        if (!is_synced) return complain("a new device can't read from the server");
        if (told.added.empty()) return complain("no device was told that a row is kept");
        const std::string all = dump_of(fresh);
        for (const char* name : {"phone", "desk"})
            if (text_of(folder_ + "/" + name + ".dump") != all)
                return complain(std::string("the ") + name + " has other rows than the server");
        for (const std::string& id : told.added) {
            const bool is_there = all.find("item " + id) != std::string::npos;
            if (!is_there && told.maybe_removed.count(id) == 0)
                return complain("the row " + id + " was kept and is lost");
            if (is_there && told.removed.count(id) != 0)
                return complain("the row " + id + " was removed and is back");
        }
        for (const auto& [id, most] : told.most) {
            const auto row = fresh.get<tally>(std::stoll(id));
            const std::int64_t counted = row && *row ? (*row)->count.value() : 0;
            if (counted < told.least[id] || counted > most)
                return complain("the tally " + id + " is " + std::to_string(counted) +
                                ", but was counted " + std::to_string(told.least[id]) + " to " +
                                std::to_string(most) + " times");
        }
        std::printf("seed %llu: %zu rows, %zu removed, all equal\n",
                    static_cast<unsigned long long>(seed_), told.added.size(), told.removed.size());
        return true;
    }

    settings with_;
    std::uint64_t seed_;
    std::mt19937_64 draw_;
    std::string folder_;
    std::string tenant_;
    unsigned short port_;
    proxy line_;
    process server_;
    std::vector<std::unique_ptr<process>> devices_{};
};

int drive(const settings& with) {
    namespace files = std::filesystem;
    std::uint64_t failed = 0;
    for (std::uint64_t i = 0; i < with.runs; ++i) {
        const std::uint64_t seed = with.seed + i;
        const files::path folder =
            files::temp_directory_path() /
            ("syncfw_chaos_" + std::to_string(::getpid()) + "_" + std::to_string(seed));
        files::create_directories(folder);
        const bool holds = run(with, seed, folder.string()).hold();
        failed += holds ? 0 : 1;
        if (holds) files::remove_all(folder);
        std::fflush(stdout);
    }
    std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(with.runs - failed),
                static_cast<unsigned long long>(failed));
    return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace chaos

int main(int count, char** arguments) {
    chaos::program = "/proc/self/exe";
    const std::vector<std::string> all(arguments + 1, arguments + count);
    if (all.size() == 3 && all[0] == "serve")
        return chaos::serve(all[1], static_cast<unsigned short>(std::stoi(all[2])));
    if (all.size() == 6 && all[0] == "live")
        return chaos::live(all[1], all[2], all[3], std::stoull(all[4]), all[5]);
    std::optional<chaos::settings> with = chaos::settings_of(all);
    if (!with) return 2;
    if (with->database == "env") {
        const char* const named = std::getenv("SYNCFW_TEST_POSTGRES");
        if (named == nullptr) {
            std::puts("skipped: chaos.postgres: SYNCFW_TEST_POSTGRES names no server");
            return 77;
        }
        with->database = named;
    }
    std::signal(SIGPIPE, SIG_IGN);
    return chaos::drive(*with);
}
