// SPDX-License-Identifier: BSL-1.0
// One push on the server: looked up in bulk, planned row by row, written in bulk, answered.
#pragma once

#include <syncfw/core/stamp.hpp>
#include <syncfw/entity/validation.hpp>
#include <syncfw/observe/events.hpp>
#include <syncfw/storage/storage.hpp>
#include <syncfw/sync/detail/engine_fields.hpp>
#include <syncfw/sync/detail/feed_times.hpp>
#include <syncfw/sync/detail/field_times.hpp>
#include <syncfw/sync/detail/foreign_fields.hpp>
#include <syncfw/sync/detail/message_bytes.hpp>
#include <syncfw/sync/detail/push_rules.hpp>
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

    push_batch(const message& asked, const push_rules& rules, const Policy& policy,
               hybrid_clock& clock)
        : asked_(asked), rules_(rules), policy_(policy) {
        schema_type::for_each([&]<class T>(of<T>) {
            for (const operation<T>& op : asked_.operations.template of<T>())
                places_.template of<T>().push_back(
                    {.accepted = accepted_stamp(op.written, rules_.now, clock)});
        });
        answer_.newest = clock.tick(rules_.now);
    }

    /// What no push may be.
    [[nodiscard]] result<void> check() const {
        result<void> fine;
        std::vector<uuid> ids;
        schema_type::for_each([&]<class T>(of<T>) {
            std::vector<key_of<T>> keys;
            for (const operation<T>& op : asked_.operations.template of<T>()) {
                keys.push_back(key(op.after));
                ids.push_back(op.id);
                if (op.base_version < 0) fine = bad_push<T>("a version can't be negative");
            }
            std::sort(keys.begin(), keys.end());
            if (std::adjacent_find(keys.begin(), keys.end()) != keys.end())
                fine = bad_push<T>("a push has one operation of a row at most");
        });
        std::sort(ids.begin(), ids.end());
        if (fine && std::adjacent_find(ids.begin(), ids.end()) != ids.end())
            return error{.code = errc::malformed, .message = "an operation comes twice"};
        return fine;
    }

    template <class Transaction>
    [[nodiscard]] result<void> apply(Transaction& tx) {
        answer_.batch = asked_.batch;
        answer_.answers = {};
        failed_ = nullptr;
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
        plan_all();
        auto taken = refuse_taken(tx);
        if (!taken) return taken.error();
        if (*taken) plan_all();
        return write_all(tx);
    }

    /// It takes effect now: nobody else writes until it has.
    void begins_at(timestamp now) noexcept { rules_.now = now; }

    /// Takes note of what the database refused; false if that was no operation's fault.
    [[nodiscard]] bool reject(const error& why) {
        if (!is_about_data(why) || failed_ == nullptr) return false;
        return rejected_.emplace(*std::exchange(failed_, nullptr), why).second;
    }

    /// How many numbers of the feed it took.
    [[nodiscard]] std::int64_t written() const noexcept { return written_; }
    [[nodiscard]] push_answer<schema_type> take_answer() { return std::move(answer_); }
    /// What waits for a person since then.
    [[nodiscard]] std::vector<events::conflict_parked> take_parked() { return std::move(parked_); }

  private:
    template <class T>
    struct place {
        stamp accepted{};  ///< When it was written, as far as that can be.
        std::optional<record<T>> stored{};
        std::optional<applied_operation> known{};
        std::vector<foreign_field> foreign{};  ///< What is kept beside the stored row.
        bool adopts = false;                   ///< Some of it is known here by now.
        push_plan<T> plan{};
    };

    template <class F>
    [[nodiscard]] result<void> for_each_entity(F&& f) {
        result<void> done;
        // A row is written behind those that it refers to.
        for (const std::size_t at : schema_type::parents_first)
            schema_type::visit_at(at, [&]<class T>(of<T>) {
                if (done && !asked_.operations.template of<T>().empty())
                    done = f(asked_.operations.template of<T>(), places_.template of<T>());
            });
        return done;
    }

    template <class Transaction>
    [[nodiscard]] result<void> look_up(Transaction& tx) {
        return for_each_entity([&]<class T>(const std::vector<operation<T>>& ops,
                                            std::vector<place<T>>& places) -> result<void> {
            std::vector<uuid> ids;
            std::vector<key_of<T>> keys;
            for (const operation<T>& op : ops) {
                ids.push_back(op.id);
                keys.push_back(key(op.after));
            }
            auto known = tx.template get_many<applied_operation>(std::span<const uuid>(ids));
            if (!known) return known.error();
            auto rows = tx.template get_many<T>(std::span<const key_of<T>>(keys));
            if (!rows) return rows.error();
            for (std::size_t i = 0; i < ops.size(); ++i) {
                places[i] = {.accepted = places[i].accepted, .stored = std::move((*rows)[i])};
                if ((*known)[i]) places[i].known = std::move((*known)[i]->value);
            }
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
    void plan_one(operation<T> op, place<T>& at) {
        if (at.known) return;
        if (rules_.all_or_nothing) op.group = 1;
        if (may_be_forgotten(op, at))
            return reject_one(op, at,
                              {.code = errc::conflict,
                               .message = "it comes again too late: whether it took effect is not "
                                          "known any more"});
        op.written = at.accepted;
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
        if (op.written.moment().microseconds_since_epoch() >
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
        auto done = for_each_entity([&]<class T>(const std::vector<operation<T>>& ops,
                                                 std::vector<place<T>>& places) {
            if constexpr (unique_fields<T>.empty()) return result<void>();
            wanted_values<T> wanted;
            for (std::size_t i = 0; i < ops.size(); ++i)
                if (places[i].plan.row) wanted.add(i, places[i].stored, *places[i].plan.row);
            return wanted.for_each_taken(
                tx, [&](std::size_t i, const error& why) { reject_one(ops[i], places[i], why); });
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
            for (std::size_t i = 0; i < ops.size(); ++i) {
                if (auto kept = keep_parked(tx, ops[i], places[i]); !kept) return kept;
                if (auto kept = close_resolved(tx, ops[i], places[i]); !kept) return kept;
                answer_one(ops[i], places[i]);
                if (!rules_.notes_times || !places[i].plan.row) continue;
                const record<T>* const old = places[i].stored ? &*places[i].stored : nullptr;
                auto noted = note_field_times(tx, old, *places[i].plan.row, places[i].accepted);
                if (!noted) return noted;
            }
            return {};
        });
        if (!done) return done;
        if (rules_.times_of_arrival && count > 0)
            if (auto kept = times_->keep(tx); !kept) return kept;
        if (auto kept = tx.put_many(applied_); !kept || !rules_.audits) return kept;
        return tx.put_many(audited_);
    }

    // What is unique may go from row to row within a push, round and round: whoever lets a value go
    // is deleted for a moment, so that no order of the writes is wrong.
    template <class T, class Transaction>
    [[nodiscard]] result<void> free_values(Transaction& tx, const std::vector<place<T>>& places) {
        std::vector<record<T>> freed;
        for (const place<T>& each : places) {
            if (!each.plan.row || !each.stored || each.stored->is_deleted()) continue;
            const field_mask changed =
                changed_fields(each.stored->value, each.plan.row->value) & unique_fields<T>;
            if (unique_fields<T>.empty() || (changed.empty() && !each.plan.row->is_deleted()))
                continue;
            freed.push_back(*each.stored);
            set_deleted(freed.back(), true);
            freed.back().set_sequence(0);
        }
        return freed.empty() ? result<void>() : tx.put_many(freed);
    }

    // Together, and one by one where the database refuses them, to find out which.
    template <class Transaction, class T>
    [[nodiscard]] result<void> write_rows(Transaction& tx, const std::vector<operation<T>>& ops,
                                          std::vector<place<T>>& places, std::int64_t& next) {
        std::vector<record<T>> rows;
        std::vector<const uuid*> whose;
        row_history history(rules_.history_max, keys_in(tx));
        for (std::size_t i = 0; i < ops.size(); ++i) {
            if (!places[i].plan.row) continue;
            places[i].plan.row->set_sequence(next++);
            if (rules_.times_of_arrival)
                stamp_arrival(*places[i].plan.row, times_->next(), !places[i].stored);
            if (places[i].stored) history.add(*places[i].stored);
            rows.push_back(*places[i].plan.row);
            whose.push_back(&ops[i].id);
        }
        if (rows.empty()) return {};
        if (auto freed = free_values<T>(tx, places); !freed) return freed;
        if (auto kept = history.keep(tx); !kept) return kept;
        auto done = tx.put_many(rows);
        if (done || !is_about_data(done.error())) return done;
        for (std::size_t i = 0; i < rows.size() && rows.size() > 1 && tx.is_usable(); ++i) {
            auto one = tx.put(rows[i]);
            if (one) continue;
            failed_ = whose[i];
            return one;
        }
        if (rows.size() == 1) failed_ = whose[0];
        for (std::size_t i = 0; failed_ == nullptr && i < rows.size(); ++i)
            if (key_text(key(rows[i].value)) == done.error().key) failed_ = whose[i];
        return done;
    }

    template <class Transaction, class T>
    [[nodiscard]] result<void> keep_parked(Transaction& tx, const operation<T>& op,
                                           const place<T>& at) {
        if (at.known || at.plan.outcome != push_outcome::parked) return {};
        const device_side<T> device = side_of_device(op, *at.stored);
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
        blob hash = request_mark(op);
        const std::optional<record<T>>& now = at.plan.row ? at.plan.row : at.stored;
        answer.exists = now.has_value();
        if (now) {
            answer.version = now->version();
            answer.is_deleted = now->is_deleted();
        }
        if (at.known) return repeat(*at.known, hash, now, answer);
        answer.outcome = at.plan.outcome;
        answer.reason = at.plan.reason;
        if (answer.outcome == push_outcome::rejected) {
            const error& why = rejected_.at(op.id);
            answer.code = why.code;
            answer.reason = to_string(why);
        } else if (now) {
            answer.row = now->value;
            answer.differs = difference(op, at, *now);
        }
        applied_.push_back({.value = {.id = op.id,
                                      .outcome = std::string(to_string(answer.outcome)),
                                      .code = code_name(answer.code),
                                      .reason = answer.reason,
                                      .version = answer.version,
                                      .request_hash = std::move(hash),
                                      .applied_at = rules_.now}});
        if (rules_.audits) audited_.push_back(audit_of(op, answer));
    }

    template <class T>
    [[nodiscard]] record<audit_entry> audit_of(const operation<T>& op,
                                               const operation_answer<T>& answer) const {
        constexpr std::string_view kinds[] = {"put", "remove", "restore"};
        std::string details(to_string(answer.outcome));
        if (!answer.reason.empty()) details += ": " + answer.reason;
        for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i)
            if (op.changed.test(i)) details += " " + std::string(entity_of<T>.fields[i].name);
        return {.value = {.id = op.id,
                          .at = rules_.now,
                          .subject = rules_.subject,
                          .action = std::string(kinds[static_cast<std::size_t>(op.kind)]),
                          .entity_name = std::string(entity_of<T>.name),
                          .row_key = row_key(op.after),
                          .details = std::move(details)}};
    }

    // The same outcome as the first time, with the row as it is by now.
    template <class T>
    void repeat(const applied_operation& known, const blob& hash,
                const std::optional<record<T>>& now, operation_answer<T>& answer) const {
        if (known.request_hash != hash) {
            answer.outcome = push_outcome::rejected;
            answer.code = errc::already_exists;
            answer.reason = "another operation had this id";
            return;
        }
        for (const push_outcome each :
             {push_outcome::applied, push_outcome::merged, push_outcome::superseded,
              push_outcome::parked, push_outcome::rejected})
            if (known.outcome == to_string(each)) answer.outcome = each;
        for (const error_description& each : error_descriptions)
            if (known.code == each.name) answer.code = each.code;
        answer.reason = known.reason;
        if (!now || answer.outcome == push_outcome::rejected) return;
        answer.row = now->value;
        answer.differs = told_fields<T>;
    }

    // What the device would have after its own changes, and the row has not.
    template <class T>
    [[nodiscard]] field_mask difference(const operation<T>& op, const place<T>& at,
                                        const record<T>& now) const {
        const bool is_known = (at.stored ? at.stored->version() : 0) == op.base_version;
        if (!is_known || at.plan.outcome != push_outcome::applied) return told_fields<T>;
        record<T> expected = at.stored ? with_changes(op, *at.stored) : new_row(op);
        set_tenant(expected.value, rules_.tenant);
        set_times(expected, !at.stored);
        return changed_fields(expected.value, now.value) & told_fields<T>;
    }

    const message& asked_;
    push_rules rules_;
    const Policy& policy_;
    std::map<uuid, error> rejected_{};
    std::set<std::uint32_t> doomed_{};
    const uuid* failed_ = nullptr;
    lists_of<schema_type, place> places_{};
    std::vector<record<applied_operation>> applied_{};
    std::vector<record<audit_entry>> audited_{};
    std::vector<events::conflict_parked> parked_{};
    retention_floor floor_{};
    std::optional<feed_times> times_{};
    std::int64_t written_ = 0;
    bool keeps_foreign_ = false;
    push_answer<schema_type> answer_{};
};

}  // namespace syncfw::detail
