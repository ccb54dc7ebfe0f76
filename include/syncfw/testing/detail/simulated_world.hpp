// SPDX-License-Identifier: BSL-1.0
// The machinery of a simulation: virtual time, a network that can't be relied on, devices that die,
// and what is checked after every step. simulation.hpp has how to use it.
#pragma once

#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/testing/detail/model_checks.hpp>
#include <syncfw/testing/detail/simulated_node.hpp>
#include <syncfw/testing/detail/simulation_checks.hpp>
#include <syncfw/testing/faulty_store.hpp>
#include <syncfw/testing/random.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::testing::detail {

template <class Setup, class Options>
class simulated_world {
  public:
    using schema_type = typename Setup::schema_type;
    using place_type = typename place_for<Setup>::type;
    using storage_type = typename place_type::storage_type;
    using policy_type = typename Setup::policy_type;
    using server_policy_type = typename server_policy_of<Setup>::type;
    using store_type = named_store<storage_type>;
    using world_type = world<store_type, simulated_environment>;
    using replica_type = replica<world_type, no_link>;

    simulated_world(std::uint64_t seed, const Options& options)
        : options_(options),
          random_(seed),
          hub_clock_{&now_, random_source(random_.next())},
          hub_place_(std::make_unique<place_type>(random_.next(), true)) {
        for (std::uint64_t i = 0; i < options_.devices; ++i) {
            auto& each = devices_.emplace_back(std::make_unique<device>(random_.next()));
            each->name = i + 1;
            each->clock = {&now_, random_source(random_.next()), draw_skew()};
            start(*each);
        }
        start_hub();
    }

    void run() {
        for (std::uint64_t i = 0; i < options_.acts; ++i)
            at(static_cast<std::int64_t>(random_.below(600'000'000)), [this] { act(); });
        for (std::uint64_t i = 0; i < options_.acts; ++i)
            at(static_cast<std::int64_t>(random_.below(600'000'000)),
               [this] { begin_sync(any_device()); });
        play();
        faults_ = false;
        come_to_rest();
        for (auto& each : devices_) restart(*each);
        check_equality("after a restart");
        checks_.check_once();
    }

    [[nodiscard]] const std::vector<std::string>& violations() const { return checks_.found; }
    [[nodiscard]] std::uint64_t trace() const { return trace_; }
    [[nodiscard]] std::uint64_t acts() const { return acts_; }
    [[nodiscard]] std::uint64_t messages() const { return messages_; }
    [[nodiscard]] std::uint64_t effects() const { return checks_.effects; }

  private:
    static constexpr bool has_model = !requires { Setup::without_model; };

    struct device {
        std::uint64_t name = 0;
        node_clock clock{nullptr, random_source(0)};
        place_type place;
        std::optional<fault_plan> life{};
        std::optional<store_type> faulty{};
        no_link link{};
        std::optional<replica_type> here{};
        std::optional<sync_session<world_type>> session{};
        std::uint64_t waits_for = 0;        // the number of the request, 0 for none
        std::uint64_t restored_before = 0;  // how often the server was, when the session began
        device_image seen{};                // what the store held after the last step

        explicit device(std::uint64_t seed) : place(seed, false) {}
        [[nodiscard]] storage_type& store() { return place.store(); }
    };
    struct event {
        std::int64_t when;
        std::uint64_t order;
        std::function<void()> what;
        bool operator<(const event& other) const {
            return when != other.when ? when > other.when : order > other.order;
        }
    };

    // --- time --------------------------------------------------------------------------------

