// SPDX-License-Identifier: BSL-1.0
// Rows without a protocol on their way into the store: looked up in bulk, planned one after the
// other, checked, written in bulk. All of them or none.
#pragma once

#include <syncfw/codec/json.hpp>
#include <syncfw/conflict/conflict.hpp>
#include <syncfw/entity/validation.hpp>
#include <syncfw/observe/events.hpp>
#include <syncfw/sync/arriving_rows.hpp>
#include <syncfw/sync/detail/audit_trail.hpp>
#include <syncfw/sync/detail/feed_times.hpp>
#include <syncfw/sync/detail/field_times.hpp>
#include <syncfw/sync/detail/foreign_fields.hpp>
#include <syncfw/sync/detail/push_rules.hpp>
#include <syncfw/sync/detail/retention.hpp>
#include <syncfw/sync/detail/row_history.hpp>
#include <syncfw/sync/detail/wanted_values.hpp>
#include <syncfw/sync/plan.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace syncfw::detail {

template <class Schema, class Policy>
class row_batch {
  public:
    /// `ids` has one for each row of the push, for those that are new.
    row_batch(const arriving_rows<Schema>& asked, const push_rules& rules, const Policy& policy,
              const std::vector<uuid>& ids, replica_id origin)
        : asked_(asked), rules_(rules), policy_(policy), ids_(ids), origin_(origin) {}

    /// The transaction must hold the feed.
    template <class Transaction>
    [[nodiscard]] result<void> apply(Transaction& tx) {
        auto floor = get_floor(tx);
        if (!floor) return floor.error();
        versions_until_ = floor->versions_until;
        auto times = feed_times::read(tx, rules_.now);
        if (!times) return times.error();
        times_ = *times;
        answers_.resize(asked_.size());
        auto done = for_each_entity([&]<class T>(of<T>) -> result<void> {
            if (auto found = look_up<T>(tx); !found) return found;
            for (const arriving_row<T>& row : asked_.rows.template of<T>())
                if (auto planned = plan(tx, row); !planned) return planned;
            return {};
        });
        if (!done) return done;
        done = for_each_entity([&]<class T>(of<T>) -> result<void> {
            if (auto fine = check_references<T>(tx); !fine) return fine;
            return check_unique<T>(tx);
        });
        return done ? write_all(tx) : done;
    }

    /// The rows as they are now, as JSON, in the order in which they came.
    [[nodiscard]] const std::vector<std::string>& answers() const noexcept { return answers_; }
    [[nodiscard]] const std::vector<events::entity_outcomes>& outcomes() const noexcept {
        return outcomes_;
    }
    /// What waits for a person since then.
    [[nodiscard]] const std::vector<events::conflict_parked>& parked() const noexcept {
        return parked_;
    }
    [[nodiscard]] const audit_trail& audited() const noexcept { return audited_; }
    [[nodiscard]] const feed_times& times() const noexcept { return *times_; }
    [[nodiscard]] std::int64_t written() const noexcept { return written_; }

  private:
    // One row of the store, which may come several times in a push.
    template <class T>
    struct place {
        std::optional<record<T>> stored{};
        std::optional<record<T>> now{};
        std::optional<record<T>> gone{};  ///< What is told of one that was never there.
        foreign_left foreign{};           ///< What is kept beside the stored row.
        stamp written{};                  ///< When its last change was made.
        bool is_written = false;
        const arriving_row<T>* last = nullptr;  ///< What changed it last,
        push_outcome outcome{};                 ///< and how.
    };
    template <class Schemas>
    struct places_of;
    template <class... Ts>
    struct places_of<schema<Ts...>> {
        std::tuple<std::map<key_of<Ts>, place<Ts>>...> each{};
    };
    template <class T>
    [[nodiscard]] std::map<key_of<T>, place<T>>& places() {
        return std::get<Schema::template place<T>>(places_.each);
    }

    template <class F>
    [[nodiscard]] result<void> for_each_entity(F&& f) {
        result<void> done;
        for (const std::size_t at : Schema::parents_first)
            Schema::visit_at(at, [&]<class T>(of<T> entity) {
                if (done && !asked_.rows.template of<T>().empty()) done = f(entity);
            });
        return done;
    }

