// SPDX-License-Identifier: BSL-1.0
// Goal: a push finds out in few steps what was answered before and what the database refuses, and
// exactly. Method: a database that checks references, whose transactions are counted.
#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/sync/server.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace syncfw;
using namespace syncfw::annotations;

namespace {

struct shelf {
    std::int64_t id = 0;
    static constexpr auto sync_entity = entity<"shelf">(field<&shelf::id>(primary_key));
};
struct book {
    std::int64_t id = 0;
    std::int64_t on = 0;
    std::optional<std::string> isbn{};
    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::on>(references<&shelf::id>),
                       field<&book::isbn>(unique));
};
using library = schema<book, shelf>;
using message = push_message<library>;

struct counting_store : sqlite::store<library> {
    int writes = 0;
    counting_store()
        : sqlite::store<library>(sqlite::open<library>(":memory:", {.references = true}).value()) {}
    result<writer> begin_write(const tenant_id& whose) {
        ++writes;
        return sqlite::store<library>::begin_write(whose);
    }
};

template <class T>
operation<T> making(const T& value, std::uint32_t group = 0) {
    return {.id = new_uuid(),
            .changed = field_mask::first(entity_of<T>.fields.size()),
            .before = value,
            .after = value,
            .group = group};
}

struct scene {
    counting_store store;
    server<world<counting_store>, last_write_wins> hub{store};

    scene() {
        message first;
        first.operations.of<shelf>().push_back(making(shelf{.id = 1}));
        REQUIRE(hub.push({}, first));
        store.writes = 0;
    }
    std::vector<operation_answer<book>> push(const std::vector<operation<book>>& books,
                                             bool is_repeated = false) {
        message asked{.is_repeated = is_repeated};
        asked.operations.of<book>() = books;
        auto answer = hub.push({}, asked);
        REQUIRE(answer);
        return answer->answers.of<book>();
    }
};

}  // namespace