    void at(std::int64_t delay, std::function<void()> what) {
        // Events of one moment come in any order.
        events_.push({now_ + delay, random_.next(), std::move(what)});
    }
    void play() {
        while (!events_.empty() && checks_.found.empty()) {
            event next = events_.top();
            events_.pop();
            now_ = next.when;
            next.what();
        }
        events_ = {};
    }
    void note(std::string_view what, std::uint64_t size = 0) {
        if (options_.listener) options_.listener(now_, what, size);
        trace_ ^= static_cast<std::uint64_t>(now_) ^ size << 40;
        for (const char each : what)
            trace_ = (trace_ ^ static_cast<unsigned char>(each)) * 0x100'0000'01b3;
    }
    [[nodiscard]] std::int64_t draw_skew() {
        if (options_.skew_milliseconds == 0) return 0;
        const auto range = static_cast<std::int64_t>(options_.skew_milliseconds) * 1'000;
        return static_cast<std::int64_t>(random_.next() % static_cast<std::uint64_t>(2 * range)) -
               range;
    }
    [[nodiscard]] device& any_device() { return *devices_[random_.below(devices_.size())]; }

    // --- devices -----------------------------------------------------------------------------

    void start(device& who) {
        draw_life(who.life, options_.deaths);
        who.faulty.emplace(who.store(), *who.life, name_of_store(who.name, 0));
        who.here.emplace(*who.faulty, who.link, tenant_id(),
                         sync_options{.operations_max = options_.batch,
                                      .rows_max = options_.page,
                                      .rows_max_behind = options_.page * 4},
                         simulated_environment{&who.clock});
    }
    // What was in memory is gone; what was committed is there.
    void restart(device& who) {
        note("restart");
        who.session.reset();
        who.here.reset();
        who.faulty.reset();
        who.waits_for = 0;
        who.place.restart(faults_ && random_.chance(500));
        start(who);
    }
    void start_hub() {
        draw_life(hub_life_, options_.hub_deaths);
        hub_faulty_.emplace(hub_store(), *hub_life_, name_of_store(0, times_restored_));
        hub_.emplace(*hub_faulty_, server_policy_type(), server_options(),
                     simulated_environment{&hub_clock_});
        judge_.begin(name_of_store(0, times_restored_));
    }
    void restart_hub() {
        hub_.reset();
        hub_faulty_.reset();
        hub_place_->restart(faults_ && random_.chance(500));
        start_hub();
    }
    [[nodiscard]] storage_type& hub_store() { return hub_place_->store(); }
    [[nodiscard]] timestamp hub_now() { return simulated_environment{&hub_clock_}.now(); }
    // Somewhere in the next calls of its store a node is killed, or not at all.
    void draw_life(std::optional<fault_plan>& life, std::uint64_t thousandths) {
        if (!faults_ || thousandths == 0) return void(life.emplace());
        const std::uint64_t calls = 1 + random_.below(200'000 / (thousandths + 1));
        life.emplace(calls, random_.chance(500) ? fault::killed_late : fault::killed);
    }

    // The server's database is replaced by an older backup of it.
    void restore_hub() {
        note("the server is restored");
        auto restored = std::make_unique<place_type>(random_.next(), true);
        checks_.restore(restored->store(), backup_);
        judge_.restore(model_then_);
        hub_.reset();
        hub_faulty_.reset();
        hub_place_ = std::move(restored);
        ++times_restored_;
        start_hub();
    }

    void act() {
        device& who = any_device();
        if (random_.chance(options_.restores)) {
            backup_ = checks_.back_up(hub_store());
            model_then_ = judge_.model;
        }
        if (random_.chance(options_.restores) && backup_) restore_hub();
        if (random_.chance(options_.jumps))
            who.clock.skew += (random_.chance(500) ? 1 : -1) * std::int64_t{3'600'000'000};
        if (random_.chance(options_.renewals) && !who.session) {
            note("full sync");
            (void)who.here->full_sync();  // Its own messages get nowhere; the next sync goes on.
            checks_.after_sync_step(who.name, who.seen, who.store(), {});
        }
        if (random_.chance(options_.resolutions)) resolve_one(who);
        if (random_.chance(options_.resolutions)) resolve_on_hub();
        if (random_.chance(options_.retirements)) retire();
        result<void> done;
        const std::uint64_t writes = random_.chance(200) ? 2 + random_.below(3) : 1;
        if (writes == 1)
            done = who.here->transact([&](auto& edit) { return write(edit); });
        else
            done = who.here->transact([&](auto& edit) -> result<void> {
                for (std::uint64_t i = 0; i < writes; ++i)
                    if (auto one = write(edit); !one && !is_refusal(one.error())) return one;
                return {};
            });
        if (done) ++acts_;
        note(done ? "a write" : "a refused write");
        if (!done && !is_refusal(done.error()) && !who.life->is_over())
            checks_.say("a write failed: " + to_string(done.error()));
        checks_.after_act(who.name, who.seen, who.store());
        if (who.life->is_over()) restart(who);
    }

    // --- people and operators ----------------------------------------------------------------

    [[nodiscard]] side any_side() { return random_.chance(500) ? side::mine : side::theirs; }

    void resolve_one(device& who) {
        auto open = who.here->conflicts();
        if (!open || open->empty()) return;
        note("a device resolves");
        auto done = who.here->resolve((*open)[random_.below(open->size())].id, any_side());
        if (!done && !is_refusal(done.error()) && !who.life->is_over())
            checks_.say("a conflict was not resolved: " + to_string(done.error()));
        checks_.after_act(who.name, who.seen, who.store());
    }
    void resolve_on_hub() {
        auto open = hub_->conflicts(tenant_id());
        if (open && !open->empty()) {
            note("the server resolves");
            resolve_on_hub((*open)[random_.below(open->size())].id, any_side());
        }
        if (hub_life_->is_over()) restart_hub();
        look_at_upkeep();
    }
    void resolve_on_hub(const uuid& conflict, side taken) {
        const auto done = hub_->resolve(caller{}, conflict, taken);
        judge_.model.tick(hub_now());
        if (!done && !is_refusal(done.error()) && !hub_life_->is_over())
            checks_.say("a conflict was not resolved: " + to_string(done.error()));
    }
    void look_at_upkeep() {
        checks_.after_upkeep(hub_store());
        if constexpr (has_model) judge_.after_upkeep(hub_store());
    }
    void retire() {
        note("the server lets old things go");
        checks_.before_upkeep(hub_store());
        // What is let go is older than any message that may still come.
        retired_until_ =
            std::max(retired_until_, now_ - static_cast<std::int64_t>(random_.below(300'000'000)));
        const timestamp until = timestamp::from_microseconds(hub_now().microseconds_since_epoch() +
                                                             retired_until_ - now_);
        auto done = hub_->retire(tenant_id(), {.deletions_until = until, .answers_until = until});
        if (!done && !hub_life_->is_over())
            checks_.say("nothing was let go: " + to_string(done.error()));
        if (hub_life_->is_over()) restart_hub();
        look_at_upkeep();
    }

    // There is nothing to patch, or another row has a value that is unique.
    [[nodiscard]] static bool is_refusal(const error& why) {
        return why.code == errc::not_found || why.code == errc::already_exists;
    }

    template <class Edit>
    [[nodiscard]] result<void> write(Edit& edit) {
        result<void> done;
        schema_type::visit_at(random_.below(schema_type::size), [&]<class T>(of<T>) {
            T value{};
            set_key(value, random_.below(options_.keys));
            const auto key = syncfw::key(value);
            const std::uint64_t what = random_.below(10);
            if (what < 5) {
                done = edit.template patch<T>(key, [&](T& row) { change_some(row); });
                if (done || done.error().code != errc::not_found) return;
            }
            if (what < 7) {
                change_some(value);
                done = edit.put(value);
            } else if (what < 9) {
                done = edit.template remove<T>(key);
            } else {
                done = edit.template restore<T>(key);
            }
        });
        return done;
    }

    template <class T>
    void change_some(T& row) {
        field_mask which;
        for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i)
            if (syncfw::detail::writable_fields<T>.test(i) && random_.chance(400)) which.set(i);
        randomise_fields(row, which, random_);
    }

    // --- the network -------------------------------------------------------------------------

    [[nodiscard]] std::int64_t delay() {
        const std::uint64_t slow = random_.chance(10) && faults_ ? 1'000 : 1;
        return static_cast<std::int64_t>(1 +
                                         random_.below(options_.delay_milliseconds * 1'000 * slow));
    }

    void begin_sync(device& who) {
        if (who.session) return;
        note("a sync begins");
        who.session.emplace(who.here->begin_sync());
        who.restored_before = times_restored_;
        step(who);
    }

    // Sends what the session says next, and waits for the answer, but not for ever.
    void step(device& who) {
        auto request = who.session->next();
        checks_.after_sync_step(who.name, who.seen, who.store(), {});
        if (who.life->is_over()) return restart(who);
        if (!request) {
            checks_.say("a session failed: " + to_string(request.error()));
            return;
        }
        if (!*request) {
            who.session.reset();
            return;
        }
        ++messages_;
        const std::uint64_t number = who.waits_for = ++requests_;
        note("a request", (*request)->size());
        send(who, **request, number);
        if (faults_ && random_.chance(options_.duplicates)) send(who, **request, number);
        at(60'000'000, [this, &who, number] {
            if (who.waits_for == number) give_up(who);
        });
    }

    void send(device& who, const std::string& request, std::uint64_t number) {
        if (faults_ && random_.chance(options_.loss)) return;
        at(delay(), [this, &who, request = std::string(request), number, sent = now_]() mutable {
            if (sent < retired_until_) return;
            // A setup may spoil messages, to try what then happens.
            if constexpr (requires { Setup::spoil_request(request); })
                Setup::spoil_request(request);
            // It may misread them too, which nobody sees who doesn't know what they mean.
            std::string read = request;
            if constexpr (requires { Setup::misread_request(read); }) Setup::misread_request(read);
            std::string answer = hub_->handle(caller{}, read);
            if constexpr (requires { Setup::spoil_answer(answer); }) Setup::spoil_answer(answer);
            const bool was_killed = hub_life_->is_over();
            if (was_killed) answer.clear();
            checks_.after_request(hub_store(), request, answer, was_killed);
            if constexpr (has_model)
                judge_.after_request(hub_store(), request, answer, was_killed, hub_now());
            if (was_killed) return restart_hub();
            if (faults_ && random_.chance(options_.loss)) return;
            at(delay(), [this, &who, answer = std::move(answer), number] {
                if (who.waits_for == number) take(who, answer);
            });
        });
    }

    void take(device& who, const std::string& answer) {
        note("an answer", answer.size());
        who.waits_for = 0;
        auto done = who.session->receive(answer);
        checks_.after_sync_step(who.name, who.seen, who.store(), answer);
        if (who.life->is_over()) return restart(who);
        if (done) return step(who);
        // A server that is another one again and again ends a session; the next one goes on.
        const bool is_restless =
            done.error().code == errc::resynchronise && times_restored_ - who.restored_before > 2;
        if (!is_restless) checks_.say("an answer was not taken: " + to_string(done.error()));
        give_up(who);
    }

    void give_up(device& who) {
        note("the session is over");
        (void)who.session->lost({.code = errc::timed_out});
        who.session.reset();
        who.waits_for = 0;
    }

    // --- rest --------------------------------------------------------------------------------

    void come_to_rest() {
        if (!checks_.found.empty()) return;
        for (auto& each : devices_) restart(*each);
        start_hub();
        for (int round = 0; round < 4; ++round) sync_all();
        // What is tried again may be refused again; in the end it is dropped.
        for (const std::uint64_t retried : {500u, 0u}) {
            decide_refused(retried);
            for (int round = 0; round < 2; ++round) sync_all();
        }
        decide_parked();
        check_equality("at rest");
        checks_.check_parked(hub_store());
        const std::int64_t head = checks_.head_of(hub_store());
        for (int round = 0; round < 2; ++round) sync_all();
        if (checks_.head_of(hub_store()) != head)
            checks_.say("quiescence: the server's feed goes on although nobody wrote");
    }
    // A person looks at what was refused, and tries it again or drops it.
    void decide_refused(std::uint64_t retried) {
        for (auto& each : devices_) {
            auto failed = each->here->failed();
            if (!failed) return checks_.say(to_string(failed.error()));
            for (const outbox_operation& op : *failed) {
                auto done =
                    random_.chance(retried) ? each->here->retry(op.id) : each->here->drop(op.id);
                if (!done) checks_.say("a decision failed: " + to_string(done.error()));
            }
            each->seen = checks_.look_at(each->store());
        }
    }
    // Each looks at its conflicts as they are now; what devices don't know of is left to the
    // server.
    void decide_parked() {
        // A side that can't be taken, because a value is taken by now, is let go in the end.
        for (const std::uint64_t mine : {500u, 500u, 0u}) {
            for (auto& each : devices_) decide_parked(*each, mine);
            decide_refused(0);
            for (int round = 0; round < 2; ++round) sync_all();
        }
        auto left = hub_->conflicts(tenant_id(), 10'000);
        for (const parked_conflict& parked : *left) {
            resolve_on_hub(parked.id, side::theirs);
            look_at_upkeep();
        }
        for (int round = 0; round < 2; ++round) sync_all();
        for (auto& each : devices_)
            if (auto open = each->here->conflicts(); !open || !open->empty())
                checks_.say("convergence: a conflict is open on a device alone");
    }
    void decide_parked(device& who, std::uint64_t mine) {
        begin_sync(who);
        play();
        auto open = who.here->conflicts();
        if (!open) return checks_.say(to_string(open.error()));
        for (const parked_conflict& parked : *open) {
            const side taken = random_.chance(mine) ? side::mine : side::theirs;
            auto done = who.here->resolve(parked.id, taken);
            if (!done && !is_refusal(done.error()))
                checks_.say("a conflict was not resolved: " + to_string(done.error()));
        }
        who.seen = checks_.look_at(who.store());
        begin_sync(who);
        play();
    }
    void sync_all() {
        for (auto& each : devices_) {
            begin_sync(*each);
            play();
        }
    }
    void check_equality(const char* when) {
        if (!checks_.found.empty()) return;
        for (auto& each : devices_)
            checks_.check_equal(hub_store(), each->store(), each->name, when);
        if constexpr (has_model) {
            judge_.compare_all(hub_store());
            for (auto& each : devices_) judge_.compare_device(each->store(), each->name);
        }
    }

    Options options_;
    random_source random_;
    std::int64_t now_ = 0;
    bool faults_ = true;
    node_clock hub_clock_;
    std::unique_ptr<place_type> hub_place_;
    std::optional<fault_plan> hub_life_{};
    std::optional<store_type> hub_faulty_{};
    std::optional<store_backup<schema_type>> backup_{};
    reference_model<schema_type, policy_type> model_then_{};  // as of the backup
    std::optional<server<world_type, server_policy_type>> hub_{};
    std::vector<std::unique_ptr<device>> devices_{};
    std::priority_queue<event> events_{};
    simulation_checks<schema_type, storage_type> checks_{};
    model_checks<schema_type, policy_type, storage_type> judge_{checks_.found};
    std::uint64_t trace_ = 0xcbf2'9ce4'8422'2325;
    std::uint64_t times_restored_ = 0;
    std::int64_t retired_until_ = INT64_MIN / 2;
    std::uint64_t requests_ = 0;
    std::uint64_t messages_ = 0;
    std::uint64_t acts_ = 0;
};

}  // namespace syncfw::testing::detail