    template <class T>
    [[nodiscard]] static error at_row(const arriving_row<T>& row, error why) {
        why.field = row.path + (why.field.empty() ? "" : ".") + why.field;
        why.entity.clear();
        return why;
    }

    template <class T>
    [[nodiscard]] result<key_of<T>> key_for(const arriving_row<T>& row) const {
        if (row.has_key) return key(row.value);
        if constexpr (std::is_same_v<key_of<T>, uuid>)
            return ids_[row.place];
        else
            return at_row(row, {.code = errc::missing_field, .message = "the key is missing"});
    }

    template <class T, class Transaction>
    [[nodiscard]] result<void> look_up(Transaction& tx) {
        std::vector<key_of<T>> keys;
        for (const arriving_row<T>& row : asked_.rows.template of<T>()) {
            if (!row.has_key) continue;
            auto key = key_for(row);
            if (!key) return key.error();
            keys.push_back(std::move(*key));
        }
        auto found = tx.template get_many<T>(std::span<const key_of<T>>(keys));
        if (!found) return found.error();
        for (std::size_t i = 0; i < keys.size(); ++i)
            places<T>()[keys[i]].stored = std::move((*found)[i]);
        std::vector<T*> rows;
        for (auto& [at, each] : places<T>())
            if (each.stored) rows.push_back(&each.stored->value);
        auto left = adopt_many(tx, rows);
        if (!left) return left.error();
        auto beside = left->begin();
        for (auto& [at, each] : places<T>())
            if ((each.now = each.stored)) each.foreign = std::move(*beside++);
        return {};
    }

    // --- what becomes of a row -------------------------------------------------------------------

    template <class T, class Transaction>
    [[nodiscard]] result<void> plan(Transaction& tx, const arriving_row<T>& row) {
        auto at_key = key_for(row);
        if (!at_key) return at_key.error();
        place<T>& at = places<T>()[*at_key];
        push_outcome outcome = push_outcome::applied;
        if (!at.now) {
            record<T> made = made_new(row, *at_key);
            if (is_nothing(made)) {
                at.gone = std::move(made);
                count(entity_of<T>.name, outcome);
                return {};
            }
            at.now = std::move(made);
        } else if (knows(row, at)) {
            at.now = with_changes_of(row, *at.now);
        } else {
            auto settled = settle_conflict(tx, row, *at.now);
            if (!settled) return settled.error();
            outcome = settled->outcome;
            if (settled->row) at.now = std::move(*settled->row);
        }
        count(entity_of<T>.name, outcome);
        if (outcome != push_outcome::applied && outcome != push_outcome::merged) return {};
        at.outcome = outcome;
        return take(row, at);
    }

    template <class T>
    [[nodiscard]] result<void> take(const arriving_row<T>& row, place<T>& at) {
        record<T>& now = *at.now;
        set_tenant(now.value, rules_.tenant);
        if (auto fits = validate(now.value); !fits) return at_row(row, fits.error());
        if (auto fits = check_storable(now.value, rules_.tenant); !fits)
            return at_row(row, fits.error());
        const std::int64_t before =
            at.stored ? at.stored->version() : larger(versions_until_, version_before_first<T>());
        now.set_version(at.is_written ? now.version() + 1 : before + 1);
        now.set_status(sync_status::synced);
        at.is_written = true;
        at.last = &row;
        at.written =
            row.changed_at ? written_at(row, now) : stamp_at(rules_.now.milliseconds_since_epoch());
        return {};
    }

    // The deletion of a row that isn't there says no more than its key: it is gone, as was meant.
    template <class T>
    [[nodiscard]] bool is_nothing(record<T>& made) const {
        set_tenant(made.value, rules_.tenant);
        if (!made.is_deleted() || validate(made.value)) return false;
        made.set_status(sync_status::synced);
        return true;
    }

