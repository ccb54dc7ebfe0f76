// SPDX-License-Identifier: BSL-1.0
// A poke is word that a tenant's rows have changed: go and pull. It carries no data, so a lost one
// loses nothing, and several at once are as good as one; it only makes the pull sooner.
//
//     syncfw::poke_hub pokes;
//     syncfw::poke_sink listener(pokes);
//     syncfw::server hub(store, policy, {}, syncfw::observed(listener));   // its commits poke
//
//     auto subscribed = pokes.subscribe(whose, [&] { wake_up(connection); });
//     // ... until `subscribed` is destroyed
//
// This is for the connections of one process. Between processes word goes over a database or a
// broker, whose listener calls `poke_here`; app/poke_relay.hpp does so over PostgreSQL.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/tenant.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/observe/events.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw {

namespace detail {
class poke_ear;
class poke_register;
}  // namespace detail

/// What a WebSocket's text, or the type of an event of an event stream, says for a poke.
inline constexpr std::string_view poke_word = "poke";

/// Listens as long as it is there. Behind `end` or the destructor the callback is never called
/// again, and not at work: both wait for one that is, unless it is the callback itself that calls
/// them. So hold no lock meanwhile that the callback waits for, and let no two callbacks end each
/// other's subscriptions.
class poke_subscription {
  public:
    poke_subscription() = default;
    poke_subscription(poke_subscription&&) noexcept = default;
    poke_subscription& operator=(poke_subscription&& other) noexcept;
    ~poke_subscription() { end(); }

    void end() noexcept;

  private:
    friend class poke_hub;
    std::shared_ptr<detail::poke_register> from_{};
    std::shared_ptr<detail::poke_ear> ear_{};
};

/// Who is to be told. For several threads; it may be destroyed before its subscriptions.
class poke_hub {
  public:
    explicit poke_hub(std::size_t subscriptions_max = 100'000);

    /// The callback is called for each poke of the tenant, in the thread that pokes and under no
    /// lock, never by two threads at once. Pokes that come while it is at work become one more
    /// call, by the thread that is at it. So it should be quick and pass the word on: wake a
    /// thread, or post to a queue; and not poke its own tenant, which would go on for ever. What
    /// it throws is dropped. Fails with `errc::rate_limited` when there are too many.
    [[nodiscard]] result<poke_subscription> subscribe(const tenant_id& whose,
                                                      std::function<void()> heard);

    /// Tells all who listen to the tenant. Call it behind the commit, never within.
    void poke(const tenant_id& whose);
    /// The same for word that comes from another process: it isn't passed on.
    void poke_here(const tenant_id& whose);
    /// Tells everybody here, where word of other processes may have been lost.
    void poke_all_here();
    /// Is told of each `poke`, in the thread that pokes: for who passes word on to other processes.
    /// Nobody, in place of who was told until now; he may still be at it.
    void pass_on(std::function<void(const tenant_id&)> to);

    [[nodiscard]] std::size_t subscriptions() const;

  private:
    std::shared_ptr<detail::poke_register> register_;
};

/// A sink of events that pokes when a server's rows have changed.
class poke_sink {
  public:
    /// The hub must outlive it.
    explicit poke_sink(poke_hub& pokes) : pokes_(&pokes) {}

    template <class Event>
    void take(timestamp, const Event& event) {
        if constexpr (std::is_same_v<Event, events::push_taken>) {
            if (event.applied != 0 || event.merged != 0) poke(event.tenant);
        } else if constexpr (std::is_same_v<Event, events::conflict_resolved>) {
            poke(event.tenant);
        }
    }

  private:
    void poke(std::string_view tenant) {
        if (const auto whose = tenant_id::make(tenant)) pokes_->poke(*whose);
    }

    poke_hub* pokes_;
};

}  // namespace syncfw

#include <syncfw/transport/detail/poke_register.hpp>
