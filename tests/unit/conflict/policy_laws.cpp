// SPDX-License-Identifier: BSL-1.0
// Goal: the policies of the library keep their laws, and `check_policy_laws` finds each way to
// break one, so that its silence means something. Method: random rows of entities with every type
// of field; all rows of a small domain; for each law a policy that breaks just that one.
#include <syncfw/codec/delta.hpp>
#include <syncfw/conflict/policies.hpp>
#include <syncfw/core/counter.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/entity/annotations.hpp>
#include <syncfw/testing/conformance_schema.hpp>
#include <syncfw/testing/policy_laws.hpp>
#include <syncfw/testing/policy_proof.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::testing;

// A field for each rule of merging that always has a result.
struct post {
    std::int64_t id = 0;
    std::string headline{};
    std::int64_t best_score = 0;
    std::int64_t first_rank = 0;
    counter likes{};
    set_of<std::string> tags{};
    std::vector<std::int64_t> links{};
    std::int64_t version = 0;

    static constexpr auto sync_entity = entity<"post">(
        annotations::field<&post::id>(annotations::primary_key),
        annotations::field<&post::best_score>(annotations::merge(annotations::by::maximum)),
        annotations::field<&post::first_rank>(annotations::merge(annotations::by::minimum)),
        annotations::field<&post::links>(annotations::merge(annotations::by::all)),
        annotations::field<&post::version>(annotations::is::version));
};

// And for those that look at the base, or park.
struct article {
    std::string name{};
    std::optional<std::string> body{};
    document settings{};
    std::int64_t stock = 0;
    bool is_gone = false;

    static constexpr auto sync_entity = entity<"article">(
        annotations::field<&article::name>(annotations::primary_key),
        annotations::field<&article::body>(annotations::merge(annotations::by::text)),
        annotations::field<&article::settings>(annotations::merge(annotations::by::document)),
        annotations::field<&article::stock>(annotations::merge(annotations::by::function(
            [](auto& base, auto& mine, auto& theirs) { return mine + theirs - base; }))),
        annotations::field<&article::is_gone>(annotations::soft_delete));
};

struct task {
    std::int64_t id = 0;
    std::string title{};
    bool done = false;

    static constexpr auto sync_entity =
        entity<"task">(annotations::field<&task::id>(annotations::primary_key));
};

// [done-wins]
// A finished task stays finished; otherwise the later write wins.
struct done_wins {
    static constexpr bool is_order_independent = true;

    decision<task> resolve(const conflict<task>& c) const {
        if (c.mine.value.done == c.theirs.value.done) return last_write_wins().resolve(c);
        return c.mine.value.done ? keep_mine<task>("done") : keep_theirs<task>("done");
    }
};
// [/done-wins]

// [combined]
// A deletion wins; what is not about deletions is left to the next policy.
constexpr auto deletion_wins = []<class T>(const conflict<T>& c) {
    if (c.mine.is_deleted() == c.theirs.is_deleted()) return decision<T>();
    return c.mine.is_deleted() ? keep_mine<T>("deleted") : keep_theirs<T>("deleted");
};

using task_policy = first_of<decided_by<deletion_wins>, done_wins>;
using library_policy = per_entity<on<task, task_policy>,   // whole rows
                                  on<post, merge_fields>,  // field by field
                                  otherwise<last_write_wins>>;
// [/combined]

// What both hold is put together, and no part of it asks which write was later.
struct adds_up {
    static constexpr bool is_order_independent = true;
    decision<post> resolve(const conflict<post>& c) const {
        const auto first = decided_by<deletion_wins>().resolve(c);
        if (first.made != outcome::undecided) return first;
        const post& mine = c.mine.value;
        post merged = c.theirs.value;
        if (mine.headline > merged.headline) merged.headline = mine.headline;
        if (mine.best_score > merged.best_score) merged.best_score = mine.best_score;
        if (mine.first_rank < merged.first_rank) merged.first_rank = mine.first_rank;
        if (mine.links > merged.links) merged.links = mine.links;
        merged.likes.merge(mine.likes);
        merged.tags.merge(mine.tags);
        const field_mask from_mine = changed_fields(merged, c.theirs.value);
        return take_merged<post>("adds up", std::move(merged), from_mine);
    }
};

}  // namespace

// [promise]
template <>
inline constexpr bool syncfw::is_order_independent<task_policy, task> = true;
// [/promise]