    template <class T>
    [[nodiscard]] record<T> made_new(const arriving_row<T>& row, const key_of<T>& at) const {
        record<T> made;
        apply_defaults(made.value, row.changed);
        assign_fields(made.value, row.value, row.changed | key_fields<T>);
        if constexpr (std::is_same_v<key_of<T>, uuid>)
            if (!row.has_key) member_at<entity_of<T>.find(meaning::primary_key)>(made.value) = at;
        made.set_written(stamp(0, origin_));
        if (row.deleted) set_deleted(made, *row.deleted);
        return made;
    }

    template <class T>
    [[nodiscard]] record<T> with_changes_of(const arriving_row<T>& row,
                                            const record<T>& now) const {
        record<T> changed = now;
        add_fields(changed.value, row.value, row.changed);
        changed.set_written(written_at(row, now));
        if (row.deleted) set_deleted(changed, *row.deleted);
        return changed;
    }

    // When the client says that it made the change. One that changed an older row without saying
    // when must not pass for the later one; one that says nothing at all is taken for one of now.
    template <class T>
    [[nodiscard]] stamp written_at(const arriving_row<T>& row, const record<T>& now) const {
        constexpr std::int64_t ahead_max = hybrid_clock::drift_max_milliseconds_default;
        const std::int64_t present = rules_.now.milliseconds_since_epoch();
        std::int64_t at = present;
        if (row.changed_at)
            at = smaller(row.changed_at->milliseconds_since_epoch(), present + ahead_max);
        else if (row.version && now.version() > *row.version)
            at = 0;
        else  // Behind the row that it meets, whatever this machine's clock says.
            at = larger(at, static_cast<std::int64_t>(now.written().milliseconds()) + 1);
        return stamp_at(at);
    }
    [[nodiscard]] stamp stamp_at(std::int64_t milliseconds) const {
        return stamp(static_cast<std::uint64_t>(larger<std::int64_t>(milliseconds, 0)) << 16,
                     origin_);
    }

