// SPDX-License-Identifier: BSL-1.0
// Goal: whatever two devices do to one row, in whatever order it meets, with whatever clocks: they
// and the server come to the same row, once, and rest. Method: all of it is tried: two devices with
// three acts each, every interleaving, every choice of when to sync, every policy, clocks that
// are equal, ahead or behind.
#include <syncfw/conflict/policies.hpp>
#include <syncfw/core/counter.hpp>
#include <syncfw/sync/plan.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct note {
    std::int64_t id = 0;
    std::int64_t left = 0;
    std::int64_t right = 0;
    bool is_deleted = false;
    std::int64_t version = 0;
    static constexpr auto sync_entity =
        entity<"note">(field<&note::id>(primary_key), field<&note::is_deleted>(soft_delete),
                       field<&note::version>(is::version), field<&note::right>(merge(by::maximum)));
};
using row = record<note>;

enum class act : unsigned char { create, edit_left, edit_right, remove, restore, nothing };
constexpr std::size_t acts = 6;

struct server {
    std::optional<row> stored{};
    std::int64_t writes = 0;
    std::string wrong{};

    // What must hold of every single plan.
    [[nodiscard]] std::string what_is_wrong(const operation<note>& op,
                                            const push_plan<note>& plan) const {
        const bool is_known = (stored ? stored->version() : 0) == op.base_version;
        if (plan.row && !is_known && !plan.decided) return "a write was lost: nobody decided";
        if (plan.decided && is_known) return "a conflict was seen where there is none";
        if (plan.outcome != push_outcome::applied) {
            if (plan.outcome != push_outcome::merged && plan.row) return "what lost was stored";
            return plan.reason.empty() ? "no reason was given" : "";
        }
        const row after = plan.row ? *plan.row
                          : stored ? *stored
                                   : row{.value = {.is_deleted = true}};
        if (after.is_deleted() != (op.kind == operation_kind::remove))
            return "a deletion or a restoration has no effect";
        field_mask other = changed_fields(after.value, op.after);
        if (op.kind == operation_kind::put && (other.test(1) || other.test(2)) && is_known)
            if ((op.changed.test(1) && other.test(1)) || (op.changed.test(2) && other.test(2)))
                return "an edit has no effect";
        return {};
    }

    template <class Policy>
    push_plan<note> push(const operation<note>& op) {
        auto plan = plan_push(op, stored ? &*stored : nullptr, Policy());
        if (wrong.empty()) wrong = what_is_wrong(op, plan);
        if (plan.row) {
            plan.row->set_version((stored ? stored->version() : 0) + 1);
            stored = plan.row;
            ++writes;
        }
        return plan;
    }
};

struct device {
    replica_id self;
    std::int64_t clock;  // Of its own.
    std::optional<row> mine{};
    std::optional<row> base{};
    operation_kind kind{};
    bool is_pending = false;
    bool is_parked = false;
    std::string wrong{};

    [[nodiscard]] bool is_live() const { return mine && !mine->is_deleted(); }

    void perform(act what, std::int64_t& value) {
        ++clock;
        if (what == act::create && !mine)
            return begin(operation_kind::put, row{.value = {.id = 1}});
        if (what == act::restore && mine && mine->is_deleted()) {
            row live = *mine;
            live.value.is_deleted = false;
            return begin(operation_kind::restore, live);
        }
        if (!is_live()) return;
        row edited = *mine;
        if (what == act::edit_left) edited.value.left = ++value;
        if (what == act::edit_right) edited.value.right = ++value;
        if (what == act::remove) edited.value.is_deleted = true;
        if (what == act::edit_left || what == act::edit_right)
            begin(kind == operation_kind::restore && is_pending ? kind : operation_kind::put,
                  edited);
        if (what == act::remove) begin(operation_kind::remove, edited);
    }

    void begin(operation_kind how, row edited) {
        edited.set_written(stamp(static_cast<std::uint64_t>(clock) << 16, self));
        if (!is_pending) base = mine;
        is_pending = true;
        kind = how;
        mine = edited;
    }

    [[nodiscard]] operation<note> pending() const {
        operation<note> op{.kind = kind, .written = mine->written()};
        op.before.id = op.after.id = 1;
        if (base) {
            op.base_version = base->version();
            op.before = base->value;
        }
        op.after = mine->value;
        op.changed = changed_fields(op.before, op.after);
        op.changed.reset(entity_of<note>.find(meaning::version));
        op.changed.reset(entity_of<note>.find(meaning::soft_delete));
        return op;
    }

