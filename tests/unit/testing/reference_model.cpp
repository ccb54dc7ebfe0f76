// SPDX-License-Identifier: BSL-1.0
// Goal: the reference model sees what no other check of the simulation can: a server that does
// another thing than it should, and then says and keeps just that. Method: defects of this kind are
// planted between the line and the server, in what it decides by, and in its store. Each must be
// found with the model, and by nobody without it.
#include <syncfw/conflict/policies.hpp>
#include <syncfw/testing/reference_model.hpp>
#include <syncfw/testing/simulation.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct note {
    std::int64_t id = 0;
    std::string text{};
    std::int64_t pages = 0;
    counter likes{};
    std::optional<std::int64_t> shelf{};
    bool is_deleted = false;

    static constexpr auto sync_entity = entity<"note">(
        field<&note::id>(primary_key), field<&note::shelf>(unique),
        field<&note::likes>(merge(by::counter)), field<&note::is_deleted>(soft_delete));
};
using notes = schema<note>;

enum class defect : int {
    none,
    // What the server decides.
    merges_lack_a_field,
    mine_is_superseded,
    merges_add_to_counters,
    edits_win_over_deletions,
    the_earlier_write_wins,
    // What it understands.
    groups_are_halved,
    edits_restore_what_is_deleted,
    deletions_are_ignored,
    // What it keeps.
    unique_values_are_not,
    count,
};

defect planted = defect::none;

/// The policy, with the defect.
struct spoiled_policy {
    template <class T>
    [[nodiscard]] decision<T> resolve(const conflict<T>& c) const {
        if (planted == defect::edits_win_over_deletions && c.mine.is_deleted())
            return keep_theirs<T>("spoiled");
        if (planted == defect::the_earlier_write_wins)
            return merge_fields().resolve(
                conflict<T>{c.base, with_stamp(c.mine, c.theirs), with_stamp(c.theirs, c.mine)});
        decision<T> decided = merge_fields().resolve(c);
        if (decided.made == outcome::mine && planted == defect::mine_is_superseded)
            return keep_theirs<T>("spoiled");
        if (decided.made != outcome::merged) return decided;
        if (planted == defect::merges_lack_a_field) decided.merged->pages = c.theirs.value.pages;
        if (planted == defect::merges_add_to_counters) decided.merged->likes.add(replica_id(7), 1);
        return decided;
    }
    template <class T>
    [[nodiscard]] static record<T> with_stamp(record<T> row, const record<T>& other) {
        row.set_written(other.written());
        return row;
    }
};

/// The server's store keeps no value unique where that is the defect, and doesn't say so.
class spoiled_store : public memory::store<notes> {
  public:
    explicit spoiled_store(bool is_hub)
        : memory::store<notes>({.unique = is_hub && planted != defect::unique_values_are_not}),
          is_hub_(is_hub) {}
    [[nodiscard]] bool keeps_unique() const noexcept { return is_hub_; }

  private:
    bool is_hub_;
};
class spoiled_place {
  public:
    using storage_type = spoiled_store;
    spoiled_place(std::uint64_t, bool is_hub) : store_(is_hub) {}
    [[nodiscard]] spoiled_store& store() noexcept { return store_; }
    void restart(bool) {}

  private:
    spoiled_store store_;
};

struct setup {
    using schema_type = notes;
    using policy_type = merge_fields;
    using server_policy_type = spoiled_policy;
    using place_type = spoiled_place;

    static void misread_request(std::string& bytes) {
        auto message = decode<push_message<notes>>(bytes);
        if (!message) return;
        for (operation<note>& op : message->operations.of<note>()) misread(op);
        bytes = encode(*message);
    }
    static void misread(operation<note>& op) {
        switch (planted) {
            case defect::groups_are_halved: op.group = 0; break;
            case defect::edits_restore_what_is_deleted:
                if (op.kind == operation_kind::put && op.base_version > 0)
                    op.kind = operation_kind::restore;
                break;
            case defect::deletions_are_ignored:
                if (op.kind == operation_kind::remove) op.kind = operation_kind::put;
                break;
            default: break;
        }
    }
};
struct unwatched_setup : setup {
    static constexpr bool without_model = true;
};

struct finding {
    std::uint64_t seed = 0;
    std::vector<std::string> what{};
};

template <class Setup>
finding first_finding(defect what, std::uint64_t seeds) {
    planted = what;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed)
        if (auto seen = testing::simulate<Setup>(seed); !seen.passed())
            return {seed, std::move(seen.violations)};
    return {};
}

}  // namespace

TEST_CASE("reference_model: finds each of the planted defects, which nobody else finds") {
    const finding none = first_finding<setup>(defect::none, 50);
    for (const std::string& each : none.what) FAIL_CHECK("seed " << none.seed << ": " << each);
    for (int each = 1; each < static_cast<int>(defect::count); ++each) {
        INFO("defect " << each);
        const finding found = first_finding<setup>(static_cast<defect>(each), 500);
        CHECK(found.seed != 0);
        for (const std::string& what : found.what) CHECK(what.substr(0, 7) == "model: ");
        // As many worlds as the model needed, and some more.
        const finding other =
            first_finding<unwatched_setup>(static_cast<defect>(each), found.seed + 20);
        for (const std::string& what : other.what)
            FAIL_CHECK("seed " << other.seed << ", without the model: " << what);
        if (std::getenv("SYNCFW_SHOW") != nullptr)
            MESSAGE("defect " << each << ": seed " << found.seed << ", "
                              << (found.what.empty() ? "nothing" : found.what.front()));
    }
    planted = defect::none;
}