    // Whether the client changed the row as it is: it says its version, or its time. What a push
    // has written before, its later rows know.
    template <class T>
    [[nodiscard]] bool knows(const arriving_row<T>& row, const place<T>& at) const {
        if (at.is_written && !at.stored) return true;
        if (row.version)
            return *row.version == at.now->version() ||
                   (at.is_written && *row.version == at.stored->version());
        if (at.is_written) return true;
        constexpr std::size_t updated = entity_of<T>.find(meaning::updated_at);
        if constexpr (updated != no_field) {
            const std::optional<timestamp> last = member_at<updated>(at.now->value);
            return row.changed_at && last && is_same_moment(*row.changed_at, *last);
        }
        return false;
    }
    // Many clients have no microseconds.
    [[nodiscard]] static bool is_same_moment(timestamp told, timestamp known) {
        if (told.microseconds_since_epoch() % 1'000 != 0) return told == known;
        return told.milliseconds_since_epoch() == known.milliseconds_since_epoch();
    }

    template <class T>
    struct settled_row {
        push_outcome outcome = push_outcome::superseded;
        std::optional<record<T>> row{};
    };

    template <class T, class Transaction>
    [[nodiscard]] result<settled_row<T>> settle_conflict(Transaction& tx,
                                                         const arriving_row<T>& row,
                                                         const record<T>& now) {
        std::optional<record<T>> base;
        if (row.version && *row.version > 0 && now.version() > *row.version) {
            auto found = row_history::find(tx, now.value, *row.version);
            if (!found) return found.error();
            base = std::move(*found);
        }
        const record<T> mine = with_changes_of(row, now);
        const record<T> common = base ? base_of(row, *base, now) : record<T>();
        const conflict<T> c{base ? &common : nullptr, mine, now};
        push_plan<T> planned = to_plan(c, policy_.resolve(c));
        if (planned.outcome == push_outcome::parked) {
            auto kept = park(tx, row, c, planned.reason);
            if (!kept) return kept.error();
        }
        return settled_row<T>{planned.outcome, std::move(planned.row)};
    }

    // As both knew it. What the client doesn't say is no change of its own.
    template <class T>
    [[nodiscard]] static record<T> base_of(const arriving_row<T>& row, const record<T>& then,
                                           const record<T>& now) {
        record<T> base = now;
        assign_fields(base.value, then.value, row.changed);
        if (row.deleted) set_deleted(base, then.is_deleted());
        return base;
    }

    template <class T, class Transaction>
    [[nodiscard]] result<void> park(Transaction& tx, const arriving_row<T>& row,
                                    const conflict<T>& c, std::string_view why) {
        record<parked_conflict> kept{.value = {.id = ids_[row.place],
                                               .operation = ids_[row.place],
                                               .entity_name = std::string(entity_of<T>.name),
                                               .row_key = row_key(c.theirs.value),
                                               .their_version = c.theirs.version(),
                                               .reason = std::string(why),
                                               .detected_at = rules_.now}};
        auto kept_sides =
            keep_sides(kept.value, c.base ? &*c.base : nullptr, c.mine, c.theirs, keys_in(tx));
        if (!kept_sides) return kept_sides;
        parked_.push_back(parked_event(rules_.tenant, kept.value, c.mine, c.theirs));
        return tx.put(kept);
    }

    void count(std::string_view entity, push_outcome outcome) {
        if (outcomes_.empty() || outcomes_.back().entity != entity)
            outcomes_.push_back({.entity = entity});
        events::entity_outcomes& seen = outcomes_.back();
        std::int64_t* const counts[] = {&seen.applied, &seen.merged, &seen.superseded, &seen.parked,
                                        &seen.rejected};
        ++*counts[static_cast<std::size_t>(outcome)];
    }

    // --- what the rows together must keep --------------------------------------------------------

    template <class T, class Transaction>
    [[nodiscard]] result<void> check_references(Transaction& tx) {
        result<void> done;
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            const auto check = [&]<std::size_t Place>(std::integral_constant<std::size_t, Place>) {
                if constexpr (!entity_of<T>.fields[Place].refers_to.entity.empty())
                    if (done) done = check_reference<T, Place>(tx);
            };
            (check(std::integral_constant<std::size_t, I>()), ...);
        }(std::make_index_sequence<member_count<T>>());
        return done;
    }

    template <class T, std::size_t Place, class Transaction>
    [[nodiscard]] result<void> check_reference(Transaction& tx) {
        constexpr std::size_t to = Schema::find(entity_of<T>.fields[Place].refers_to.entity);
        if constexpr (to == no_field) {
            return {};
        } else {
            return Schema::visit_at(to, [&]<class P>(of<P>) -> result<void> {
                using V = member_at_t<T, Place>;
                if constexpr (std::is_same_v<V, key_of<P>> ||
                              std::is_same_v<V, std::optional<key_of<P>>>)
                    return check_parents<T, P, Place>(tx);
                else
                    return {};
            });
        }
    }

    template <class T, class P, std::size_t Place, class Transaction>
    [[nodiscard]] result<void> check_parents(Transaction& tx) {
        std::vector<key_of<P>> keys;
        std::vector<const arriving_row<T>*> whose;
        for (const auto& [at, each] : places<T>()) {
            if (!each.is_written) continue;
            const std::optional<key_of<P>> wanted = member_at<Place>(each.now->value);
            if (!wanted || is_here<P>(*wanted)) continue;
            keys.push_back(*wanted);
            whose.push_back(each.last);
        }
        auto found = tx.template get_many<P>(std::span<const key_of<P>>(keys));
        if (!found) return found.error();
        for (std::size_t i = 0; i < keys.size(); ++i)
            if (!(*found)[i])
                return at_row(*whose[i],
                              {.code = errc::invalid_value,
                               .message = "there is no " + std::string(entity_of<P>.name) +
                                          " with this " + std::string(entity_of<P>.fields[0].json),
                               .field = std::string(entity_of<T>.fields[Place].json)});
        return {};
    }
    template <class P>
    [[nodiscard]] bool is_here(const key_of<P>& wanted) {
        const auto found = places<P>().find(wanted);
        return found != places<P>().end() && found->second.now.has_value();
    }

