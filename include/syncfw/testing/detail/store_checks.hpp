// SPDX-License-Identifier: BSL-1.0
// The checks of check_store.hpp, each on an empty store of its own.
#pragma once

#include <syncfw/query/matches.hpp>
#include <syncfw/testing/detail/concurrent_checks.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace syncfw::testing::detail {

template <class Make>
class store_checks : public concurrent_checks<Make> {
  public:
    using base = concurrent_checks<Make>;
    using base::base;
    using typename base::reader;
    using typename base::store_type;
    using typename base::writer;

    void run() {
        check("rows come back as they were put", [&](auto& s) { round_trip(s); });
        check("edges of all types come back", [&](auto& s) { edges(s); });
        check("put replaces, erase takes away, get_many keeps the order",
              [&](auto& s) { rows(s); });
        check("what is not committed was never there", [&](auto& s) { roll_back(s); });
        check("a transaction sees its own writes", [&](auto& s) { own_writes(s); });
        check("the feed is in order and without gaps", [&](auto& s) { feed(s); });
        check("another tenant's data can't be reached", [&](auto& s) { isolation(s); });
        check("unique values are unique", [&](auto& s) { unique_values(s); });
        check("a refused call leaves nothing of itself", [&](auto& s) { refusals(s); });
        check("a query finds what it says, in its order", [&](auto& s) { queries(s); });
        check("pages give each row once", [&](auto& s) { pages(s); });
        check("small values are kept", [&](auto& s) { values(s); });
        check("large values and many rows are kept", [&](auto& s) { large(s); });
        check("the store knows its history", [&](auto& s) { identity(s); });
        check("all tenants are found, each once", [&](auto& s) { tenants(s); });
        if (!options_.threads) return;
        check("a reader sees one moment", [&](auto& s) { this->one_moment(s); });
        check("no-gap: writers at the same time", [&](auto& s) { this->no_gap(s); });
    }

  private:
    using base::check;
    using base::expect;
    using base::expect_code;
    using base::expect_same;
    using base::kept;
    using base::make;
    using base::make_;
    using base::must;
    using base::numbers;
    using base::options_;
    using base::placed;
    using base::read;
    using base::seed;
    using base::tenant;
    using base::write;

    // --- the checks --------------------------------------------------------------------------

    template <class T>
    void round_trip_of(store_type& store) {
        random_source random(seed);
        std::vector<record<T>> rows;
        for (std::uint64_t i = 0; i < 60; ++i) {
            rows.push_back(random_row<T>(i, tenant(), random));
            if constexpr (requires { rows.back().value.email; }) rows.back().value.email.reset();
        }
        write(store, tenant(), [&](writer& tx) {
            for (const record<T>& each : rows) must("put", tx.put(each));
        });
        read(store, tenant(), [&](reader& tx) {
            for (const record<T>& each : rows)
                expect_same("get", row_at<T>(tx, key(each.value)), image_of(each));
        });
    }
    void round_trip(store_type& store) {
        round_trip_of<specimen>(store);
        round_trip_of<shelf_place>(store);
        round_trip_of<member>(store);
    }