    template <class Policy>
    void sync(server& hub) {
        if (is_pending && !is_parked) {
            const auto plan = hub.push<Policy>(pending());
            if (plan.outcome == push_outcome::parked) {
                is_parked = true;
            } else {
                is_pending = false;
                base.reset();
                // The answer has the row as it is stored.
                mine = hub.stored;
            }
        }
        if (hub.stored) take(*hub.stored);
    }

    void take(const row& arriving) {
        const auto plan = plan_pull<note>(
            {mine ? &*mine : nullptr, base ? &*base : nullptr, is_pending}, arriving);
        if (!plan.changes) return;
        if (is_pending && mine) {
            // Every edit is still there, and nothing else is kept from what arrived.
            const field_mask edited = changed_fields(base ? base->value : note{}, mine->value);
            const field_mask lost = changed_fields(plan.row->value, mine->value);
            const field_mask kept = changed_fields(plan.row->value, arriving.value);
            for (const std::size_t place : {std::size_t{1}, std::size_t{2}}) {
                if (base && edited.test(place) && lost.test(place)) wrong = "unsent work was lost";
                if (base && !edited.test(place) && kept.test(place)) wrong = "news were not taken";
            }
        }
        mine = plan.row;
        base = plan.base;
    }
};

bool is_same(const std::optional<row>& a, const std::optional<row>& b) {
    if (a.has_value() != b.has_value()) return false;
    return !a || changed_fields(a->value, b->value).empty();
}

struct script {
    std::array<act, 6> what{};  // three of the first device, three of the second
    std::array<std::size_t, 6> order{};
    std::array<bool, 2> syncs{};  // whether a device syncs after each of its acts
    std::int64_t skew = 0;
};

// In each, a device's own acts stand in their order.
std::vector<std::array<std::size_t, 6>> all_orders() {
    std::vector<std::array<std::size_t, 6>> orders;
    std::array<int, 6> whose{0, 0, 0, 1, 1, 1};
    do {
        std::array<std::size_t, 6> order{};
        std::array<std::size_t, 2> next{0, 3};
        for (std::size_t i = 0; i < 6; ++i) order[i] = next[static_cast<std::size_t>(whose[i])]++;
        orders.push_back(order);
    } while (std::next_permutation(whose.begin(), whose.end()));
    return orders;
}

std::string in_words(const script& s) {
    std::string words;
    for (const std::size_t i : s.order)
        words += (i < 3 ? " A" : " B") + std::to_string(static_cast<int>(s.what[i])) +
                 (s.syncs[i / 3] ? "+sync" : "");
    return words + " skew " + std::to_string(s.skew);
}

template <class Policy>
std::string play(const script& s) {
    server hub;
    device a{replica_id(1), 1'000}, b{replica_id(2), 1'000 + s.skew};
    std::int64_t value = 0;
    for (const std::size_t i : s.order) {
        device& who = i < 3 ? a : b;
        who.perform(s.what[i], value);
        if (s.syncs[i / 3]) who.sync<Policy>(hub);
    }
    for (int round = 0; round < 2; ++round) {
        a.sync<Policy>(hub);
        b.sync<Policy>(hub);
    }
    for (const std::string* each : {&hub.wrong, &a.wrong, &b.wrong})
        if (!each->empty()) return *each;
    for (const device* each : {&a, &b}) {
        if (each->is_parked) continue;
        if (each->is_pending) return "work was not sent";
        if (!is_same(each->mine, hub.stored)) return "they differ from the server";
    }
    const std::int64_t writes = hub.writes;
    const auto before = hub.stored;
    a.sync<Policy>(hub);
    b.sync<Policy>(hub);
    if (hub.writes != writes || !is_same(before, hub.stored)) return "they don't rest";
    return {};
}

