// SPDX-License-Identifier: BSL-1.0
// What a simulation looks at after every step:
//
// - honest status: a row without unsent work is, field by field, what the server had at that
//   version; and work is never without a row.
// - no-lost-write: an operation leaves the outbox only by the server's answer, by another write of
//   its row, or because the server has come to hold just what it says.
// - once: an operation has its first outcome for ever, and raises no version twice.
// - convergence: at rest all hold the same, and nothing is left to be sent.
#pragma once

#include <syncfw/query/query.hpp>
#include <syncfw/sync/detail/outbox.hpp>
#include <syncfw/sync/detail/retention.hpp>
#include <syncfw/sync/messages.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace syncfw::testing::detail {

/// What a device holds at one moment, in a form that can be compared.
struct device_image {
    struct row {
        std::string content{};              ///< What of it travels, as bytes.
        std::vector<std::string> fields{};  ///< What a device may write, each as bytes.
        std::int64_t version = 0;
        bool is_deleted = false;
        sync_status status{};
    };
    std::map<std::string, row> rows{};  ///< By entity and key.
    struct work {
        std::string at{};
        bool is_in_flight = false;
        std::string reason{};
        field_mask changed{};  ///< What is written, where the row isn't new or deleted.
    };
    std::map<uuid, work> outbox{};
};

/// Everything that a store holds of one tenant.
template <class Schema>
struct store_backup;
template <class... Ts>
struct store_backup<schema<Ts...>> {
    std::tuple<std::vector<record<Ts>>...> rows{};
    std::vector<record<applied_operation>> applied{};
    std::vector<record<parked_conflict>> parked{};
    std::optional<std::string> floor{};
    std::int64_t head = 0;
};

template <class Schema, class Storage>
class simulation_checks {
  public:
    std::vector<std::string> found{};
    std::uint64_t effects = 0;

    void say(std::string what) { found.push_back(std::move(what)); }

    [[nodiscard]] device_image look_at(Storage& store) {
        device_image image;
        auto tx = begin_read(store, tenant_id());
        if (!tx) return say(to_string(tx.error())), image;
        Schema::for_each([&]<class T>(of<T>) {
            auto rows = tx->scan(all<T>());
            if (!rows) return say(to_string(rows.error()));
            for (const record<T>& each : *rows)
                image.rows[name_of<T>(syncfw::detail::row_key(each.value))] = {
                    content_of(each), fields_of(each.value), each.version(), each.is_deleted(),
                    each.status()};
            for_each_work<T>(*tx, image);
        });
        return image;
    }

    void after_act(std::uint64_t device, device_image& seen, Storage& store) {
        device_image after = look_at(store);
        for (const auto& [id, work] : seen.outbox)
            if (after.outbox.count(id) == 0 && work.is_in_flight)
                say(in(device) + "no-lost-write: an operation on its way left the outbox");
        check_honesty(device, after);
        seen = std::move(after);
    }

    void after_sync_step(std::uint64_t device, device_image& before, Storage& store,
                         std::string_view answer) {
        device_image after = look_at(store);
        const std::map<uuid, push_outcome> answered = outcomes_in(answer);
        for (const auto& [id, work] : before.outbox) {
            if (after.outbox.count(id) != 0 || answered.count(id) != 0) continue;
            const auto was = before.rows.find(work.at), is = after.rows.find(work.at);
            // What was made and deleted here before anybody heard of it is nothing.
            if (was != before.rows.end() && was->second.is_deleted && is == after.rows.end())
                continue;
            if (was == before.rows.end() || is == after.rows.end() ||
                was->second.is_deleted != is->second.is_deleted ||
                !is_same(was->second.fields, is->second.fields, work.changed))
                say(in(device) + "no-lost-write: work on " + work.at +
                    " left the outbox without an answer");
        }
        check_honesty(device, after);
        before = std::move(after);
    }

    /// What a request did on the server.
    void after_request(Storage& hub, std::string_view request, std::string_view answer,
                       bool was_killed) {
        std::uint64_t raised = 0;
        take_history(hub, raised);
        effects += raised;
        std::uint64_t first_effects = 0;
        for (const auto& [id, outcome] : outcomes_in(answer)) {
            if (forgotten_.count(id) != 0) {
                if (is_effect(outcome)) say("once: an operation took effect again, later");
                continue;
            }
            const auto [known, is_new] = outcomes_.emplace(id, outcome);
            if (!is_new && known->second != outcome)
                say("once: an operation was " + std::string(to_string(known->second)) +
                    " first, and then " + std::string(to_string(outcome)));
            if (is_new && is_effect(outcome)) ++first_effects;
        }
        // A commit of which nobody heard is told by the answer to the same push later.
        if (was_killed) return;
        if (raised > first_effects)
            say("once: " + std::to_string(raised) + " versions were raised by " +
                std::to_string(first_effects) + " operations");
        if (kind_of(request) == message_kind::pull && raised > 0)
            say("quiescence: a pull changed the server");
    }

