// SPDX-License-Identifier: BSL-1.0
// One push on the server: looked up in bulk, planned row by row, written in bulk, answered.
#pragma once

#include <syncfw/core/stamp.hpp>
#include <syncfw/entity/validation.hpp>
#include <syncfw/observe/events.hpp>
#include <syncfw/storage/storage.hpp>
#include <syncfw/sync/detail/audit_trail.hpp>
#include <syncfw/sync/detail/earlier_answers.hpp>
#include <syncfw/sync/detail/engine_fields.hpp>
#include <syncfw/sync/detail/feed_times.hpp>
#include <syncfw/sync/detail/field_times.hpp>
#include <syncfw/sync/detail/foreign_fields.hpp>
#include <syncfw/sync/detail/message_bytes.hpp>
#include <syncfw/sync/detail/push_answers.hpp>
#include <syncfw/sync/detail/push_parts.hpp>
#include <syncfw/sync/detail/push_rules.hpp>
#include <syncfw/sync/detail/refused_rows.hpp>
#include <syncfw/sync/detail/request_mark.hpp>
#include <syncfw/sync/detail/retention.hpp>
#include <syncfw/sync/detail/row_history.hpp>
#include <syncfw/sync/detail/row_image.hpp>
#include <syncfw/sync/detail/row_key.hpp>
#include <syncfw/sync/detail/row_keys.hpp>
#include <syncfw/sync/detail/wanted_values.hpp>
#include <syncfw/sync/messages.hpp>
#include <syncfw/sync/resolution.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace syncfw::detail {

template <class Storage, class Policy>
class push_batch {
  public:
    using schema_type = typename Storage::schema_type;
    using message = push_message<schema_type>;

    push_batch(message& asked, const push_rules& rules, const Policy& policy)
        : asked_(asked), rules_(rules), policy_(policy) {
        request_marker mark;
        schema_type::for_each([&]<class T>(of<T>) {
            std::vector<operation<T>>& ops = asked_.operations.template of<T>();
            push_part<T>& mine = parts_.template of<T>();
            mine.keys.reserve(ops.size());
            mine.places.reserve(ops.size());
            for (operation<T>& op : ops) {
                mine.keys.push_back(key(op.after));
                mine.places.push_back({.written = op.written, .mark = mark(op, mine.keys.back())});
                if (rules_.all_or_nothing) op.group = 1;
            }
        });
    }

    /// The operations get the time that is accepted of theirs: once, before anything else.
    void accept_times(hybrid_clock& clock) {
        schema_type::for_each([&]<class T>(of<T>) {
            for (operation<T>& op : asked_.operations.template of<T>())
                op.written = accepted_stamp(op.written, rules_.now, clock);
        });
        answer_.newest = clock.tick(rules_.now);
    }

    /// What no push may be.
    [[nodiscard]] result<void> check() const { return parts_.check(asked_); }

    template <class Transaction>
    [[nodiscard]] result<void> apply(Transaction& tx) {
        answer_.batch = asked_.batch;
        answer_.answers = {};
        refused_.clear();
        auto keeps = has_foreign(tx);
        if (!keeps) return keeps.error();
        keeps_foreign_ = *keeps;
        if (auto done = look_up(tx); !done) return done;
        auto floor = get_floor(tx);
        if (!floor) return floor.error();
        floor_ = *floor;
        if (rules_.times_of_arrival) {
            auto times = feed_times::read(tx, rules_.now);
            if (!times) return times.error();
            times_ = *times;
        }
        // What is refused lets no value go, which others may want. What isn't found in a few rounds
        // is left to the database, for whoever sends may have made it so that there are thousands.
        plan_all();
        for (int round = 0; round < 16; ++round) {
            auto taken = refuse_taken(tx);
            if (!taken) return taken.error();
            if (!*taken) break;
            plan_all();
        }
        return write_all(tx);
    }

    /// It takes effect now: nobody else writes until it has.
    void begins_at(timestamp now) noexcept { rules_.now = now; }

    /// Takes note of what the database refused; false if it failed for no operation's fault.
    [[nodiscard]] bool reject_refused() {
        const std::size_t before = rejected_.size();
        rejected_.merge(refused_);
        return rejected_.size() != before;
    }