// Every eleventh choice of acts, another eleventh for each order; SYNCFW_EXHAUSTIVE tries them all.
template <class Policy>
std::size_t play_all() {
    const std::size_t step = std::getenv("SYNCFW_EXHAUSTIVE") != nullptr ? 1 : 11;
    const auto orders = all_orders();
    std::size_t played = 0;
    script s;
    for (std::size_t turn = 0; turn < orders.size(); ++turn) {
        s.order = orders[turn];
        for (std::size_t what = turn % step; what < acts * acts * acts * acts * acts * acts;
             what += step) {
            for (std::size_t i = 0, left = what; i < 6; ++i, left /= acts)
                s.what[i] = static_cast<act>(left % acts);
            for (unsigned syncs = 0; syncs < 4; ++syncs) {
                s.syncs = {(syncs & 1) != 0, (syncs & 2) != 0};
                for (const std::int64_t skew : {0, 500, -500}) {
                    s.skew = skew;
                    ++played;
                    const std::string wrong = play<Policy>(s);
                    if (!wrong.empty()) FAIL(wrong << ":" << in_words(s));
                }
            }
        }
    }
    return played;
}

}  // namespace

TEST_CASE_TEMPLATE("convergence: two devices, three acts each, all orders, syncs and clocks",
                   Policy, server_wins, client_wins, last_write_wins, highest_version, merge_fields,
                   park) {
    CHECK(play_all<Policy>() > 1'000'000);
}

TEST_CASE("plan: a device that can't say how its fields were has no base to merge from") {
    record<note> stored{.value = {.id = 1, .left = 5, .version = 3}};
    operation<note> op{.base_version = 2, .written = stamp(7 << 16, replica_id(1))};
    op.before = op.after = stored.value;
    op.before.left = 4;
    op.after.left = 6;
    op.changed.set(1);
    CHECK(detail::side_of_device(op, stored).base->value.left == 4);
    op.has_before = false;
    const auto side = detail::side_of_device(op, stored);
    CHECK(!side.base);
    CHECK(side.mine.value.left == 6);
}

TEST_CASE("plan: what no two devices with three acts come to") {
    const record<note> stored{.value = {.id = 1, .left = 5, .version = 3}};
    operation<note> op{.base_version = 3, .written = stamp(7 << 16, replica_id(1))};
    op.before = op.after = stored.value;
    op.after.left = 6;
    op.changed.set(1);
    // A change of a row of which the server has nothing left.
    const auto gone = plan_push<note>(op, nullptr, server_wins());
    CHECK(gone.outcome == push_outcome::superseded);
    CHECK(!gone.row);
    // A change of a deletion, by a device that knows of it.
    record<note> deleted = stored;
    deleted.value.is_deleted = true;
    const auto kept = plan_push<note>(op, &deleted, client_wins());
    CHECK(kept.outcome == push_outcome::superseded);
    CHECK(!kept.row);
    op.kind = operation_kind::restore;
    CHECK(plan_push<note>(op, nullptr, server_wins()).row);
    // Where the history is another one, an older version is news.
    record<note> arriving = stored;
    arriving.value.version = 2;
    CHECK(!plan_pull<note>({.row = &stored}, arriving).changes);
    CHECK(plan_pull<note>({.row = &stored, .is_doubted = true}, arriving).changes);
    // Work on a row that is not here.
    const auto rebased = plan_pull<note>({.is_pending = true}, arriving);
    CHECK(rebased.changes);
    CHECK(!rebased.row);
    CHECK(rebased.base->value.version == 2);
}

namespace {

struct tally {
    std::int64_t id = 0;
    std::string name{};
    counter votes{};
    std::int64_t version = 0;
    static constexpr auto sync_entity =
        entity<"tally">(field<&tally::id>(primary_key), field<&tally::version>(is::version));
};

}  // namespace

TEST_CASE("plan: of what lost, additions are stored, and nothing where it added nothing") {
    record<tally> stored{.value = {.id = 1, .name = "there", .version = 3}};
    stored.value.votes.add(replica_id(2), 4);
    operation<tally> op{.base_version = 2, .written = stamp(7 << 16, replica_id(1))};
    op.before = op.after = stored.value;
    op.after.name = "lost";
    op.changed.set(1);
    op.changed.set(2);
    const auto nothing = plan_push(op, &stored, server_wins());
    CHECK(nothing.outcome == push_outcome::superseded);
    CHECK(!nothing.row);
    op.after.votes.add(replica_id(1), 2);
    const auto added = plan_push(op, &stored, server_wins());
    CHECK(added.outcome == push_outcome::merged);
    CHECK(added.reason == "server_wins");
    REQUIRE(added.row);
    CHECK(added.row->value.name == "there");
    CHECK(added.row->value.votes.value() == 6);
}