    /// Takes note of what nobody heard of yet, before the server forgets it.
    void before_upkeep(Storage& hub) {
        auto tx = begin_read(hub, tenant_id());
        for (const auto& each : *tx->scan(all<applied_operation>()))
            for (const push_outcome outcome :
                 {push_outcome::applied, push_outcome::merged, push_outcome::superseded,
                  push_outcome::parked, push_outcome::rejected})
                if (each.value.outcome == to_string(outcome))
                    outcomes_.emplace(each.value.id, outcome);
    }
    /// A person or an operator did something on the server itself.
    void after_upkeep(Storage& hub) {
        std::uint64_t raised = 0;
        take_history(hub, raised);
        auto tx = begin_read(hub, tenant_id());
        for (auto at = outcomes_.begin(); at != outcomes_.end();) {
            auto known = tx->template get<applied_operation>(at->first);
            const bool is_kept = known && *known;
            if (!is_kept && is_effect(at->second)) forgotten_.insert(at->first);
            at = is_kept ? std::next(at) : outcomes_.erase(at);
        }
    }

    /// Both sides of what was parked are there until somebody decides.
    void check_parked(Storage& hub) {
        auto tx = begin_read(hub, tenant_id());
        for (const auto& [id, outcome] : outcomes_) {
            if (outcome != push_outcome::parked) continue;
            auto kept = tx->template get<parked_conflict>(id);
            if (!kept || !*kept) say("no-lost-write: a parked conflict vanished");
        }
    }

    [[nodiscard]] store_backup<Schema> back_up(Storage& hub) {
        store_backup<Schema> made;
        auto tx = begin_read(hub, tenant_id());
        Schema::for_each([&]<class T>(of<T>) {
            std::get<std::vector<record<T>>>(made.rows) = *tx->scan(all<T>());
        });
        made.applied = *tx->scan(all<applied_operation>());
        made.parked = *tx->scan(all<parked_conflict>());
        made.floor = *tx->get_value(syncfw::detail::floor_name);
        made.head = *tx->last_sequence();
        return made;
    }
    /// What was answered since the backup is lost; nothing else may be.
    void restore(Storage& to, const std::optional<store_backup<Schema>>& from) {
        auto tx = begin_write(to, tenant_id());
        Schema::for_each([&]<class T>(of<T>) {
            (void)tx->put_many(std::get<std::vector<record<T>>>(from->rows));
        });
        (void)tx->put_many(from->applied);
        (void)tx->put_many(from->parked);
        if (from->floor) (void)tx->put_value(syncfw::detail::floor_name, *from->floor);
        (void)*tx->next_sequence(from->head);
        if (auto done = tx->commit(); !done) say(to_string(done.error()));
        outcomes_.clear();
        forgotten_.clear();
        versions_.clear();
        present_.clear();
        effects = 0;
        std::uint64_t raised = 0;
        take_history(to, raised);
    }

    /// Every change of the server's rows is some operation's, and of each there is one at most.
    void check_once() {
        std::uint64_t effective = forgotten_.size();
        for (const auto& [id, outcome] : outcomes_)
            if (is_effect(outcome)) ++effective;
        if (effects > effective)
            say("once: " + std::to_string(effects) + " changes by " + std::to_string(effective) +
                " operations");
    }

    void check_equal(Storage& hub, Storage& store, std::uint64_t device, const char* when) {
        const device_image there = look_at(hub), here = look_at(store);
        for (const auto& [at, row] : there.rows) {
            const auto mine = here.rows.find(at);
            if (mine == here.rows.end()) {
                if (!row.is_deleted) say(in(device) + "convergence, " + when + ": lacks " + at);
            } else if (mine->second.version != row.version || mine->second.content != row.content) {
                say(in(device) + "convergence, " + when + ": has version " +
                    std::to_string(mine->second.version) + " of " + at + ", the server " +
                    std::to_string(row.version));
            } else if (mine->second.status != sync_status::synced) {
                say(in(device) + "honest status, " + when + ": " + at + " is " +
                    std::string(to_string(mine->second.status)));
            }
        }
        for (const auto& [at, row] : here.rows)
            if (there.rows.count(at) == 0 && !row.is_deleted)
                say(in(device) + "convergence, " + when + ": has " + at + " alone");
        for (const auto& [id, work] : here.outbox)
            say(in(device) + "liveness, " + when + ": work on " + work.at +
                " is left in the outbox " + work.reason);
    }

    [[nodiscard]] std::int64_t head_of(Storage& hub) {
        auto tx = begin_read(hub, tenant_id());
        return tx ? *tx->last_sequence() : -1;
    }

    [[nodiscard]] static bool is_effect(push_outcome outcome) noexcept {
        return outcome == push_outcome::applied || outcome == push_outcome::merged;
    }