    /// How many numbers of the feed it took.
    [[nodiscard]] std::int64_t written() const noexcept { return written_; }
    [[nodiscard]] push_answer<schema_type> take_answer() { return std::move(answer_); }
    /// What waits for a person since then.
    [[nodiscard]] std::vector<events::conflict_parked> take_parked() { return std::move(parked_); }
    [[nodiscard]] audit_trail take_audited() { return std::move(audited_); }

  private:
    template <class T>
    using place = push_place<T>;

    template <class F>
    [[nodiscard]] result<void> for_each_entity(F&& f) {
        result<void> done;
        // A row is written behind those that it refers to.
        for (const std::size_t at : schema_type::parents_first)
            schema_type::visit_at(at, [&]<class T>(of<T>) {
                if (done && !asked_.operations.template of<T>().empty())
                    done = f(std::as_const(asked_.operations).template of<T>(),
                             parts_.template of<T>().places);
            });
        return done;
    }

    template <class Transaction>
    [[nodiscard]] result<void> look_up(Transaction& tx) {
        return for_each_entity([&]<class T>(const std::vector<operation<T>>& ops,
                                            std::vector<place<T>>& places) -> result<void> {
            auto rows =
                tx.template get_many<T>(std::span<const key_of<T>>(parts_.template of<T>().keys));
            if (!rows) return rows.error();
            std::vector<uuid> ids;
            ids.reserve(ops.size());
            for (std::size_t i = 0; i < ops.size(); ++i) {
                place<T>& at = places[i];
                at.stored = std::move((*rows)[i]);
                at.known.reset();
                at.foreign.clear();
                at.adopts = false;
                at.plan = {};
                ids.push_back(ops[i].id);
            }
            const auto take = [&](std::size_t i, applied_operation&& known) {
                places[i].known = std::move(known);
            };
            if (auto done = for_each_earlier_answer(tx, std::span<const uuid>(ids), take); !done)
                return done;
            return keeps_foreign_ ? look_up_foreign(tx, places) : result<void>();
        });
    }

