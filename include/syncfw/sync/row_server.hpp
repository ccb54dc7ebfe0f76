// SPDX-License-Identifier: BSL-1.0
// A server's side for clients that know nothing of the engine: they push parts of rows and pull
// rows as JSON, by a time or a cursor, as APIs had it before there was an engine behind them.
//
//     syncfw::server hub(store, policy, {.times_of_arrival = true, .history_max = 20});
//     syncfw::row_server rows(hub);
//     auto pushed = rows.push(who, body, {.name = idempotency_key});
//     auto page = rows.pull(who, {.since = last_sync, .entity_types = {{"book"}}});
//
// What sync/arriving_rows.hpp reads of a body takes effect as a whole or not at all. A row that is
// there is a conflict unless the client says the version that is stored (or, without a version,
// its `updated_at`): then the server's policy decides. How late a client's write was for it:
//
// | the client says …             | its write counts as made …                                |
// |-------------------------------|-----------------------------------------------------------|
// | the time of its change        | then, but five minutes ahead of here at most              |
// | an older version, and no time | before the row that is stored                             |
// | neither                       | now                                                       |
//
// The hub must be given `times_of_arrival`: only then a time says all that came before it. Both
// kinds of clients, these and the engine's replicas, may use one server together.
#pragma once

#include <syncfw/storage/transact.hpp>
#include <syncfw/sync/arriving_rows.hpp>
#include <syncfw/sync/detail/kept_answer.hpp>
#include <syncfw/sync/detail/row_batch.hpp>
#include <syncfw/sync/detail/row_page.hpp>
#include <syncfw/sync/server.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

/// What a sender calls its request, so that it takes effect once.
struct named_request {
    static constexpr std::size_t name_max = 255;
    std::string name{};  ///< Empty: it has none, and takes effect each time.
};

/// What is given back: JSON, and whether any row is another now.
struct row_answer {
    std::string body{};
    bool took_effect = false;
};

template <class World, class Policy>
class row_server {
  public:
    using hub_type = server<World, Policy>;
    using schema_type = typename World::schema_type;

    /// The hub must outlive it.
    explicit row_server(hub_type& hub) : hub_(&hub) {
        SYNCFW_ASSERT(hub.options_.times_of_arrival,
                      "a row_server's hub needs server_options::times_of_arrival");
    }

    /// `{"success":true,"data":[…],"syncTimestamp":"…"}`: the rows as they are stored now, in the
    /// order sent. The time is not that of the push, because the client may lack what others wrote
    /// before: it is the `lastSyncTimestamp` of the body, else the beginning.
    [[nodiscard]] result<row_answer> push(const caller& who, std::string_view body,
                                          const named_request& name = {});

    /// `{"success":true,"data":{"book":[…]},"syncTimestamp":"…","cursor":"…"}`. Deleted rows are
    /// told to who may have them. `keep(record)` says which rows are wanted at all.
    template <class Keep>
    [[nodiscard]] result<row_answer> pull(const caller& who, const row_question& asked,
                                          const Keep& keep);
    [[nodiscard]] result<row_answer> pull(const caller& who, const row_question& asked) {
        return pull(who, asked, [](const auto&) { return true; });
    }

    /// Tells whoever listens to events that a request was refused.
    void tell_refused(const caller& who, const error& why) { hub_->tell_refused(who, why); }

  private:
    using batch_type = detail::row_batch<schema_type, Policy>;
    template <class Transaction>
    [[nodiscard]] result<row_answer> write(Transaction& tx, batch_type& batch,
                                           const arriving_rows<schema_type>& asked,
                                           const detail::kept_answer* once, timestamp now);
    void tell(const caller& who, const batch_type& batch);

    hub_type* hub_;
};

// --- how it is done ------------------------------------------------------------------------------