  private:
    template <class T, class Transaction>
    void for_each_work(Transaction& tx, device_image& image) {
        using annotations::field;
        auto work =
            tx.scan(where(field<&outbox_operation::entity_name> == std::string(entity_of<T>.name)));
        if (!work) return say(to_string(work.error()));
        for (const record<outbox_operation>& each : *work) {
            auto& seen = image.outbox[each.value.id];
            seen = {name_of<T>(each.value.row_key),
                    each.value.state == outbox_state::in_flight,
                    each.value.reason,
                    {}};
            auto key = syncfw::detail::parse_row_key<T>(each.value.row_key);
            auto row =
                key ? tx.template get<T>(*key) : result<std::optional<record<T>>>(key.error());
            auto base = syncfw::detail::base_of<T>(each.value, {});
            if (!row || !*row || !base || !*base || (*row)->is_deleted()) continue;
            const field_mask edited = changed_fields((*base)->value, (*row)->value);
            seen.changed = (edited & syncfw::detail::writable_fields<T>)-added_fields<T>;
        }
    }

    // What is added to others' work is part of it there, and looks different.
    template <class T>
    static constexpr field_mask added_fields = [] {
        field_mask mask;
        for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i)
            if (entity_of<T>.fields[i].is_mergeable()) mask.set(i);
        return mask;
    }();

    template <class T>
    [[nodiscard]] static std::vector<std::string> fields_of(const T& value) {
        std::vector<std::string> all;
        for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i) {
            field_mask one;
            one.set(i);
            buffer out;
            syncfw::binary::append_delta<to_client>(out, value,
                                                    one & syncfw::detail::writable_fields<T>);
            all.emplace_back(out.view());
        }
        return all;
    }
    [[nodiscard]] static bool is_same(const std::vector<std::string>& a,
                                      const std::vector<std::string>& b, const field_mask& which) {
        for (std::size_t i = 0; i < a.size(); ++i)
            if (which.test(i) && a[i] != b[i]) return false;
        return true;
    }

    [[nodiscard]] static std::string in(std::uint64_t device) {
        return "device " + std::to_string(device) + ": ";
    }
    template <class T>
    [[nodiscard]] static std::string name_of(const std::string& key) {
        return std::string(entity_of<T>.name) + "/" + key;
    }
    template <class T>
    [[nodiscard]] static std::string content_of(const record<T>& row) {
        buffer out;
        syncfw::binary::append_delta<to_client>(out, row.value, syncfw::detail::told_fields<T>);
        return std::string(out.view()) + (row.is_deleted() ? "deleted" : "");
    }

    void check_honesty(std::uint64_t device, const device_image& image) {
        std::map<std::string, int> work;
        for (const auto& [id, each] : image.outbox) ++work[each.at];
        for (const auto& [at, count] : work)
            if (image.rows.count(at) == 0)
                say(in(device) + "honest status: there is work on " + at + ", but no row");
        for (const auto& [at, row] : image.rows) {
            const bool has_work = work.count(at) != 0;
            const bool says_work =
                row.status == sync_status::pending || row.status == sync_status::failed;
            if (has_work != says_work)
                say(in(device) + "honest status: " + at + " is " +
                    std::string(to_string(row.status)) +
                    (has_work ? " and has unsent work" : " and has none"));
            if (has_work) continue;
            const auto known = history_.find({at, row.version});
            if (known == history_.end())
                say(in(device) + "honest status: " + at + " says version " +
                    std::to_string(row.version) + ", which the server never had");
            else if (known->second.count(row.content) == 0)
                say(in(device) + "honest status: " + at +
                    " is not what the server had at version " + std::to_string(row.version));
        }
    }

    // Every version of every row that the server ever had.
    void take_history(Storage& hub, std::uint64_t& raised) {
        const device_image now = look_at(hub);
        for (const auto& [at, row] : now.rows) {
            std::int64_t& last = versions_[at];
            if (row.version < last) say("once: " + at + " went back to an older version");
            // One that is made anew begins above all that was let go.
            if (row.version > last)
                raised +=
                    present_.count(at) == 0 ? 1 : static_cast<std::uint64_t>(row.version - last);
            if (row.version == last && history_[{at, row.version}].count(row.content) == 0)
                say("honest status: " + at + " changed without a new version");
            last = row.version;
            history_[{at, row.version}].insert(row.content);
        }
        present_.clear();
        for (const auto& [at, row] : now.rows) present_.insert(at);
    }

    [[nodiscard]] static std::map<uuid, push_outcome> outcomes_in(std::string_view bytes) {
        std::map<uuid, push_outcome> all;
        if (kind_of(bytes) != message_kind::push_answer) return all;
        auto answer = decode<push_answer<Schema>>(bytes);
        if (!answer) return all;
        Schema::for_each([&]<class T>(of<T>) {
            for (const auto& each : answer->answers.template of<T>()) all[each.id] = each.outcome;
        });
        return all;
    }

    // More than one content of a version only where the server went back in time.
    std::map<std::pair<std::string, std::int64_t>, std::set<std::string>> history_{};
    std::map<std::string, std::int64_t> versions_{};
    std::set<std::string> present_{};
    std::map<uuid, push_outcome> outcomes_{};
    std::set<uuid> forgotten_{};  ///< Took effect, and the server has no note of it any more.
};

}  // namespace syncfw::testing::detail