    template <class T, class Transaction>
    [[nodiscard]] result<void> look_up_foreign(Transaction& tx, std::vector<place<T>>& places) {
        std::vector<const T*> rows;
        std::vector<place<T>*> whose;
        for (place<T>& each : places)
            if (each.stored) rows.push_back(&each.stored->value), whose.push_back(&each);
        auto found = foreign_of<T>(tx, rows);
        if (!found) return found.error();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            whose[i]->foreign = std::move((*found)[i]);
            whose[i]->adopts =
                adopt_foreign(whose[i]->stored->value, whose[i]->foreign, keys_in(tx));
        }
        return {};
    }

    // Of rows that are written, what came for fields that are unknown here is kept beside them.
    template <class T, class Transaction>
    [[nodiscard]] result<void> keep_foreign(Transaction& tx, const std::vector<operation<T>>& ops,
                                            const std::vector<place<T>>& places) {
        std::vector<record<foreign_values>> kept;
        for (std::size_t i = 0; i < ops.size(); ++i) {
            if (!places[i].plan.row || (ops[i].foreign.empty() && !places[i].adopts)) continue;
            std::vector<foreign_field> all = places[i].foreign;
            add_foreign(all, ops[i].foreign);
            kept.push_back(foreign_record(ops[i].after, all));
        }
        if (kept.empty()) return {};
        if (auto done = tx.put_many(kept); !done) return done;
        return keeps_foreign_ ? result<void>() : tx.put_value(foreign_name, "1");
    }

    // Operations of one group are rejected together: as soon as one is, all are planned anew.
    void plan_all() {
        std::size_t doomed = 0;
        do {
            doomed = doomed_.size();
            (void)for_each_entity([&]<class T>(const std::vector<operation<T>>& ops,
                                               std::vector<place<T>>& places) -> result<void> {
                for (std::size_t i = 0; i < ops.size(); ++i) plan_one(ops[i], places[i]);
                return {};
            });
        } while (doomed_.size() != doomed);
    }

    template <class T>
    void plan_one(const operation<T>& op, place<T>& at) {
        if (at.known) return;
        if (may_be_forgotten(op, at))
            return reject_one(op, at,
                              {.code = errc::conflict,
                               .message = "it comes again too late: whether it took effect is not "
                                          "known any more"});
        const auto why = rejected_.find(op.id);
        if (why != rejected_.end()) return reject_one(op, at, why->second);
        if (op.group != 0 && doomed_.count(op.group) != 0)
            return reject_one(op, at,
                              {.code = errc::conflict,
                               .message = "another write of its transaction was refused"});
        at.plan = plan_push(op, at.stored ? &*at.stored : nullptr, policy_);
        if (!at.plan.row) return;
        record<T>& row = *at.plan.row;
        set_tenant(row.value, rules_.tenant);
        if (auto fits = validate(row.value); !fits) return reject_one(op, at, fits.error());
        if (auto fits = check_storable(row.value, rules_.tenant); !fits)
            return reject_one(op, at, fits.error());
        // A row that is made anew is newer than the deletion of which a device may still know.
        row.set_version((at.stored ? at.stored->version()
                                   : larger(floor_.versions_until, version_before_first<T>())) +
                        1);
        row.set_status(sync_status::synced);
        set_times(row, !at.stored);
        set_last_sync_at(row.value, rules_.now);
    }

    // What was sent before may have taken effect, and the note of it may be gone by now. The row
    // tells where it is as the device knew it.
    template <class T>
    [[nodiscard]] bool may_be_forgotten(const operation<T>& op, const place<T>& at) const {
        constexpr std::int64_t wrong_clocks = std::int64_t{7} * 24 * 3'600 * 1'000'000;
        if (!asked_.is_repeated || floor_.answers_until == timestamp()) return false;
        if (at.written.moment().microseconds_since_epoch() >
            floor_.answers_until.microseconds_since_epoch() + wrong_clocks)
            return false;
        if (at.stored) return at.stored->version() != op.base_version;
        return op.base_version != 0 || floor_.deletions_until > 0;
    }

    template <class T>
    void reject_one(const operation<T>& op, place<T>& at, const error& why) {
        if (op.group != 0) doomed_.insert(op.group);
        rejected_.emplace(op.id, why);
        at.plan = {.outcome = push_outcome::rejected};
    }

    // Whoever wants a value that another row has is found before anything is written: one refused
    // row doesn't cost the others a second try.
    template <class Transaction>
    [[nodiscard]] result<bool> refuse_taken(Transaction& tx) {
        const std::size_t before = rejected_.size();
        auto done = for_each_entity(
            [&]<class T>(const std::vector<operation<T>>& ops, std::vector<place<T>>& places) {
                if constexpr (unique_fields<T>.empty()) {
                    return result<void>();
                } else {
                    wanted_values<T> wanted;
                    for (std::size_t i = 0; i < ops.size(); ++i)
                        if (places[i].plan.row)
                            wanted.add(i, places[i].stored, *places[i].plan.row);
                    return wanted.for_each_taken(tx, [&](std::size_t i, const error& why) {
                        reject_one(ops[i], places[i], why);
                    });
                }
            });
        if (!done) return done.error();
        return rejected_.size() != before;
    }

    template <class Transaction>
    [[nodiscard]] result<void> write_all(Transaction& tx) {
        std::int64_t count = 0;
        (void)for_each_entity([&]<class T>(const std::vector<operation<T>>&,
                                           std::vector<place<T>>& places) -> result<void> {
            for (const place<T>& each : places) count += each.plan.row ? 1 : 0;
            return {};
        });
        written_ = count;
        std::int64_t next = 0;
        if (count > 0) {
            auto first = tx.next_sequence(count);
            if (!first) return first.error();
            next = *first;
        }
        applied_.clear();
        audited_.clear();
        parked_.clear();
        auto done = for_each_entity([&]<class T>(const std::vector<operation<T>>& ops,
                                                 std::vector<place<T>>& places) -> result<void> {
            if (auto written = write_rows(tx, ops, places, next); !written) return written;
            if (auto kept = keep_foreign(tx, ops, places); !kept) return kept;
            answer_.answers.template of<T>().reserve(ops.size());
            applied_.reserve(applied_.size() + ops.size());
            for (std::size_t i = 0; i < ops.size(); ++i) {
                if (auto kept = keep_parked(tx, ops[i], places[i]); !kept) return kept;
                if (auto kept = close_resolved(tx, ops[i], places[i]); !kept) return kept;
                answer_one(ops[i], places[i]);
                if (!rules_.notes_times || !places[i].plan.row) continue;
                const record<T>* const old = places[i].stored ? &*places[i].stored : nullptr;
                auto noted = note_field_times(tx, old, *places[i].plan.row, ops[i].written);
                if (!noted) return noted;
            }
            return {};
        });
        if (!done) return done;
        if (rules_.times_of_arrival && count > 0)
            if (auto kept = times_->keep(tx); !kept) return kept;
        if (auto kept = tx.put_many(applied_); !kept || !rules_.audits) return kept;
        return audited_.keep(tx);
    }

    // What is unique may go from row to row within a push, round and round: whoever lets a value go
    // is deleted for a moment, so that no order of the writes is wrong.
    template <class T, class Transaction>
    [[nodiscard]] result<void> free_values(Transaction& tx, const std::vector<place<T>>& places) {
        if constexpr (!unique_fields<T>.empty()) {
            std::vector<record<T>> freed;
            for (const place<T>& each : places) {
                if (!each.plan.row || !each.stored || each.stored->is_deleted()) continue;
                const field_mask changed =
                    changed_fields(each.stored->value, each.plan.row->value) & unique_fields<T>;
                if (changed.empty() && !each.plan.row->is_deleted()) continue;
                freed.push_back(*each.stored);
                set_deleted(freed.back(), true);
                freed.back().set_sequence(0);
            }
            if (!freed.empty()) return tx.put_many(freed);
        }
        return {};
    }

    template <class Transaction, class T>
    [[nodiscard]] result<void> write_rows(Transaction& tx, const std::vector<operation<T>>& ops,
                                          std::vector<place<T>>& places, std::int64_t& next) {
        if (auto freed = free_values<T>(tx, places); !freed) return freed;
        std::vector<record<T>> rows;
        std::vector<std::size_t> whose;
        rows.reserve(ops.size());
        whose.reserve(ops.size());
        row_history history(rules_.history_max, keys_in(tx));
        for (std::size_t i = 0; i < ops.size(); ++i) {
            if (!places[i].plan.row) continue;
            record<T>& row = *places[i].plan.row;
            row.set_sequence(next++);
            if (rules_.times_of_arrival) stamp_arrival(row, times_->next(), !places[i].stored);
            if (places[i].stored) history.add(*places[i].stored);
            rows.push_back(std::move(row));
            whose.push_back(i);
        }
        if (rows.empty()) return {};
        if (auto kept = history.keep(tx); !kept) return kept;
        refused_rows<T, Transaction> refused(tx);
        if (auto done = refused.put(rows); !done) return done;
        for (std::size_t i = 0; i < rows.size(); ++i)
            places[whose[i]].plan.row = std::move(rows[i]);
        if (refused.all().empty()) return {};
        take_refused(ops, whose, refused.all());
        return refused.all().front().why;
    }

    // A value may be taken by a row that won't be written, for another of its transaction is
    // refused: who wants it is tried again without them. Where nobody else was refused, the first
    // of them is, whose value surely is another's; and half of them, where it goes on like that, so
    // that however many there are, few rounds are.
    template <class T>
    void take_refused(const std::vector<operation<T>>& ops, const std::vector<std::size_t>& whose,
                      const std::vector<refused_row>& refused) {
        const bool takes_others =
            std::any_of(refused.begin(), refused.end(),
                        [&](const refused_row& each) { return ops[whose[each.place]].group != 0; });
        for (const refused_row& each : refused)
            if (!takes_others || each.why.code != errc::already_exists)
                refused_.emplace(ops[whose[each.place]].id, each.why);
        if (!refused_.empty()) return;
        const std::size_t count = rounds_++ < 8 ? 1 : (refused.size() + 1) / 2;
        for (std::size_t i = 0; i < count; ++i)
            refused_.emplace(ops[whose[refused[i].place]].id, refused[i].why);
    }

    template <class Transaction, class T>
    [[nodiscard]] result<void> keep_parked(Transaction& tx, const operation<T>& op,
                                           const place<T>& at) {
        if (at.known || at.plan.outcome != push_outcome::parked) return {};
        const device_side<T> device = side_of_device(as_sent(op, at), *at.stored);
        record<parked_conflict> kept{.value = {.id = op.id,
                                               .operation = op.id,
                                               .entity_name = std::string(entity_of<T>.name),
                                               .row_key = row_key(op.after),
                                               .their_version = at.stored->version(),
                                               .reason = std::string(at.plan.reason),
                                               .detected_at = rules_.now}};
        auto done = keep_sides(kept.value, device.base ? &*device.base : nullptr, device.mine,
                               *at.stored, keys_in(tx));
        if (!done) return done;
        parked_.push_back(parked_event(rules_.tenant, kept.value, device.mine, *at.stored));
        return tx.put(kept);
    }

    template <class Transaction, class T>
    [[nodiscard]] result<void> close_resolved(Transaction& tx, const operation<T>& op,
                                              const place<T>& at) {
        if (op.resolves.empty() || at.known || at.plan.outcome == push_outcome::rejected) return {};
        auto parked = tx.template get_many<parked_conflict>(std::span<const uuid>(op.resolves));
        if (!parked) return parked.error();
        for (const auto& each : *parked) {
            // A device's word counts for the conflicts of its own row only.
            if (!each || each->value.entity_name != entity_of<T>.name ||
                each->value.row_key != row_key(op.after))
                continue;
            if (auto done = close_conflict(tx, each->value.id, "by a device", rules_.now); !done)
                return done;
        }
        return {};
    }

    template <class T>
    void answer_one(const operation<T>& op, place<T>& at) {
        operation_answer<T>& answer = answer_.answers.template of<T>().emplace_back();
        answer.id = op.id;
        const std::optional<record<T>>& now = at.plan.row ? at.plan.row : at.stored;
        answer.exists = now.has_value();
        if (now) {
            answer.version = now->version();
            answer.is_deleted = now->is_deleted();
        }
        if (at.known) return repeat_answer(*at.known, at.mark, now, answer);
        answer.outcome = at.plan.outcome;
        answer.reason = at.plan.reason;
        if (answer.outcome == push_outcome::rejected) {
            const error& why = rejected_.at(op.id);
            answer.code = why.code;
            answer.reason = to_string(why);
        } else if (now) {
            answer.differs = difference(op, at, *now);
            if (!answer.differs.empty()) answer.row = now->value;
        }
        applied_.push_back(kept_answer_of(answer, at.mark, rules_.now));
        if (rules_.audits) add_audited(audited_, op, answer, rules_);
    }

    template <class T>
    [[nodiscard]] static operation<T> as_sent(operation<T> op, const place<T>& at) {
        op.written = at.written;
        return op;
    }

    // What the device would have after its own changes, and the row has not.
    template <class T>
    [[nodiscard]] field_mask difference(const operation<T>& op, const place<T>& at,
                                        const record<T>& now) const {
        const bool is_known = (at.stored ? at.stored->version() : 0) == op.base_version;
        if (!is_known || at.plan.outcome != push_outcome::applied) return told_fields<T>;
        // What was planned is just that, unless its times are others.
        if (at.plan.row && at.written == op.written && !rules_.times_of_arrival) return {};
        const operation<T> sent = as_sent(op, at);
        record<T> expected = at.stored ? with_changes(sent, *at.stored) : new_row(sent);
        set_tenant(expected.value, rules_.tenant);
        set_times(expected, !at.stored);
        return changed_fields(expected.value, now.value) & told_fields<T>;
    }

    message& asked_;
    push_rules rules_;
    const Policy& policy_;
    std::map<uuid, error> rejected_{};
    std::map<uuid, error> refused_{};  // By the database, in this round.
    std::set<std::uint32_t> doomed_{};
    push_parts<schema_type> parts_{};
    std::vector<record<applied_operation>> applied_{};
    audit_trail audited_{};
    std::vector<events::conflict_parked> parked_{};
    retention_floor floor_{};
    std::optional<feed_times> times_{};
    std::int64_t written_ = 0;
    int rounds_ = 0;  // In which nothing was refused but who wanted what others got.
    bool keeps_foreign_ = false;
    push_answer<schema_type> answer_{};
};

}  // namespace syncfw::detail