TEST_CASE_TEMPLATE("policy laws: the library's policies keep them", P, server_wins, client_wins,
                   last_write_wins, highest_version, park, merge_fields) {
    const law_options options{.cases = 300};
    report seen = check_policy_laws<P, specimen>({}, options);
    seen += check_policy_laws<P, shelf_place>({}, options);
    seen += check_policy_laws<P, member>({}, options);
    seen += check_policy_laws<P, post>({}, options);
    seen += check_policy_laws<P, article>({}, options);
    CHECK_MESSAGE(seen.passed(), to_string(seen));
    CHECK(seen.checks == 5 * 300 * (is_order_independent<P, post> ? 8 : 5));
}

TEST_CASE("policy laws: an own policy is held to them") {
    // [check]
    const report seen = check_policy_laws<done_wins, task>();
    CHECK_MESSAGE(seen.passed(), to_string(seen));
    // [/check]
    const report merging = check_policy_laws<adds_up, post>();
    CHECK_MESSAGE(merging.passed(), to_string(merging));
}

TEST_CASE("policy laws: combined policies keep what they promise for each entity") {
    static_assert(is_order_independent<library_policy, task>);
    const report seen = check_policy_laws<library_policy, task>();
    CHECK_MESSAGE(seen.passed(), to_string(seen));
    const report of_posts = check_policy_laws<library_policy, post>();
    CHECK_MESSAGE(of_posts.passed(), to_string(of_posts));
}

// --- all rows of a small domain ------------------------------------------------------------------

namespace {

// Each write of two origins at three times, with two versions. Whole rows win or lose, so a content
// of its own for each stamp stands for every content.
std::vector<record<task>> all_writes() {
    std::vector<record<task>> all;
    for (std::uint64_t time = 1; time <= 3; ++time)
        for (std::uint64_t origin = 1; origin <= 2; ++origin)
            for (std::int64_t version = 1; version <= 2; ++version) {
                record<task> row;
                row.value.title = std::to_string(time) + " by " + std::to_string(origin);
                row.value.done = (time + origin) % 2 == 0;
                row.set_written(stamp(time << 16, replica_id(origin)));
                row.set_version(version);
                all.push_back(row);
            }
    return all;
}

template <class P>
std::string met(const record<task>& theirs, const record<task>& mine, record<task>& left) {
    const conflict<task> c{nullptr, mine, theirs};
    left = settle(c, P().resolve(c)).value();
    return left.value.title;
}

}  // namespace

TEST_CASE_TEMPLATE("policy laws: every three writes of a small domain, in every order", P,
                   last_write_wins, highest_version, done_wins) {
    const auto all = all_writes();
    record<task> ab, ba, bc, unused;
    int broken = 0;
    for (const auto& a : all) {
        broken += met<P>(a, a, unused) != a.value.title;
        for (const auto& b : all) {
            broken += met<P>(a, b, ab) != met<P>(b, a, ba);
            for (const auto& c : all) {
                (void)met<P>(b, c, bc);
                broken += met<P>(ab, c, unused) != met<P>(a, bc, unused);
                broken += met<P>(ab, c, unused) != met<P>(c, ab, unused);
            }
        }
    }
    CHECK(broken == 0);
}

static_assert(prove_policy_laws<last_write_wins>());
static_assert(prove_policy_laws<highest_version>());

// --- policies that break one law -----------------------------------------------------------------

