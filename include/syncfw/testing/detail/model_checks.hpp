// SPDX-License-Identifier: BSL-1.0
// The server's answers and rows beside those of the reference model: after each push those that it
// was about, at the end all of them, and each device's.
#pragma once

#include <syncfw/query/query.hpp>
#include <syncfw/storage/storage.hpp>
#include <syncfw/sync/detail/retention.hpp>
#include <syncfw/sync/messages.hpp>
#include <syncfw/sync/resolution.hpp>
#include <syncfw/testing/reference_model.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::testing::detail {

template <class Schema, class Policy, class Storage>
class model_checks {
  public:
    using model_type = reference_model<Schema, Policy>;
    using message = push_message<Schema>;

    model_type model{};

    /// Findings go to `found`, which must outlive it.
    explicit model_checks(std::vector<std::string>& found) : found_(&found) {}

    /// A server was begun on a store of this history.
    void begin(const uuid& history) {
        model.restart();
        history_ = history;
    }

    /// The server was restored.
    void restore(const model_type& then) { model = then; }

    void after_request(Storage& hub, std::string_view request, std::string_view answer,
                       bool was_killed, timestamp now) {
        if (kind_of(answer) == message_kind::pull_answer) model.tick(now);
        if (kind_of(request) != message_kind::push) return;
        auto asked = decode<message>(request);
        if (!asked) return;
        const bool is_of_another = asked->history != uuid() && asked->history != history_;
        if (is_of_another) {
            if (kind_of(answer) == message_kind::push_answer)
                say("a push of another history was taken");
            return;
        }
        const auto expected = model.foresee(*asked, now);
        auto tx = begin_read(hub, tenant_id());
        if (!tx) return say(to_string(tx.error()));
        // A killed server's answer is not heard; its notes tell whether the push took effect.
        const bool took_effect = was_killed ? is_noted(*tx, expected) : true;
        if (took_effect) model.take(expected);
        Schema::for_each([&]<class T>(of<T>) {
            for (const operation<T>& op : asked->operations.template of<T>()) {
                compare_row<T>(*tx, key(op.after));
                compare_conflict<T>(*tx, op.id);
                for (const uuid& each : op.resolves) compare_conflict<T>(*tx, each);
            }
        });
        if (!was_killed) compare_answers(expected, answer);
    }

    /// A person or an operator did something on the server itself: its rows are taken over, where
    /// each of them can have come from what was there by a single act.
    void after_upkeep(Storage& hub) {
        auto tx = begin_read(hub, tenant_id());
        if (!tx) return say(to_string(tx.error()));
        read_floor(*tx);
        std::size_t changed = 0;
        Schema::for_each([&]<class T>(of<T>) { changed += reread_rows<T>(*tx); });
        if (changed > 1) say("one resolution changed " + std::to_string(changed) + " rows");
        std::set<uuid> kept;
        for (const auto& each : *tx->scan(all<applied_operation>())) kept.insert(each.value.id);
        std::erase_if(model.held.answers,
                      [&](const auto& each) { return kept.count(each.first) == 0; });
        for (const auto& each : *tx->scan(all<parked_conflict>()))
            Schema::for_each([&]<class T>(of<T>) {
                auto& all = model.held.conflicts.template of<T>();
                const auto known = all.find(each.value.id);
                if (known != all.end()) known->second.is_open = !each.value.resolved_at;
            });
    }

