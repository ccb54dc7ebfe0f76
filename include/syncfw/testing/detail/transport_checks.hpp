// SPDX-License-Identifier: BSL-1.0
// The checks of check_transport.hpp, each with an endpoint of its own.
#pragma once

#include <syncfw/conflict/merge_fields.hpp>
#include <syncfw/core/counter.hpp>
#include <syncfw/entity/annotations.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/testing/detail/exchange_checks.hpp>
#include <syncfw/testing/faulty_link.hpp>
#include <syncfw/testing/random.hpp>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace syncfw::testing::detail {

struct note {
    std::int64_t id = 0;
    std::string text{};
    counter votes{};

    static constexpr auto sync_entity =
        entity<"note">(annotations::field<&note::id>(annotations::primary_key));
};
using notes = schema<note>;

template <class Make>
class transport_checks : public exchange_checks<Make> {
  public:
    using base = exchange_checks<Make>;
    using base::base;
    using typename base::endpoint_type;

    void run() {
        check("bytes arrive unchanged, both ways", [&] { this->bytes(); });
        check("each request arrives once, and its own answer comes back",
              [&] { this->sequence(); });
        if (options_.threads)
            check("links at the same time get their own answers",
                  [&] { this->at_the_same_time(); });
        check("a slow answer is waited for, or timed_out", [&] { this->slow(); });
        check("a handler that throws is timed_out, for it may have had an effect",
              [&] { this->throwing(); });
        if constexpr (requires(endpoint_type& e) { e.stop(), e.start(); })
            check("an endpoint that is gone is an error until it is back", [&] { this->gone(); });
        check("a failure that the server told is an answer", [&] { this->failures(); });
        check("a replica and its server become equal", [&] { equality(); });
        check("once: replicas become equal though the link loses and repeats", [&] { faults(); });
    }

  private:
    using base::check;
    using base::expect;
    using base::expect_same;
    using base::make_;
    using base::must;
    using base::options_;

    using notes_store = memory::store<notes>;

    static std::string notes_of(notes_store& store) {
        auto tx = begin_read(store, tenant_id());
        if (!tx) return to_string(tx.error());
        auto rows = tx->scan(all<note>());
        if (!rows) return to_string(rows.error());
        std::string seen_notes;
        for (const record<note>& each : *rows)
            if (!each.is_deleted())
                seen_notes += std::to_string(each.value.id) + " " + each.value.text + " " +
                              std::to_string(each.value.votes.value()) + "\n";
        return seen_notes;
    }

    /// A server behind an endpoint.
    struct served {
        notes_store store{};
        server<world<notes_store>, merge_fields> hub{store};
        std::mutex one_at_a_time{};
        endpoint_type endpoint;

        explicit served(Make& make)
            : endpoint(make([this](std::string_view request) {
                  const std::scoped_lock held(one_at_a_time);
                  return hub.handle(caller{}, request);
              })) {}
    };

    template <class Link>
    struct device {
        notes_store store{};
        replica<world<notes_store>, Link> own;

        explicit device(Link& link) : own(store, link) {}
    };

    void equality() {
        served there(make_);
        auto a_link = there.endpoint.link();
        device a(a_link);
        for (std::int64_t id = 0; id < 200; ++id)
            must("put", a.own.put(note{.id = id, .text = "note " + std::to_string(id)}));
        must("put", a.own.put(note{.id = 200, .text = std::string(1U << 20U, 'x')}));
        must("sync", a.own.sync());
        auto b_link = there.endpoint.link();
        device b(b_link);
        must("sync", b.own.sync());
        must("remove", b.own.template remove<note>(7));
        must("sync", b.own.sync());
        must("sync", a.own.sync());
        const std::string wanted = notes_of(there.store);
        expect(std::count(wanted.begin(), wanted.end(), '\n') == 200,
               "rows don't reach the server");
        expect(notes_of(a.store) == wanted, "the replica has other rows than its server");
        expect(notes_of(b.store) == wanted, "the other replica has other rows than its server");
    }

    void faults() {
        constexpr link_faults rates{.refused = 60,
                                    .lost_requests = 80,
                                    .lost_answers = 80,
                                    .doubled = 80,
                                    .late = 120,
                                    .cut_answers = 60,
                                    .changed_answers = 60};
        served there(make_);
        auto a_sound = there.endpoint.link(), b_sound = there.endpoint.link();
        faulty_link a_link(a_sound, rates, options_.seed), b_link(b_sound, rates, ~options_.seed);
        device a(a_link), b(b_link);
        random_source random(options_.seed);
        std::int64_t votes = 0;
        must("put", a.own.put(note{.id = 0}));
        for (int i = 0; i < 300; ++i) {
            auto& own = random.chance(500) ? a.own : b.own;
            if (own.template patch<note>(0, [](note& n) { n.votes += 1; })) ++votes;
            const auto id = static_cast<std::int64_t>(1 + random.below(6));
            if (random.chance(300))
                (void)own.template remove<note>(id);
            else
                must("put", own.put(note{.id = id, .text = std::to_string(i)}));
            (void)own.sync();
        }
        a_link.stop();
        b_link.stop();
        for (int i = 0; i < 2; ++i) {
            must("sync", a.own.sync());
            must("sync", b.own.sync());
        }
        const std::string wanted = notes_of(there.store);
        expect_same("the votes of 0", wanted.substr(0, wanted.find('\n')),
                    "0  " + std::to_string(votes));
        expect_same("one replica", notes_of(a.store), wanted);
        expect_same("the other one", notes_of(b.store), wanted);
    }
};

}  // namespace syncfw::testing::detail
