// SPDX-License-Identifier: BSL-1.0
// What a server's rows must be after each push, said a second time, in the plainest way: maps in
// memory, one operation after the other, no store, no bytes. It is what the engine is compared
// with, so it shares nothing with it but the values, the declarations and the policy.
//
//     reference_model<library, merge_fields> model;
//     auto expected = model.foresee(asked, now);   // the answers, and the rows that it writes
//     model.take(expected);                        // if it took effect: a killed server's may not
//     model.held.rows.of<book>();                  // as the server's must be
//
// It is a value: a copy of it is the backup of the server that it is the model of. What people and
// operators do on the server isn't modelled; the model reads those rows from the server.
#pragma once

#include <syncfw/codec/delta.hpp>
#include <syncfw/conflict/conflict.hpp>
#include <syncfw/core/tenant.hpp>
#include <syncfw/entity/validation.hpp>
#include <syncfw/entity/value.hpp>
#include <syncfw/sync/detail/engine_fields.hpp>
#include <syncfw/sync/messages.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace syncfw::testing {

/// What is kept of a conflict until a person decides.
template <class T>
struct modelled_conflict {
    std::optional<record<T>> base{};
    record<T> mine{};
    record<T> theirs{};
    bool is_open = true;
};

namespace detail {

template <class Schema, template <class> class Item>
struct one_of_each;
template <class... Ts, template <class> class Item>
struct one_of_each<schema<Ts...>, Item> {
    std::tuple<Item<Ts>...> each{};

    template <class T>
    [[nodiscard]] Item<T>& of() {
        return std::get<Item<T>>(each);
    }
    template <class T>
    [[nodiscard]] const Item<T>& of() const {
        return std::get<Item<T>>(each);
    }
};

template <class T>
using modelled_rows = std::map<key_of<T>, record<T>>;
template <class T>
using modelled_operations = std::map<uuid, operation<T>>;
template <class T>
using modelled_conflicts = std::map<uuid, modelled_conflict<T>>;

}  // namespace detail

/// How an operation must end, and why it is rejected.
struct modelled_answer {
    push_outcome outcome = push_outcome::applied;
    errc code{};
};

/// What the server has let go, as far as later pushes feel it.
struct modelled_floor {
    std::int64_t deletions_until = 0;
    std::int64_t versions_until = 0;
    timestamp answers_until{};
};

template <class Schema, class Policy>
class reference_model {
  public:
    using message = push_message<Schema>;

    /// What the server holds, and the operations that it remembers; or what a push adds to it.
    struct effects {
        std::map<uuid, modelled_answer> answers{};
        detail::one_of_each<Schema, detail::modelled_rows> rows{};
        detail::one_of_each<Schema, detail::modelled_operations> operations{};
        detail::one_of_each<Schema, detail::modelled_conflicts> conflicts{};
    };

    effects held{};
    modelled_floor floor{};
    tenant_id tenant{};

    /// What the push does if it takes effect.
    [[nodiscard]] effects foresee(const message& asked, timestamp now) {
        std::map<uuid, stamp> written;
        for_each_operation(asked,
                           [&](const auto& op) { written[op.id] = accept(op.written, now); });
        tick(now);
        std::map<uuid, errc> refused;
        // One refusal at a time: what is refused, and its group, is as if it had not come.
        while (true) {
            effects all;
            std::optional<refusal> another;
            for_each_operation(asked, [&](const auto& op) {
                const bool is_late = asked.is_repeated && may_be_let_go(op);
                const auto why = foresee_one(op, written.at(op.id), is_late, refused, all);
                if (why && !another) another = {op.id, op.group, *why};
            });
            if (!another) another = find_taken_value(asked, all);
            if (!another) return all;
            refused.emplace(another->id, another->why);
            for_each_operation(asked, [&](const auto& op) {
                if (op.group != 0 && op.group == another->group)
                    refused.emplace(op.id, errc::conflict);
            });
        }
    }