    void edges(store_type& store) {
        std::vector<specimen> all;
        const auto add = [&](auto&& change) {
            all.push_back(make(all.size()));
            change(all.back());
        };
        for (const std::int64_t n :
             {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
              std::numeric_limits<std::int64_t>::max(), std::int64_t{6'031'832'573'293'743'752}})
            add([&](specimen& s) { s.whole = n, s.maybe_whole = n; });
        add([](specimen& s) { s.small = std::numeric_limits<std::uint32_t>::max(); });
        for (const double r :
             {0.1, 1e308, 5e-324, -2.5, 1.0 / 3, std::numeric_limits<double>::infinity(),
              -std::numeric_limits<double>::infinity()})
            add([&](specimen& s) { s.real = r, s.maybe_real = r; });
        for (const char* t :
             {"", "'; DROP TABLE specimen; --", "\xF0\x9F\x93\x9A \xC3\xA9 e\xCC\x81",
              "\xE2\x80\xAE", "line\nline\r\n\ttab", "%_\\"})
            add([&](specimen& s) { s.text = t, s.maybe_text = t, s.words.insert(t); });
        add([](specimen& s) { s.maybe_bytes.emplace(); });
        add([](specimen& s) { s.bytes = blob{std::byte{0}, std::byte{255}, std::byte{0}}; });
        for (const std::int64_t at :
             {std::int64_t{0}, std::int64_t{-1}, std::int64_t{253'402'300'799'999'999}})
            add([&](specimen& s) { s.moment = timestamp::from_microseconds(at); });
        add([](specimen& s) { s.maybe_flag = false, s.flag = true; });
        std::vector<record<specimen>> rows;
        for (const specimen& each : all) rows.push_back({.value = each});
        rows.back().set_written(stamp(std::numeric_limits<std::int64_t>::max(),
                                      replica_id(std::numeric_limits<std::uint64_t>::max())));
        write(store, tenant(), [&](writer& tx) { must("put_many", tx.put_many(rows)); });
        read(store, tenant(), [&](reader& tx) {
            for (const auto& each : rows)
                expect_same("get", row_at<specimen>(tx, each.value.id), image_of(each));
        });
    }

    void rows(store_type& store) {
        random_source random(seed);
        const auto first = random_row<shelf_place>(1, tenant(), random);
        auto second = random_row<shelf_place>(1, tenant(), random);
        const auto other = random_row<shelf_place>(2, tenant(), random);
        const auto at = key(first.value);
        write(store, tenant(), [&](writer& tx) {
            expect_same("get of no row", row_at<shelf_place>(tx, at), std::string("none"));
            must("erase of no row", tx.template erase<shelf_place>(at));
            must("put", tx.put(first));
            must("put", tx.put(other));
            must("put again", tx.put(second));
        });
        read(store, tenant(), [&](reader& tx) {
            expect_same("get", row_at<shelf_place>(tx, at), image_of(second));
            const std::vector<key_of<shelf_place>> keys{key(other.value), {"no", 0}, at, at};
            auto found =
                tx.template get_many<shelf_place>(std::span<const key_of<shelf_place>>(keys));
            if (!must("get_many", found) || !expect(found->size() == 4, "get_many gives one each"))
                return;
            expect((*found)[0] && !(*found)[1] && (*found)[2] && (*found)[3],
                   "get_many: found and missing rows in the order of the keys");
            if ((*found)[2]) expect_same("get_many", image_of(*(*found)[2]), image_of(second));
        });
        write(store, tenant(), [&](writer& tx) {
            must("erase", tx.template erase<shelf_place>(at));
            const std::vector<key_of<shelf_place>> keys{key(other.value), at};
            must("erase_many",
                 tx.template erase_many<shelf_place>(std::span<const key_of<shelf_place>>(keys)));
        });
        read(store, tenant(), [&](reader& tx) {
            expect_same("get of an erased row", row_at<shelf_place>(tx, at), std::string("none"));
            auto none = tx.count(all<shelf_place>());
            if (must("count", none)) expect_same("count", *none, std::int64_t{0});
        });
    }

    void roll_back(store_type& store) {
        write(store, tenant(), [&](writer& tx) { must("put", tx.put(placed(1, 0))); });
        if (auto tx = begin_write(store, tenant()); must("begin_write", tx)) {
            must("next_sequence", tx->next_sequence(5));
            must("put", tx->put(placed(2, 3)));
            must("erase", tx->template erase<specimen>(make(1).id));
            must("put_value", tx->put_value("name", "bytes"));
        }
        read(store, tenant(), [&](reader& tx) {
            expect_same("a row put", row_at<specimen>(tx, make(2).id), std::string("none"));
            expect_same("a row erased", row_at<specimen>(tx, make(1).id), image_of(placed(1, 0)));
            auto value = tx.get_value("name");
            if (must("get_value", value)) expect(!*value, "a value put is there");
            auto last = tx.last_sequence();
            if (must("last_sequence", last)) expect_same("the feed", *last, std::int64_t{0});
        });
        write(store, tenant(), [&](writer& tx) {
            auto next = tx.next_sequence(1);
            if (must("next_sequence", next))
                expect_same("numbers rolled back are given again", *next, std::int64_t{1});
        });
    }

    void own_writes(store_type& store) {
        write(store, tenant(), [&](writer& tx) {
            must("put", tx.put(placed(1, 0)));
            expect_same("get", row_at<specimen>(tx, make(1).id), image_of(placed(1, 0)));
            auto found = tx.count(all<specimen>());
            if (must("count", found)) expect_same("count", *found, std::int64_t{1});
            auto first = tx.next_sequence(2);
            if (must("next_sequence", first)) expect_same("the feed", *first, std::int64_t{1});
            must("put", tx.put(placed(1, 2)));
            expect_same("changes", numbers(tx.template changes<specimen>(0, 9)), std::string("2 "));
            must("put_value", tx.put_value("name", "bytes"));
            auto value = tx.get_value("name");
            expect(value && *value && **value == "bytes", "get_value gives what was put");
            must("erase", tx.template erase<specimen>(make(1).id));
            expect_same("after erase", row_at<specimen>(tx, make(1).id), std::string("none"));
            expect_same("changes", numbers(tx.template changes<specimen>(0, 9)), std::string());
        });
    }

    void feed(store_type& store) {
        write(store, tenant(), [&](writer& tx) {
            auto first = tx.next_sequence(3), second = tx.next_sequence(2),
                 none = tx.next_sequence(0);
            if (must("next_sequence", first)) expect_same("the first", *first, std::int64_t{1});
            if (must("next_sequence", second)) expect_same("the next", *second, std::int64_t{4});
            must("next_sequence(0)", none);
            for (const std::int64_t n : {3, 1, 5, 2, 4})
                must("put", tx.put(placed(static_cast<std::uint64_t>(n), n)));
            must("put", tx.put(placed(9, 0)));
        });
        write(store, tenant(), [&](writer& tx) {
            auto next = tx.next_sequence(1);
            if (must("next_sequence", next)) expect_same("goes on", *next, std::int64_t{6});
            record<specimen> moved = placed(2, 6);  // Deleted, and at a new place.
            moved.beside.is_deleted = true;
            must("put", tx.put(moved));
        });
        read(store, tenant(), [&](reader& tx) {
            const auto changes = [&](std::int64_t after, std::int64_t until) {
                return numbers(tx.template changes<specimen>(after, until));
            };
            expect_same("all changes", changes(0, 100), std::string("1 3 4 5 6 "));
            expect_same("after is left out, until is not", changes(3, 5), std::string("4 5 "));
            expect_same("beyond the end", changes(6, 100), std::string());
            expect_same("no more than wanted", numbers(tx.template changes<specimen>(1, 100, 2)),
                        std::string("3 4 "));
            auto last = tx.last_sequence();
            if (must("last_sequence", last)) expect_same("the end", *last, std::int64_t{6});
            auto rows = tx.template changes<specimen>(5, 6);
            expect(rows && rows->size() == 1 && (*rows)[0].is_deleted(),
                   "changes give deletions as well");
        });
    }

    void isolation(store_type& store) {
        const tenant_id one = tenant("one"), two = tenant("one ");
        random_source random(seed);
        const auto mine = random_row<specimen>(1, one, random);
        write(store, one, [&](writer& tx) {
            must("next_sequence", tx.next_sequence(7));
            record<specimen> row = mine;
            row.set_sequence(7);
            must("put", tx.put(row));
            must("put_value", tx.put_value("name", "mine"));
        });
        write(store, two, [&](writer& tx) {
            const std::vector<uuid> keys{mine.value.id};
            expect_same("get", row_at<specimen>(tx, mine.value.id), std::string("none"));
            auto many = tx.template get_many<specimen>(std::span<const uuid>(keys));
            expect(many && many->size() == 1 && !(*many)[0], "get_many finds another's row");
            auto found = tx.scan(all<specimen>());
            expect(found && found->empty(), "scan finds another's row");
            auto count = tx.count(all<specimen>());
            expect(count && *count == 0, "count counts another's row");
            expect_same("changes", numbers(tx.template changes<specimen>(0, 100)), std::string());
            auto value = tx.get_value("name");
            expect(value && !*value, "get_value gives another's value");
            auto last = tx.last_sequence();
            expect(last && *last == 0, "last_sequence tells of another's feed");
            auto next = tx.next_sequence(1);
            expect(next && *next == 1, "next_sequence goes on from another's feed");
            must("erase", tx.template erase<specimen>(mine.value.id));
            must("erase_many", tx.template erase_many<specimen>(std::span<const uuid>(keys)));
            must("put", tx.put(placed(1, 1)));
            must("put_value", tx.put_value("name", "theirs"));
            must("erase_value", tx.erase_value("other"));
            record<member> foreign{.value = {.number = 1, .tenant = one.name()}};
            expect_code("a row that says another tenant", tx.put(foreign), errc::forbidden);
        });
        read(store, one, [&](reader& tx) {
            record<specimen> row = mine;
            row.set_sequence(7);
            expect_same("the row", row_at<specimen>(tx, mine.value.id), image_of(row));
            auto value = tx.get_value("name");
            expect(value && *value && **value == "mine", "another's put_value changed a value");
        });
    }

    static record<member> person(std::int64_t number, std::optional<std::string> email,
                                 const char* whose = "one") {
        return {.value = {.number = number, .tenant = whose, .email = std::move(email)}};
    }
    void unique_values(store_type& store) {
        write(store, tenant(), [&](writer& tx) {
            must("put", tx.put(person(1, "a@x")));
            must("put", tx.put(person(2, std::nullopt)));
            must("null never clashes", tx.put(person(3, std::nullopt)));
            auto clash = tx.put(person(4, "a@x"));
            expect_code("a value that is taken", clash, errc::already_exists);
            if (!clash) expect(clash.error().entity == "member", "the error names the entity");
            expect_same("the row that was refused", row_at<member>(tx, 4), std::string("none"));
            expect(tx.is_usable(), "after already_exists the transaction goes on");
            must("the same row again", tx.put(person(1, "a@x")));
            must("another value", tx.put(person(4, "b@x")));
        });
        write(store, tenant("two"), [&](writer& tx) {
            must("the same value of another tenant", tx.put(person(1, "a@x", "two")));
        });
        write(store, tenant(), [&](writer& tx) {
            record<member> gone = person(1, "a@x");
            gone.value.is_deleted = true;
            must("a deletion", tx.put(gone));
            must("frees the value", tx.put(person(5, "a@x")));
            must("erase", tx.template erase<member>(4));
            must("frees it too", tx.put(person(6, "b@x")));
        });
        read(store, tenant(), [&](reader& tx) {
            expect_same("a refused row", row_at<member>(tx, 4), std::string("none"));
        });
    }

    void refusals(store_type& store) {
        write(store, tenant(), [&](writer& tx) {
            must("put", tx.put(person(1, "a@x")));
            record<specimen> bad{.value = make(1)};
            bad.value.real = std::numeric_limits<double>::quiet_NaN();
            expect_code("NaN", tx.put(bad), errc::invalid_value);
            bad = {.value = make(1)};
            bad.value.text = "\xFF";
            expect_code("a text that isn't UTF-8", tx.put(bad), errc::invalid_value);
            bad.value.text = std::string("a\0b", 3);
            auto done = tx.put(bad);
            expect_code("a text with NUL", done, errc::invalid_value);
            if (!done) expect(done.error().field == "text", "the error names the field");
            expect(tx.is_usable(), "after invalid_value the transaction goes on");
        });
        auto tx = begin_write(store, tenant());
        if (!must("begin_write", tx)) return;
        const std::vector<record<member>> rows{person(7, "c@x"), person(8, "a@x"),
                                               person(9, "d@x")};
        expect_code("put_many with a taken value", tx->put_many(rows), errc::already_exists);
        if (tx->is_usable()) {
            for (const std::int64_t number : {7, 8, 9})
                expect_same("a row of the refused call", row_at<member>(*tx, number),
                            std::string("none"));
            must("commit", tx->commit());
        } else {
            expect(!tx->commit(), "a transaction that isn't usable can't be committed");
        }
        read(store, tenant(), [&](reader& seen_by) {
            auto count = seen_by.count(all<member>());
            expect(count && *count == 1, "something is left of a refused call");
        });
    }

    template <class Query>
    void query_is_right(store_type& store, const std::vector<record<specimen>>& all_rows,
                        const Query& asked, const char* words) {
        std::vector<const record<specimen>*> wanted;
        for (const auto& each : all_rows)
            if (matches(asked, each.value)) wanted.push_back(&each);
        std::sort(wanted.begin(), wanted.end(),
                  [&](const auto* a, const auto* b) { return less(asked, a->value, b->value); });
        const query_view view = asked.view();
        if (view.limit && *view.limit < wanted.size())
            wanted.resize(static_cast<std::size_t>(*view.limit));
        std::string expected;
        for (const auto* each : wanted) expected += image_of(*each) + "\n";
        read(store, tenant(), [&](reader& tx) {
            expect_same(words, image_of(tx.scan(asked)), expected);
            expect_same(words, image_of(tx.template scan<specimen>(view)), expected);
            auto count = tx.count(asked);
            if (must("count", count))
                expect_same(words, *count, static_cast<std::int64_t>(wanted.size()));
        });
    }
    void queries(store_type& store) {
        using annotations::field;
        random_source random(seed);
        std::vector<record<specimen>> rows;
        for (std::uint64_t i = 0; i < 80; ++i)
            rows.push_back(random_row<specimen>(i, tenant(), random));
        write(store, tenant(), [&](writer& tx) { must("put_many", tx.put_many(rows)); });
        const auto whole = field<&specimen::whole>;
        const auto maybe = field<&specimen::maybe_whole>;
        const auto words = field<&specimen::text>;
        query_is_right(store, rows, all<specimen>(), "all");
        query_is_right(store, rows, where(whole == rows[3].value.whole), "equal");
        query_is_right(store, rows, where(whole > 20 && whole <= 70), "and");
        query_is_right(store, rows, where(whole < 10 || words == rows[5].value.text), "or");
        query_is_right(store, rows, where(!(maybe > 40)), "not, with nulls");
        query_is_right(store, rows, where(maybe.is_null()), "is_null");
        query_is_right(store, rows, where(words < rows[7].value.text),
                       "texts are ordered by bytes");
        query_is_right(store, rows, where(field<&specimen::how> == mood::sad), "an enum");
        query_is_right(store, rows, where(field<&specimen::flag> == true), "a truth");
        query_is_right(store, rows, where(field<&specimen::moment> > rows[9].value.moment),
                       "a time");
        query_is_right(store, rows, where(field<&specimen::id> == rows[2].value.id), "a key");
        query_is_right(store, rows, where(words.starts_with("a")), "starts_with");
        query_is_right(store, rows, where(words.contains("%")), "contains is no pattern");
        query_is_right(store, rows, where(whole.in(1, 5, rows[4].value.whole)), "in");
        query_is_right(store, rows, all<specimen>().order_by(descending(maybe), words).limit(30),
                       "an order with nulls, and a limit");
    }

    void pages(store_type& store) {
        using annotations::field;
        random_source random(seed);
        std::vector<record<specimen>> rows;
        for (std::uint64_t i = 0; i < 57; ++i)
            rows.push_back(random_row<specimen>(i, tenant(), random));
        write(store, tenant(), [&](writer& tx) { must("put_many", tx.put_many(rows)); });
        read(store, tenant(), [&](reader& tx) {
            const auto asked = all<specimen>().order_by(field<&specimen::how>).limit(10);
            std::set<uuid> met;
            auto page = tx.scan(asked);
            for (int i = 0; i < 20 && must("scan", page) && !page->empty(); ++i) {
                for (const auto& each : *page)
                    expect(met.insert(each.value.id).second, "a row is on two pages");
                page = tx.scan(asked.after(page->back().value));
            }
            expect_same("rows on pages", static_cast<std::int64_t>(met.size()), std::int64_t{57});
        });
    }

    void values(store_type& store) {
        const std::string bytes("a\0\xFF", 3), empty;
        write(store, tenant(), [&](writer& tx) {
            must("put_value", tx.put_value("bytes", bytes));
            must("put_value", tx.put_value("empty", empty));
            must("put_value", tx.put_value("gone", "x"));
            must("erase_value", tx.erase_value("gone"));
            must("put_value", tx.put_value("twice", "1"));
            must("put_value", tx.put_value("twice", "2"));
        });
        read(store, tenant(), [&](reader& tx) {
            const auto value = [&](const char* name) {
                auto found = tx.get_value(name);
                return found && *found ? **found : std::string("none");
            };
            expect(value("bytes") == bytes, "bytes of any value");
            expect(value("empty") == empty, "an empty value is a value");
            expect(value("gone") == "none", "an erased value");
            expect(value("twice") == "2", "the last value put");
        });
    }

    void large(store_type& store) {
        record<specimen> big{.value = make(1'000'000)};
        big.value.text.assign(1 << 20, 'x');
        big.value.bytes.assign(1 << 20, std::byte{7});
        std::vector<record<specimen>> rows;
        for (std::uint64_t i = 0; i < options_.many_rows; ++i)
            rows.push_back({.value = make(i, static_cast<std::int64_t>(i))});
        write(store, tenant(), [&](writer& tx) {
            must("put", tx.put(big));
            must("put_many", tx.put_many(rows));
        });
        read(store, tenant(), [&](reader& tx) {
            expect_same("a large row", row_at<specimen>(tx, big.value.id), image_of(big));
            auto found = tx.count(all<specimen>());
            expect(found && *found == static_cast<std::int64_t>(options_.many_rows) + 1,
                   "many rows");
            std::vector<uuid> keys;
            for (const auto& each : rows) keys.push_back(each.value.id);
            auto many = tx.template get_many<specimen>(std::span<const uuid>(keys));
            bool all_there = many && many->size() == keys.size();
            for (std::size_t i = 0; all_there && i < keys.size(); ++i)
                all_there = (*many)[i] && (*many)[i]->value.whole == rows[i].value.whole;
            expect(all_there, "get_many of many rows");
        });
    }

    void identity(store_type& store) {
        auto first = store.identity(), second = store.identity();
        if (must("identity", first) && must("identity", second))
            expect(*first == *second && first->history != uuid(), "the identity stays");
        auto other = make_();
        must("migrate", other->migrate());
        auto foreign = other->identity();
        expect(first && foreign && first->history != foreign->history,
               "two stores have two histories");
        must("migrate again", store.migrate());
    }

    void tenants(store_type& store) {
        if constexpr (lists_tenants<store_type>) {
            std::optional<tenant_id> last;
            for (const char* const name : {"b", "\xC3\xA4", "", "a b", "a"})
                write(store, tenant(name), [&](writer& tx) { (void)tx.next_sequence(1); });
            for (const char* const name : {"", "a", "a b", "b", "\xC3\xA4", "none"}) {
                auto next = store.tenant_after(last);
                if (!must("tenant_after", next)) return;
                last = *next;
                expect_same("tenant_after", last ? last->name() : "none", std::string(name));
            }
        }
    }
};

}  // namespace syncfw::testing::detail