template <class W, class P>
result<row_answer> row_server<W, P>::push(const caller& who, std::string_view body,
                                          const named_request& name) {
    if (auto begun = hub_->begin(); !begun) return begun.error();
    if (name.name.size() > named_request::name_max)
        return error{.code = errc::invalid_value,
                     .message = "an Idempotency-Key has 255 characters at most",
                     .field = "Idempotency-Key"};
    auto asked = read_arriving_rows<schema_type>(body);
    if (!asked) return asked.error();
    if (static_cast<std::int64_t>(asked->size()) > hub_->options_.operations_max)
        return error{.code = errc::too_large,
                     .message = "a push has " + std::to_string(hub_->options_.operations_max) +
                                " rows at most; send the others in another",
                     .field = "changes"};
    std::vector<uuid> ids;
    uuid_v7_generator generator;
    for (std::size_t i = 0; i < asked->size(); ++i)
        ids.push_back(detail::make_id(generator, hub_->from_));
    replica_id origin;
    hub_->with_clock([&](hybrid_clock& clock) { origin = clock.origin(); });
    const detail::push_rules rules = hub_->rules_for(who);
    const detail::kept_answer once(who.subject, name.name, body);
    std::optional<batch_type> batch;
    auto done = transact(*hub_->store_, who.tenant,
                         [&](auto& tx) {
                             batch.emplace(*asked, rules, hub_->policy_, ids, origin);
                             return write(tx, *batch, *asked, name.name.empty() ? nullptr : &once,
                                          rules.now);
                         },
                         {.may_run_twice = !name.name.empty()});
    if (done && !batch->outcomes().empty()) tell(who, *batch);
    return done;
}

template <class W, class P>
template <class Transaction>
result<row_answer> row_server<W, P>::write(Transaction& tx, batch_type& batch,
                                           const arriving_rows<schema_type>& asked,
                                           const detail::kept_answer* once, timestamp now) {
    // What is planned is written as planned: nobody else may write in between.
    if (auto alone = tx.next_sequence(0); !alone) return alone.error();
    if (once != nullptr) {
        auto known = once->find(tx);
        if (!known) return known.error();
        if (*known) return row_answer{.body = std::move(**known)};
    }
    if (auto applied = batch.apply(tx); !applied) return applied.error();
    row_answer answer{.took_effect = batch.written() > 0};
    const timestamp since = detail::smaller_time(asked.since, batch.times().began());
    detail::begin_answer(answer.body).append(detail::json::array_text(batch.answers()));
    detail::end_answer(answer.body, since, {}, asked.warnings);
    if (once != nullptr)
        if (auto kept = once->keep(tx, answer.body, now); !kept) return kept.error();
    return answer;
}

template <class W, class P>
void row_server<W, P>::tell(const caller& who, const batch_type& batch) {
    detail::tell(hub_->from_, [&] {
        events::push_taken told{
            .tenant = who.tenant.name(), .subject = who.subject, .device = "rows"};
        for (const events::entity_outcomes& each : batch.outcomes()) told.add(each);
        return told;
    });
    for (const events::conflict_parked& each : batch.parked())
        detail::tell(hub_->from_, [&] { return each; });
    hub_->tell_audited(who, batch.audited());
}

template <class W, class P>
template <class Keep>
result<row_answer> row_server<W, P>::pull(const caller& who, const row_question& asked,
                                          const Keep& keep) {
    if (auto begun = hub_->begin(); !begun) return begun.error();
    detail::row_page<schema_type> page(asked);
    if (auto fine = page.check(); !fine) return fine.error();
    auto tx = begin_read(*hub_->store_, who.tenant);
    if (!tx) return tx.error();
    if (auto placed = page.place(*tx, who.tenant, *hub_->identity_, hub_->from_.now()); !placed)
        return placed.error();
    if (auto read = page.read(*tx, keep); !read) return read.error();
    detail::tell(hub_->from_, [&] {
        return events::page_given{.tenant = who.tenant.name(),
                                  .subject = who.subject,
                                  .rows = page.rows(),
                                  .behind = page.behind()};
    });
    return row_answer{.body = page.text(who.tenant, *hub_->identity_)};
}

}  // namespace syncfw