    /// The push took effect.
    void take(const effects& all) {
        Schema::for_each([&]<class T>(of<T>) {
            for (const auto& [at, row] : all.rows.template of<T>())
                held.rows.template of<T>()[at] = row;
            for (const auto& [id, each] : all.conflicts.template of<T>())
                held.conflicts.template of<T>()[id] = each;
            for (const auto& [id, op] : all.operations.template of<T>()) {
                held.operations.template of<T>()[id] = op;
                held.answers[id] = all.answers.at(id);
                if (held.answers[id].outcome == push_outcome::rejected) continue;
                for (const uuid& settled : op.resolves) settle(op, settled);
            }
        });
    }

    /// The server's clock went on, as it does with each thing that it says.
    void tick(timestamp now) { newest_ = std::max(newest_ + 1, milliseconds(now) << 16); }
    /// The server's process ended: its clock was in memory.
    void restart() { newest_ = 0; }

  private:
    struct refusal {
        uuid id{};
        std::uint32_t group = 0;
        errc why{};
    };

    // --- time --------------------------------------------------------------------------------

    [[nodiscard]] static std::uint64_t milliseconds(timestamp now) {
        return static_cast<std::uint64_t>(now.milliseconds_since_epoch());
    }

    // A clock more than five minutes ahead isn't believed: its writes count as of five minutes
    // ahead, one behind the other.
    [[nodiscard]] stamp accept(stamp said, timestamp now) {
        const std::uint64_t limit = milliseconds(now) + 300'000;
        if (said.milliseconds() > limit) {
            const std::uint64_t next = std::max(newest_ + 1, limit << 16);
            said = stamp(std::min(next, limit << 16 | 0xFFFF), said.origin());
        }
        newest_ = std::max(newest_, said.value());
        return said;
    }

    // --- one operation -----------------------------------------------------------------------

    template <class F>
    static void for_each_operation(const message& asked, F&& f) {
        Schema::for_each([&]<class T>(of<T>) {
            for (const operation<T>& op : asked.operations.template of<T>()) f(op);
        });
    }

    // Gives the reason where it breaks a rule.
    template <class T>
    [[nodiscard]] std::optional<errc> foresee_one(const operation<T>& op, stamp written,
                                                  bool is_late, const std::map<uuid, errc>& refused,
                                                  effects& all) const {
        modelled_answer& answer = all.answers[op.id];
        if (held.answers.count(op.id) != 0) {
            answer = repeat(op);
            return {};
        }
        all.operations.template of<T>()[op.id] = op;
        if (const auto why = refused.find(op.id); why != refused.end()) {
            answer = {push_outcome::rejected, why->second};
            return {};
        }
        const auto found = held.rows.template of<T>().find(key(op.after));
        const bool is_there = found != held.rows.template of<T>().end();
        const record<T>* const stored = is_there ? &found->second : nullptr;
        if (is_late && !is_as_known(op, stored)) return errc::conflict;
        std::optional<record<T>> row;
        answer.outcome = decide(op, written, stored, row, all);
        if (!row) return {};
        syncfw::detail::set_tenant(row->value, tenant);
        if (const auto fits = validate(row->value); !fits) return fits.error().code;
        row->set_version((stored == nullptr ? floor.versions_until : stored->version()) + 1);
        row->set_status(sync_status::synced);
        if (stored == nullptr) set_created_at(row->value, row->written().moment());
        set_updated_at(row->value, row->written().moment());
        all.rows.template of<T>()[key(op.after)] = *row;
        return {};
    }

    // The first answer, for ever; another operation may not have the same name.
    template <class T>
    [[nodiscard]] modelled_answer repeat(const operation<T>& op) const {
        const auto known = held.operations.template of<T>().find(op.id);
        if (known == held.operations.template of<T>().end())
            return {push_outcome::rejected, errc::already_exists};
        const operation<T>& first = known->second;
        const auto head = [](const operation<T>& o) {
            return std::tuple(o.kind, o.base_version, o.written.value(), o.changed, o.group);
        };
        const bool is_same = head(first) == head(op) && first.resolves == op.resolves &&
                             changed_fields(first.before, op.before).empty() &&
                             changed_fields(first.after, op.after).empty();
        if (!is_same) return {push_outcome::rejected, errc::already_exists};
        return held.answers.at(op.id);
    }