    /// Everything that the server holds.
    void compare_all(Storage& hub) {
        auto tx = begin_read(hub, tenant_id());
        if (!tx) return say(to_string(tx.error()));
        Schema::for_each([&]<class T>(of<T>) {
            const auto held = read_rows<T>(*tx);
            for (const auto& [at, row] : held) compare<T>(at, &row);
            for (const auto& [at, row] : model.held.rows.template of<T>())
                if (held.count(at) == 0) compare<T>(at, nullptr);
            for (const auto& each : model.held.conflicts.template of<T>())
                compare_conflict<T>(*tx, each.first);
        });
    }
    /// Everything that a device without unsent work holds. Of deletions it need not know.
    void compare_device(Storage& store, std::uint64_t device) {
        auto tx = begin_read(store, tenant_id());
        if (!tx) return say(to_string(tx.error()));
        Schema::for_each([&]<class T>(of<T>) {
            const auto held = read_rows<T>(*tx);
            const auto& all = model.held.rows.template of<T>();
            for (const auto& [at, row] : held) {
                const auto is = all.find(at);
                const bool is_same = is == all.end() ? row.is_deleted() : is_told(row, is->second);
                if (!is_same)
                    say(name_of<T>(at) + " is another one on device " + std::to_string(device));
            }
            for (const auto& [at, row] : all)
                if (!row.is_deleted() && held.count(at) == 0)
                    say(name_of<T>(at) + " is not on device " + std::to_string(device));
        });
    }

  private:
    void say(const std::string& what) { found_->push_back("model: " + what); }

    template <class T>
    [[nodiscard]] static std::string name_of(const key_of<T>& at) {
        return std::string(entity_of<T>.name) + "/" + key_text(at);
    }
    template <class T>
    [[nodiscard]] static bool is_told(const record<T>& here, const record<T>& there) {
        return here.version() == there.version() && here.is_deleted() == there.is_deleted() &&
               (changed_fields(here.value, there.value) & syncfw::detail::told_fields<T>).empty();
    }

    template <class T, class Transaction>
    [[nodiscard]] modelled_rows<T> read_rows(Transaction& tx) {
        modelled_rows<T> held;
        auto rows = tx.scan(all<T>());
        if (!rows) return say(to_string(rows.error())), held;
        for (record<T>& each : *rows) held.emplace(key(each.value), std::move(each));
        return held;
    }

    template <class Transaction>
    [[nodiscard]] bool is_noted(Transaction& tx, const typename model_type::effects& expected) {
        bool is_noted = false;
        Schema::for_each([&]<class T>(of<T>) {
            for (const auto& each : expected.operations.template of<T>()) {
                auto note = tx.template get<applied_operation>(each.first);
                is_noted |= note && *note;
            }
        });
        return is_noted;
    }

    // --- rows --------------------------------------------------------------------------------

    template <class T, class Transaction>
    void compare_row(Transaction& tx, const key_of<T>& at) {
        auto row = tx.template get<T>(at);
        if (!row) return say(to_string(row.error()));
        compare<T>(at, *row ? &**row : nullptr);
    }
    template <class T>
    void compare(const key_of<T>& at, const record<T>* is) {
        const auto& all = model.held.rows.template of<T>();
        const auto found = all.find(at);
        if (found == all.end()) {
            if (is != nullptr) say(name_of<T>(at) + " should not be there");
            return;
        }
        if (is == nullptr) return say(name_of<T>(at) + " should be there");
        const record<T>& must = found->second;
        const auto but = [&](const std::string& what) { say(name_of<T>(at) + " " + what); };
        if (is->version() != must.version())
            but("has version " + std::to_string(is->version()) + " instead of " +
                std::to_string(must.version()));
        else if (is->is_deleted() != must.is_deleted())
            but(is->is_deleted() ? "should be live" : "should be deleted");
        else if (const field_mask other = changed_fields(is->value, must.value); !other.empty())
            but("differs in " + syncfw::detail::field_names<T>(other));
        else if (is->written() != must.written())
            but("is of another write than it should be");
    }

    // --- conflicts ---------------------------------------------------------------------------