TEST_CASE("push: however much the database refuses, it is tried twice") {
    scene s;
    std::vector<operation<book>> books;
    for (std::int64_t id = 1; id <= 2'000; ++id)
        books.push_back(making(book{.id = id, .on = id % 100 == 7 ? 1 : 2}));
    const auto answers = s.push(books);
    CHECK(s.store.writes == 2);
    for (std::size_t i = 0; i < books.size(); ++i) {
        const bool is_on_shelf = books[i].after.on == 1;
        CHECK((answers[i].outcome == push_outcome::applied) == is_on_shelf);
        CHECK((answers[i].code == errc::invalid_value) == !is_on_shelf);
        CHECK(answers[i].exists == is_on_shelf);
    }
}

TEST_CASE("push: what is refused takes its transaction with it, and says itself why") {
    scene s;
    const auto answers =
        s.push({making(book{.id = 1, .on = 1}, 1), making(book{.id = 2, .on = 2}, 1),
                making(book{.id = 3, .on = 1}, 2), making(book{.id = 4, .on = 2}, 1)});
    CHECK(answers[0].code == errc::conflict);
    CHECK(answers[1].code == errc::invalid_value);
    CHECK(answers[2].outcome == push_outcome::applied);
    CHECK(answers[3].code == errc::invalid_value);
    CHECK(s.store.writes == 2);
}

TEST_CASE("push: nobody is refused a value for a row that isn't written") {
    for (const bool is_last : {false, true}) {
        scene s;
        std::vector<operation<book>> books{making(book{.id = 1, .on = 1, .isbn = "a"}, 1),
                                           making(book{.id = 2, .on = 2}, 1),
                                           making(book{.id = 3, .on = 1, .isbn = "a"})};
        if (is_last) std::swap(books[1], books[2]);
        for (const auto& each : s.push(books))
            CHECK((each.outcome == push_outcome::applied) ==
                  (each.id == books[is_last ? 1 : 2].id));
    }
}

TEST_CASE("push: of two that want one value one gets it, in transactions of their own as well") {
    scene s;
    const auto answers =
        s.push({making(book{.id = 1, .on = 1, .isbn = "a"}, 1), making(book{.id = 2, .on = 1}, 1),
                making(book{.id = 3, .on = 1, .isbn = "a"}, 2), making(book{.id = 4, .on = 1}, 2)});
    CHECK(answers[0].outcome == push_outcome::applied);
    CHECK(answers[2].code == errc::already_exists);
    CHECK(answers[3].code == errc::conflict);
}

TEST_CASE("push: who wants what a refused transaction would have got gets it, beside others") {
    scene s;
    const auto wants = [](std::int64_t id, const char* isbn, std::uint32_t group) {
        return making(book{.id = id, .on = 1, .isbn = isbn}, group);
    };
    const auto answers = s.push(
        {wants(1, "a", 1), wants(2, "a", 2), wants(3, "b", 2), wants(4, "b", 3), wants(5, "a", 4)});
    CHECK(answers[0].outcome == push_outcome::applied);
    CHECK(answers[1].code == errc::already_exists);
    CHECK(answers[2].code == errc::conflict);
    CHECK(answers[3].outcome == push_outcome::applied);
    CHECK(answers[4].code == errc::already_exists);
}

TEST_CASE(
    "push: however many want one value, in transactions of their own, it is tried few times") {
    scene s;
    std::vector<operation<book>> books;
    for (std::int64_t id = 1; id <= 1'000; ++id)
        books.push_back(making(book{.id = id, .on = 1, .isbn = "a"}, std::uint32_t(id)));
    const auto answers = s.push(books);
    CHECK(answers[0].outcome == push_outcome::applied);
    for (std::size_t i = 1; i < answers.size(); ++i) CHECK(answers[i].code == errc::already_exists);
    CHECK(s.store.writes <= 20);
}

TEST_CASE("push: values that go from row to row, of which one can't, are tried few times") {
    for (const bool is_reversed : {false, true}) {
        scene s;
        std::vector<operation<book>> books;
        for (std::int64_t id = 1; id <= 1'000; ++id)
            books.push_back(making(book{.id = id, .on = 1, .isbn = std::to_string(id)}));
        s.push(books);
        s.store.writes = 0;
        // Each takes the value of the next one, and the last has no shelf.
        for (operation<book>& each : books) {
            const bool is_last = each.after.id == 1'000;
            each.id = new_uuid();
            each.base_version = 1;
            each.after.isbn = std::to_string(each.after.id + 1);
            each.after.on = is_last ? 2 : 1;
        }
        if (is_reversed) std::reverse(books.begin(), books.end());
        for (const auto& each : s.push(books))
            CHECK(each.code == (each.id == books[is_reversed ? 0 : 999].id ? errc::invalid_value
                                                                           : errc::already_exists));
        CHECK(s.store.writes <= 3);
    }
}

TEST_CASE("once: what comes again gets its first answer, whatever lies between its ids") {
    scene s;
    std::vector<operation<book>> books;
    for (std::int64_t id = 1; id <= 40; ++id)
        books.push_back(making(book{.id = id, .on = id % 10 == 0 ? 2 : 1}));
    books.front().id = uuid();
    books.back().id = uuid::parse("ffffffff-ffff-ffff-ffff-ffffffffffff").value();
    const auto check = [&](const std::vector<operation<book>>& again) {
        const auto answers = s.push(again, true);
        for (std::size_t i = 0; i < again.size(); ++i) {
            const bool is_on_shelf = again[i].after.on == 1;
            CHECK((answers[i].outcome == push_outcome::applied) == is_on_shelf);
            CHECK((answers[i].code == errc::invalid_value) == !is_on_shelf);
            CHECK(answers[i].version == (is_on_shelf ? 1 : 0));
        }
    };
    s.push(books);
    check(books);
    // Few of many, from one end to the other, and not in their order.
    check({books.back(), books[20], books.front()});
    check({books[12]});
    check({books[13], books[11]});
    // A new one among them.
    books[20] = making(book{.id = 100, .on = 1});
    check(books);
    operation<book> other = books[30];
    other.after.isbn = "a";
    CHECK(s.push({other}).front().code == errc::already_exists);
}