    // A repeated operation may have taken effect, and the note of it may be gone: only a row that
    // is as the device knew it shows that it did not. A week is left for devices' wrong clocks.
    [[nodiscard]] bool may_be_let_go(const auto& op) const {
        constexpr std::int64_t week = std::int64_t{7} * 24 * 3'600 * 1'000'000;
        return floor.answers_until != timestamp() &&
               op.written.moment().microseconds_since_epoch() <=
                   floor.answers_until.microseconds_since_epoch() + week;
    }
    template <class T>
    [[nodiscard]] bool is_as_known(const operation<T>& op, const record<T>* stored) const {
        if (stored != nullptr) return stored->version() == op.base_version;
        return op.base_version == 0 && floor.deletions_until == 0;
    }

    template <class T>
    [[nodiscard]] push_outcome decide(const operation<T>& op, stamp written,
                                      const record<T>* stored, std::optional<record<T>>& row,
                                      effects& all) const {
        const bool is_gone = stored == nullptr || stored->is_deleted();
        if (op.kind == operation_kind::remove && is_gone) return push_outcome::applied;
        if (stored == nullptr) {
            // Who edits what was deleted meanwhile doesn't bring it back.
            if (op.kind == operation_kind::put && op.base_version != 0)
                return push_outcome::superseded;
            row = record<T>{.value = op.after};
            row->set_written(written);
            return push_outcome::applied;
        }
        if (stored->version() == op.base_version) {
            if (op.kind == operation_kind::put && is_gone) return push_outcome::superseded;
            row = change(op, written, *stored);
            return push_outcome::applied;
        }
        return ask_policy(op, written, *stored, row, all);
    }

    /// The row as it is when only this operation is done to it.
    template <class T>
    [[nodiscard]] static record<T> change(const operation<T>& op, stamp written,
                                          const record<T>& stored) {
        record<T> row = stored;
        each_field<T>([&]<std::size_t I>(place<I>) {
            if (!op.changed.test(I)) return;
            auto& to = syncfw::detail::member_at<I>(row.value);
            const auto& from = syncfw::detail::member_at<I>(op.after);
            constexpr merge_rule rule = entity_of<T>.fields[I].merge;
            if constexpr (rule == merge_rule::counter || rule == merge_rule::set)
                to.merge(from);
            else
                to = from;
        });
        row.set_written(written);
        if (op.kind != operation_kind::put) make_deleted(row, op.kind == operation_kind::remove);
        return row;
    }

    /// What the operation did to counters and sets is done whoever wins. Whether it was news.
    template <class T>
    static bool take_additions(const operation<T>& op, record<T>& row) {
        bool is_news = false;
        each_field<T>([&]<std::size_t I>(place<I>) {
            constexpr merge_rule rule = entity_of<T>.fields[I].merge;
            if constexpr (rule == merge_rule::counter || rule == merge_rule::set) {
                auto& to = syncfw::detail::member_at<I>(row.value);
                const auto before = to;
                if (op.changed.test(I)) to.merge(syncfw::detail::member_at<I>(op.after));
                is_news = is_news || !(to == before);
            }
        });
        return is_news;
    }

    template <class T>
    static void make_deleted(record<T>& row, bool is_deleted) {
        bookkeeping all = read_bookkeeping(row);
        all.is_deleted = is_deleted;
        write_bookkeeping(row, all);
    }