    template <class T, class Transaction>
    [[nodiscard]] result<void> check_unique(Transaction& tx) {
        if constexpr (unique_fields<T>.empty()) {
            return {};
        } else {
            wanted_values<T> wanted;
            std::vector<const arriving_row<T>*> whose;
            for (const auto& [at, each] : places<T>()) {
                if (!each.is_written) continue;
                wanted.add(whose.size(), each.stored, *each.now);
                whose.push_back(each.last);
            }
            result<void> taken;
            auto done = wanted.for_each_taken(tx, [&](std::size_t i, const error& why) {
                if (taken) taken = at_row(*whose[i], why);
            });
            return done ? taken : done;
        }
    }

    // --- writing ---------------------------------------------------------------------------------

    template <class Transaction>
    [[nodiscard]] result<void> write_all(Transaction& tx) {
        (void)for_each_entity([&]<class T>(of<T>) -> result<void> {
            for (const auto& [at, each] : places<T>()) written_ += each.is_written ? 1 : 0;
            return {};
        });
        if (written_ > 0) {
            auto first = tx.next_sequence(written_);
            if (!first) return first.error();
            next_ = *first;
        }
        auto done = for_each_entity([&]<class T>(of<T>) { return write_rows<T>(tx); });
        if (done) done = audited_.keep(tx);
        return done && written_ > 0 ? times_->keep(tx) : done;
    }

    template <class T, class Transaction>
    [[nodiscard]] result<void> write_rows(Transaction& tx) {
        std::vector<record<T>> rows;
        row_history history(rules_.history_max, keys_in(tx));
        for (auto& [at, each] : places<T>()) {
            if (!each.is_written) continue;
            each.now->set_sequence(next_++);
            stamp_arrival(*each.now, times_->next(), !each.stored);
            if (each.stored) history.add(*each.stored, each.now->version());
            rows.push_back(*each.now);
            if (rules_.audits) add_audited(each);
            if (auto kept = keep_left(tx, each.now->value, each.foreign); !kept) return kept;
            if (!rules_.notes_times) continue;
            auto noted = note_field_times(tx, each.stored ? &*each.stored : nullptr, *each.now,
                                          each.written);
            if (!noted) return noted;
        }
        if (auto kept = history.keep(tx); !kept) return kept;
        if (auto put = tx.put_many(rows); !put) {
            error why = put.error();
            if (is_about_data(why)) why.field = "changes." + std::string(entity_of<T>.name);
            return why;
        }
        for (const arriving_row<T>& row : asked_.rows.template of<T>()) {
            auto at = key_for(row);
            if (!at) return at.error();
            const place<T>& each = places<T>().at(*at);
            answers_[row.place] = json_of(each.now ? *each.now : *each.gone);
        }
        return {};
    }
    template <class T>
    [[nodiscard]] static std::string json_of(const record<T>& row) {
        buffer out;
        syncfw::json::append<to_client>(out, row.value);
        return std::string(out.view());
    }
    template <class T>
    void add_audited(const place<T>& each) {
        audited_.add({.id = ids_[each.last->place],
                      .at = rules_.now,
                      .subject = rules_.subject,
                      .action = each.now->is_deleted() ? "remove" : "put",
                      .entity_name = std::string(entity_of<T>.name),
                      .row_key = row_key(each.now->value)},
                     {.outcome = std::string(to_string(each.outcome)),
                      .fields = names_of<T>(each.last->changed)});
    }

    const arriving_rows<Schema>& asked_;
    push_rules rules_;
    const Policy& policy_;
    const std::vector<uuid>& ids_;
    replica_id origin_;
    places_of<Schema> places_{};
    std::optional<feed_times> times_{};
    std::int64_t versions_until_ = 0;
    std::int64_t next_ = 0;
    std::int64_t written_ = 0;
    std::vector<std::string> answers_{};
    std::vector<events::entity_outcomes> outcomes_{};
    std::vector<events::conflict_parked> parked_{};
    audit_trail audited_{};
};

}  // namespace syncfw::detail
