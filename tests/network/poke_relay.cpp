// SPDX-License-Identifier: BSL-1.0
// Two servers on one PostgreSQL, whose devices hear of both.
#include <syncfw/app/poke_relay.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace syncfw;

/// A service's hub of pokes, joined to the others, and its devices.
class joined {
  public:
    explicit joined(const std::string& url)
        : relay_(url, pokes, logger(stderr, log_level::error)) {}

    void listen(const std::string& tenant) {
        ears_.push_back(pokes
                            .subscribe(tenant_id(tenant),
                                       [this, tenant] {
                                           const std::lock_guard locked(lock_);
                                           ++heard_[tenant];
                                           changed_.notify_all();
                                       })
                            .value());
    }
    [[nodiscard]] bool hears(const std::string& tenant, int count) {
        std::unique_lock locked(lock_);
        return changed_.wait_for(locked, std::chrono::seconds(30),
                                 [&] { return heard_[tenant] >= count; });
    }
    [[nodiscard]] int heard(const std::string& tenant) {
        const std::lock_guard locked(lock_);
        return heard_[tenant];
    }
    void wait_until_joined() {
        while (!relay_.is_listening()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }

    poke_hub pokes{};

  private:
    std::mutex lock_{};
    std::condition_variable changed_{};
    std::map<std::string, int> heard_{};
    std::vector<poke_subscription> ears_{};
    poke_relay relay_;
};

}  // namespace

TEST_CASE("realtime: a push to one server pokes the devices of all that share a PostgreSQL") {
    const char* const url = std::getenv("SYNCFW_TEST_POSTGRES");
    if (url == nullptr) return;
    joined here(url), there(url);
    here.listen("ann");
    here.listen("bob");
    there.listen("ann");
    here.wait_until_joined();
    there.wait_until_joined();
    here.pokes.poke(tenant_id("ann"));
    CHECK(there.hears("ann", 1));
    there.pokes.poke(tenant_id("bob"));
    CHECK(here.hears("bob", 1));
    // Its own word, which comes back before that of the other, is no second poke.
    CHECK(here.heard("ann") == 1);
    CHECK(there.heard("ann") == 1);
}

TEST_CASE("realtime: without its database a server goes on to poke its own devices") {
    joined alone("postgresql://127.0.0.1:1/none?connect_timeout=1");
    alone.listen("ann");
    alone.pokes.poke(tenant_id("ann"));
    CHECK(alone.hears("ann", 1));
}