    // Both sides wrote. The base is the row, with what the operation changed as it was before; a
    // restoration says nothing of before.
    template <class T>
    [[nodiscard]] push_outcome ask_policy(const operation<T>& op, stamp written,
                                          const record<T>& stored, std::optional<record<T>>& row,
                                          effects& all) const {
        record<T> mine = change(op, written, stored), base = stored;
        each_field<T>([&]<std::size_t I>(place<I>) {
            auto& was = syncfw::detail::member_at<I>(base.value);
            if (op.changed.test(I)) was = syncfw::detail::member_at<I>(op.before);
        });
        if (op.kind == operation_kind::put && stored.is_deleted()) {
            make_deleted(mine, false);
            make_deleted(base, false);
        }
        const bool is_new = op.base_version == 0;
        const conflict<T> both{is_new ? nullptr : &base, mine, stored};
        const decision<T> decided = Policy().resolve(both);
        if (decided.made == outcome::theirs) {
            record<T> added = stored;
            if (!take_additions(op, added)) return push_outcome::superseded;
            row = added;
            return push_outcome::merged;
        }
        if (decided.made == outcome::mine) {
            row = mine;
            return push_outcome::applied;
        }
        if (decided.made == outcome::merged) {
            row = stored;
            row->value = *decided.merged;
            take_additions(op, *row);
            row->set_written(std::max(mine.written(), stored.written()));
            return push_outcome::merged;
        }
        modelled_conflict<T>& kept = all.conflicts.template of<T>()[op.id];
        if (!is_new) kept.base = base;
        kept.mine = mine;
        kept.theirs = stored;
        return push_outcome::parked;
    }

    // A device settles conflicts of the row that it writes, and no others.
    template <class T>
    void settle(const operation<T>& op, const uuid& which) {
        const auto found = held.conflicts.template of<T>().find(which);
        if (found != held.conflicts.template of<T>().end() &&
            key(found->second.mine.value) == key(op.after))
            found->second.is_open = false;
    }

    // --- what must hold together -------------------------------------------------------------

    /// The first operation whose row would have a value that is another living row's.
    [[nodiscard]] std::optional<refusal> find_taken_value(const message& asked,
                                                          const effects& all) const {
        std::optional<refusal> found;
        Schema::for_each([&]<class T>(of<T>) {
            std::set<key_of<T>> earlier;
            for (const operation<T>& op : asked.operations.template of<T>()) {
                const key_of<T> at = key(op.after);
                if (all.rows.template of<T>().count(at) == 0) continue;
                if (!found && is_taken<T>(at, all, earlier))
                    found = {op.id, op.group, errc::already_exists};
                earlier.insert(at);
            }
        });
        return found;
    }
    // Of two that want a value the earlier gets it, and who has it keeps it.
    template <class T>
    [[nodiscard]] bool is_taken(const key_of<T>& at, const effects& all,
                                const std::set<key_of<T>>& earlier) const {
        const auto& were = held.rows.template of<T>();
        const auto& become = all.rows.template of<T>();
        const record<T>& row = become.at(at);
        bool is_taken = false;
        each_field<T>([&]<std::size_t I>(place<I>) {
            if constexpr (entity_of<T>.fields[I].has(meaning::unique)) {
                for (const auto& [other, then] : become)
                    is_taken |= other != at && earlier.count(other) != 0 && share<I>(row, then);
                for (const auto& [other, was] : were) {
                    const auto then = become.find(other);
                    is_taken |= other != at && share<I>(row, was) &&
                                (then == become.end() || share<I>(row, then->second));
                }
            }
        });
        return is_taken;
    }
    template <std::size_t I, class T>
    [[nodiscard]] static bool share(const record<T>& a, const record<T>& b) {
        const auto& value = syncfw::detail::member_at<I>(a.value);
        bool is_null = false;
        syncfw::detail::visit_value(value, [&](const value_view& seen) { is_null = seen.is_null; });
        return !is_null && !a.is_deleted() && !b.is_deleted() &&
               syncfw::detail::is_same_value(value, syncfw::detail::member_at<I>(b.value));
    }

    template <std::size_t I>
    using place = std::integral_constant<std::size_t, I>;
    template <class T, class F>
    static void each_field(F&& f) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (f(place<I>()), ...);
        }(std::make_index_sequence<syncfw::detail::member_count<T>>());
    }

    std::uint64_t newest_ = 0;  ///< Of all stamps that the server gave or accepted.
};

}  // namespace syncfw::testing
