// SPDX-License-Identifier: BSL-1.0
// The operations of one push, out of the outbox.
#pragma once

#include <syncfw/sync/detail/replica_store.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// The operations of one push: those that are on their way already, or else those that wait.
template <class Schema, class Transaction>
class batch_maker {
  public:
    batch_maker(Transaction& tx, replica_id self, const uuid& history) : tx_(tx) {
        message_.origin = self;
        message_.history = history;
    }

    /// What was sent and not answered, as it was sent. False if there is nothing.
    [[nodiscard]] result<bool> take_in_flight() {
        using annotations::field;
        auto rows = tx_.scan(where(field<&outbox_operation::state> == outbox_state::in_flight));
        if (!rows) return rows.error();
        if (rows->empty()) return false;
        // Sorted here: a store that went by the positions would go through all that waits.
        std::sort(rows->begin(), rows->end(),
                  [](const auto& a, const auto& b) { return a.value.position < b.value.position; });
        message_.batch = rows->front().value.batch;
        message_.is_repeated = true;
        for (const record<outbox_operation>& each : *rows)
            if (auto done = add_sent(each.value); !done) return done.error();
        return true;
    }

    /// What waits, from the first on and up to this position; writes of one transaction are not
    /// torn apart.
    [[nodiscard]] result<bool> take_queued(std::int64_t most, std::int64_t until,
                                           const uuid& batch) {
        message_.batch = batch;
        // Work that came to nothing is settled on the way, and what stands behind it is next.
        while (message_.operations.empty()) {
            auto chosen = choose(most, until);
            if (!chosen) return chosen.error();
            if (chosen->empty()) return false;
            for (record<outbox_operation>& each : *chosen)
                if (auto done = send(each); !done) return done.error();
        }
        return true;
    }

    [[nodiscard]] const push_message<Schema>& message() const noexcept { return message_; }

  private:
    [[nodiscard]] result<std::vector<record<outbox_operation>>> choose(std::int64_t most,
                                                                       std::int64_t until) {
        using annotations::field;
        auto chosen = tx_.scan(where(field<&outbox_operation::state> == outbox_state::queued)
                                   .order_by(field<&outbox_operation::position>)
                                   .limit(static_cast<std::uint64_t>(most)));
        if (!chosen) return chosen.error();
        bool is_cut = std::ssize(*chosen) == most;
        const auto cut_off = [&] {
            chosen->pop_back();
            is_cut = true;
        };
        while (!chosen->empty() && chosen->back().value.position > until) cut_off();
        // What the server could not take so often, it may take in smaller parts.
        constexpr std::int32_t patience = 5;
        if (!chosen->empty() && chosen->front().value.attempts > patience) {
            const std::int32_t times = std::min(chosen->front().value.attempts - patience, 20);
            most = std::max<std::int64_t>(1, most >> times);
            while (std::ssize(*chosen) > most) cut_off();
        }
        if (is_cut)
            if (auto done = add_partners(*chosen); !done) return done.error();
        return chosen;
    }

    // The last one's transaction may go on behind the limit; others may have been joined to it.
    [[nodiscard]] result<void> add_partners(std::vector<record<outbox_operation>>& chosen) {
        using annotations::field;
        std::set<uuid> ids, transactions;
        for (const record<outbox_operation>& each : chosen) {
            ids.insert(each.value.id);
            transactions.insert(each.value.transaction);
        }
        for (const uuid& transaction : transactions) {
            // By the transaction alone: of two indexes a store may take the one of all that waits.
            auto rows = tx_.scan(where(field<&outbox_operation::transaction> == transaction));
            if (!rows) return rows.error();
            for (record<outbox_operation>& each : *rows)
                if (each.value.state == outbox_state::queued && ids.insert(each.value.id).second)
                    chosen.push_back(std::move(each));
        }
        return {};
    }

    [[nodiscard]] std::uint32_t group_of(const uuid& transaction) {
        const auto next = static_cast<std::uint32_t>(groups_.size() + 1);
        return groups_.emplace(transaction, next).first->second;
    }

    [[nodiscard]] result<void> add_sent(const outbox_operation& kept) {
        return Schema::visit(kept.entity_name, [&]<class T>(of<T>) -> result<void> {
            auto op = from_sent<T>(kept, keys_in(tx_));
            if (!op) return op.error();
            message_.operations.template of<T>().push_back(std::move(*op));
            return {};
        });
    }

    [[nodiscard]] result<void> send(record<outbox_operation>& kept) {
        outbox_operation& queued = kept.value;
        return Schema::visit(queued.entity_name, [&]<class T>(of<T>) -> result<void> {
            auto row = find_row<T>(queued);
            if (!row) return row.error();
            auto base = base_of<T>(queued, keys_in(tx_));
            if (!base) return base.error();
            auto op = work_between(*base ? &**base : nullptr, *row);
            if (!op && !queued.resolves.empty()) op = decision_alone(*base, *row);
            if (!op) return back_to_base(tx_, queued, std::move(*base), *row);
            op->resolves = queued.resolves;
            op->id = queued.id;
            op->group = group_of(queued.transaction);
            queued.state = outbox_state::in_flight;
            queued.batch = message_.batch;
            ++queued.attempts;
            auto sent = to_sent(*op, keys_in(tx_));
            if (!sent) return sent.error();
            queued.sent = std::move(*sent);
            message_.operations.template of<T>().push_back(std::move(*op));
            return tx_.put(kept);
        });
    }

    // A conflict is resolved by what the server has: nothing is changed, but it must hear of it.
    template <class T>
    [[nodiscard]] static std::optional<operation<T>> decision_alone(
        const std::optional<record<T>>& base, const record<T>& row) {
        if (!base) return {};
        return operation<T>{.base_version = base->version(),
                            .written = row.written(),
                            .before = base->value,
                            .after = base->value};
    }

    template <class T>
    [[nodiscard]] result<record<T>> find_row(const outbox_operation& queued) {
        auto at = parse_row_key<T>(queued.row_key);
        if (!at) return at.error();
        auto row = tx_.template get<T>(*at);
        if (!row) return row.error();
        if (*row) return std::move(**row);
        return missing_row(queued);
    }

    Transaction& tx_;
    push_message<Schema> message_{};
    std::map<uuid, std::uint32_t> groups_{};
};

}  // namespace syncfw::detail