    template <class T, class Transaction>
    void compare_conflict(Transaction& tx, const uuid& id) {
        const auto& all = model.held.conflicts.template of<T>();
        const auto must = all.find(id);
        auto is = tx.template get<parked_conflict>(id);
        if (!is) return say(to_string(is.error()));
        if (must == all.end()) {
            // It may be one of another entity, which an operation names in vain.
            if (*is && (*is)->value.entity_name == entity_of<T>.name)
                say("a conflict is kept that nobody parked");
            return;
        }
        const modelled_conflict<T>& kept = must->second;
        const std::string which =
            "the conflict of " + name_of<T>(key(kept.mine.value)) + " that was parked ";
        if (!*is) return say(which + "is not kept");
        if ((*is)->value.resolved_at.has_value() == kept.is_open)
            return say(which + (kept.is_open ? "should be open" : "should be settled"));
        auto sides = read_conflict<T>((*is)->value);
        if (!sides) return say(to_string(sides.error()));
        if (sides->base.has_value() != kept.base.has_value() ||
            (kept.base && !is_same_side(*sides->base, *kept.base)))
            say(which + "has another base");
        if (!is_same_side(sides->mine, kept.mine)) say(which + "has another side of the device");
        if (!is_same_side(sides->theirs, kept.theirs))
            say(which + "has another side of the server");
    }
    template <class T>
    [[nodiscard]] static bool is_same_side(const record<T>& a, const record<T>& b) {
        return a.is_deleted() == b.is_deleted() && changed_fields(a.value, b.value).empty();
    }

    // --- answers -----------------------------------------------------------------------------

    // Of several that are refused together more than one may have a reason of its own.
    [[nodiscard]] static bool has_own_reason(errc told, errc expected) {
        return expected == errc::conflict && told == errc::already_exists;
    }
    void compare_answers(const typename model_type::effects& expected, std::string_view bytes) {
        auto answer = decode<push_answer<Schema>>(bytes);
        if (!answer) return say("a push was refused: " + to_string(answer.error()));
        std::size_t count = 0;
        Schema::for_each([&]<class T>(of<T>) {
            for (const operation_answer<T>& each : answer->answers.template of<T>()) {
                const auto must = expected.answers.find(each.id);
                if (must == expected.answers.end()) return say("an answer to nobody's question");
                ++count;
                if (each.outcome != must->second.outcome)
                    say("an operation was " + std::string(to_string(each.outcome)) +
                        " that should be " + std::string(to_string(must->second.outcome)) + " " +
                        each.reason);
                else if (each.outcome == push_outcome::rejected && each.code != must->second.code &&
                         !has_own_reason(each.code, must->second.code))
                    say("an operation was rejected, but should be for " +
                        std::string(describe(must->second.code).name) + ": " + each.reason);
            }
        });
        if (count != expected.answers.size()) say("an operation was not answered");
    }

    // --- upkeep ------------------------------------------------------------------------------

    template <class Transaction>
    void read_floor(Transaction& tx) {
        auto floor = syncfw::detail::get_floor(tx);
        if (!floor) return say(to_string(floor.error()));
        model.floor = {floor->deletions_until, floor->versions_until, floor->answers_until};
    }

    // Gives how many were changed; only deletions are let go, and none is newer than it is said.
    template <class T, class Transaction>
    [[nodiscard]] std::size_t reread_rows(Transaction& tx) {
        std::size_t changed = 0;
        auto& known = model.held.rows.template of<T>();
        auto now = read_rows<T>(tx);
        for (const auto& [at, was] : known)
            if (now.count(at) == 0 &&
                (!was.is_deleted() || was.version() > model.floor.versions_until))
                say(name_of<T>(at) + " was let go");
        for (const auto& [at, is] : now) {
            const auto was = known.find(at);
            const std::int64_t before =
                was == known.end() ? model.floor.versions_until : was->second.version();
            if (was != known.end() && is_told(is, was->second)) continue;
            ++changed;
            if (is.version() != before + 1)
                say(name_of<T>(at) + " was settled as version " + std::to_string(is.version()) +
                    " after " + std::to_string(before));
        }
        known = std::move(now);
        return changed;
    }

    std::vector<std::string>* found_;
    uuid history_{};
};

}  // namespace syncfw::testing::detail