namespace {

struct last_come_wins {
    static constexpr bool is_order_independent = true;
    decision<task> resolve(const conflict<task>&) const { return keep_mine<task>("last come"); }
};
struct hesitant {
    decision<task> resolve(const conflict<task>& c) const {
        if (c.base == nullptr) return {};
        return keep_theirs<task>("theirs");
    }
};
struct thrower {
    decision<task> resolve(const conflict<task>& c) const {
        if (c.mine.value.title.size() > 3) throw std::length_error("too long");
        return keep_theirs<task>("theirs");
    }
};
struct without_value {
    decision<task> resolve(const conflict<task>&) const {
        return {.made = outcome::merged, .rule = "merged"};
    }
};
struct moody {
    mutable int asked = 0;
    decision<task> resolve(const conflict<task>&) const {
        return ++asked % 3 == 0 ? keep_mine<task>("mood") : keep_theirs<task>("mood");
    }
};
struct by_address {
    decision<task> resolve(const conflict<task>& c) const {
        return &c.mine < &c.theirs ? keep_mine<task>("lower") : keep_theirs<task>("lower");
    }
};
struct silent {
    decision<task> resolve(const conflict<task>&) const { return keep_mine<task>(""); }
};
struct secretive {
    decision<task> resolve(const conflict<task>& c) const {
        return take_merged<task>("secretive", c.mine.value, {});
    }
};
struct renumbers {
    decision<task> resolve(const conflict<task>& c) const {
        task merged = c.theirs.value;
        ++merged.id;
        return take_merged<task>("renumbers", merged, field_mask::first(1));
    }
};
struct joins_titles {
    decision<task> resolve(const conflict<task>& c) const {
        task merged = c.theirs.value;
        merged.title += c.mine.value.title;
        return take_merged<task>("joins titles", merged, field_mask::first(3));
    }
};
struct longer_title_wins {
    static constexpr bool is_order_independent = true;
    decision<task> resolve(const conflict<task>& c) const {
        return c.mine.value.title.size() > c.theirs.value.title.size()
                   ? keep_mine<task>("longer")
                   : keep_theirs<task>("longer");
    }
};
struct parks_twins {
    static constexpr bool is_order_independent = true;
    decision<task> resolve(const conflict<task>& c) const {
        if (c.mine.written() == c.theirs.written()) return park_both<task>("twins");
        return last_write_wins().resolve(c);
    }
};
// A title that only one side changed comes from there, all else from the later write; but there is
// one stamp for both, so a third write between them is judged by the wrong one.
struct merges_under_one_stamp {
    static constexpr bool is_order_independent = true;
    decision<task> resolve(const conflict<task>& c) const {
        if (c.base == nullptr || c.mine.is_deleted() || c.theirs.is_deleted())
            return c.mine.is_deleted() == c.theirs.is_deleted() ? last_write_wins().resolve(c)
                   : c.mine.is_deleted()                        ? keep_mine<task>("deleted")
                                                                : keep_theirs<task>("deleted");
        task merged = is_mine_later(c) ? c.mine.value : c.theirs.value;
        const std::string& title = c.base->value.title;
        if (c.mine.value.title == title) merged.title = c.theirs.value.title;
        if (c.theirs.value.title == title) merged.title = c.mine.value.title;
        return take_merged<task>("merges", merged, changed_fields(merged, c.theirs.value));
    }
};

// The promises that were found broken, and what was said of the last one.
template <class P>
std::pair<std::string, std::string> found() {
    std::string promises, last;
    for (const finding& each : check_policy_laws<P, task>().findings) {
        promises += (promises.empty() ? "" : ", ") + each.promise;
        last = each.what;
    }
    return {promises, last};
}

}  // namespace

TEST_CASE("policy laws: each way to break one is found") {
    CHECK(found<hesitant>().first == "total");
    CHECK(found<thrower>().first == "total");
    CHECK(found<without_value>().first == "total");
    CHECK(found<moody>().first.starts_with("deterministic"));
    CHECK(found<by_address>().first == "deterministic");
    CHECK(found<silent>().first == "explained");
    CHECK(found<secretive>().first == "explained");
    CHECK(found<renumbers>().first.starts_with("true to the row"));
    CHECK(found<joins_titles>().first == "agreement");
    CHECK(found<parks_twins>().first == "idempotent, associative");
    CHECK(found<longer_title_wins>().first == "commutative, associative");
    CHECK(found<last_come_wins>().first == "commutative, associative");
    CHECK(found<merges_under_one_stamp>().first == "associative");
}

TEST_CASE("policy laws: a finding shows the smallest rows in words") {
    const report seen = check_policy_laws<last_come_wins, task>();
    REQUIRE(seen.findings.size() == 2);
    const std::string& what = seen.findings[0].what;
    CAPTURE(what);
    CHECK(what.starts_with("task: a, then b gives {"));
    CHECK(what.find("}, but b, then a gives {") != std::string::npos);
    // What plays no part was taken away: one field of one row is left.
    CHECK(what.find("a = {} at time 1 of origin ") != std::string::npos);
    CHECK(what.find(", version 1; b = {") != std::string::npos);
    CHECK(what.ends_with("; no base"));
    CHECK(seen.findings[1].what.starts_with("task: a, b and c one after the other give {"));
    CHECK(check_policy_laws<moody, task>().findings[0].what.find(" by \"mood\", then ") !=
          std::string::npos);
    CHECK(found<thrower>().second.starts_with("task: it threw: too long; a = {title "));
    CHECK(found<secretive>().second.find("but it doesn't say that it changed ") !=
          std::string::npos);
}

TEST_CASE("policy laws: a seed decides what is tried") {
    const auto words = [](std::uint64_t seed) {
        return to_string(check_policy_laws<thrower, task>({}, {.seed = seed}));
    };
    CHECK(words(1) == words(1));
    CHECK(words(1) != words(2));
    CHECK(check_policy_laws<server_wins, task>({}, {.cases = 7}).checks == 7 * 5);
}
