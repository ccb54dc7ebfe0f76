// SPDX-License-Identifier: BSL-1.0
// Goal: the SQL of a query is a constant, exact to the character, in both dialects.

#include "unit/query/library.hpp"
#include <syncfw/query/sql.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace library;
namespace sql = syncfw::sql;
using syncfw::all;
using syncfw::descending;
using syncfw::where;

constexpr auto title = field<&book::title>;
constexpr auto pages = field<&book::pages>;
constexpr auto notes = field<&book::notes>;

// The constants, and the same texts made at run time.
template <class Query>
void check_where(const Query& asked, std::string_view in_sqlite, std::string_view in_postgres) {
    constexpr std::string_view sqlite = sql::where_text<sql::sqlite, Query>;
    constexpr std::string_view postgres = sql::where_text<sql::postgres, Query>;
    CHECK(sqlite == in_sqlite);
    CHECK(postgres == in_postgres);
    CHECK(sql::make_where_text<sql::sqlite>(asked.view()) == sqlite);
    CHECK(sql::make_where_text<sql::postgres>(asked.view()) == postgres);
}

template <class Query>
void check_tail(const Query& asked, std::string_view in_sqlite, std::string_view in_postgres) {
    CHECK(sql::tail_text<sql::sqlite, Query> == in_sqlite);
    CHECK(sql::tail_text<sql::postgres, Query> == in_postgres);
    CHECK(sql::make_tail_text<sql::sqlite>(asked.view()) == in_sqlite);
    CHECK(sql::make_tail_text<sql::postgres>(asked.view()) == in_postgres);
}

TEST_CASE("sql: comparisons") {
    check_where(where(pages == 1), R"("Pages" = ?1)", R"("Pages" = $1)");
    check_where(where(pages != 1), R"("Pages" <> ?1)", R"("Pages" <> $1)");
    check_where(where(pages < 1), R"("Pages" < ?1)", R"("Pages" < $1)");
    check_where(where(pages <= 1), R"("Pages" <= ?1)", R"("Pages" <= $1)");
    check_where(where(pages > 1), R"("Pages" > ?1)", R"("Pages" > $1)");
    check_where(where(pages >= 1), R"("Pages" >= ?1)", R"("Pages" >= $1)");
    check_where(where(pages.between(1, 2)), R"("Pages" BETWEEN ?1 AND ?2)",
                R"("Pages" BETWEEN $1 AND $2)");
    check_where(where(notes == std::nullopt), R"("notes" IS NULL)", R"("notes" IS NULL)");
    check_where(where(notes.is_not_null()), R"("notes" IS NOT NULL)", R"("notes" IS NOT NULL)");
}

TEST_CASE("sql: in has a parameter for each value, or one for a whole range") {
    check_where(where(pages.in(1, 2, 3)), R"("Pages" IN (?1, ?2, ?3))",
                R"("Pages" IN ($1, $2, $3))");
    check_where(where(pages.in(std::vector<int>{1})),
                R"("Pages" IN (SELECT value FROM json_each(?1)))", R"("Pages" = ANY($1))");
}

TEST_CASE("sql: texts") {
    check_where(where(title.like("D%")), R"("title" GLOB ?1)", R"("title" LIKE $1)");
    check_where(where(title.starts_with("D")), R"(substr("title", 1, length(?1)) = ?1)",
                R"(starts_with("title", $1))");
    check_where(where(title.ends_with("D")),
                R"(substr("title", length("title") - length(?1) + 1) = ?1)",
                R"(right("title", length($1)) = $1)");
    check_where(where(title.contains("D")), R"(instr("title", ?1) > 0)",
                R"(strpos("title", $1) > 0)");
}

TEST_CASE("sql: lists, sets and documents") {
    check_where(where(field<&book::authors>.contains("x")),
                R"(EXISTS (SELECT 1 FROM json_each("book"."authors") WHERE json_each.value = ?1))",
                R"("authors" @> to_jsonb($1))");
    check_where(
        where(field<&book::tags>.contains("x")),
        R"(EXISTS (SELECT 1 FROM json_each("book"."tags", '$.items') WHERE json_each.value = ?1))",
        R"(("tags" -> 'items') @> to_jsonb($1))");
    check_where(where(field<&book::extras>.has("x")),
                R"(EXISTS (SELECT 1 FROM json_each("book"."extras") WHERE json_each.key = ?1))",
                R"((jsonb_typeof("extras") = 'object' AND "extras" ? $1))");
    // An optional list that is null stays unknown.
    check_where(where(field<&book::editions>.contains(3)),
                R"(CASE WHEN "editions" IS NOT NULL THEN EXISTS (SELECT 1 FROM )"
                R"(json_each("book"."editions") WHERE json_each.value = ?1) END)",
                R"("editions" @> to_jsonb($1))");
}

TEST_CASE("sql: brackets stand where they mean something") {
    const auto a = pages == 1;
    const auto b = pages == 2;
    const auto c = pages == 3;
    const auto text = [](const auto& condition) {
        return std::string(sql::where_text<sql::sqlite, decltype(where(condition))>);
    };

    CHECK(text(a && b && c) == R"(("Pages" = ?1 AND "Pages" = ?2 AND "Pages" = ?3))");
    CHECK(text(a && (b && c)) == R"(("Pages" = ?1 AND "Pages" = ?2 AND "Pages" = ?3))");
    CHECK(text((a && b) || c) == R"((("Pages" = ?1 AND "Pages" = ?2) OR "Pages" = ?3))");
    CHECK(text(a && (b || c)) == R"(("Pages" = ?1 AND ("Pages" = ?2 OR "Pages" = ?3)))");
    CHECK(text(!a) == R"(NOT ("Pages" = ?1))");
    CHECK(text(!!a) == R"(NOT (NOT ("Pages" = ?1)))");
    CHECK(text(!(a || b) && c) == R"((NOT ("Pages" = ?1 OR "Pages" = ?2) AND "Pages" = ?3))");
}

TEST_CASE("sql: the key makes every order total") {
    check_tail(all<book>(), R"( ORDER BY "id")", R"( ORDER BY "id")");
    check_tail(all<book>().order_by(descending(pages), title),
               R"( ORDER BY "Pages" DESC, "title", "id")",
               R"( ORDER BY "Pages" DESC, "title", "id")");
    // Named already, it stays where it is.
    check_tail(all<book>().order_by(title, descending(field<&book::id>)),
               R"( ORDER BY "title", "id" DESC)", R"( ORDER BY "title", "id" DESC)");
    check_tail(all<loan>().order_by(field<&loan::book_id>), R"( ORDER BY "book_id", "reader")",
               R"( ORDER BY "book_id", "reader")");
}

TEST_CASE("sql: nulls come first ascending and last descending") {
    check_tail(all<book>().order_by(notes, descending(field<&book::read>)),
               R"( ORDER BY "notes", "read" DESC, "id")",
               R"( ORDER BY "notes" NULLS FIRST, "read" DESC NULLS LAST, "id")");
}

TEST_CASE("sql: paging by the key alone") {
    check_tail(all<book>().after(7).limit(10), R"( WHERE "id" > ?1 ORDER BY "id" LIMIT ?2)",
               R"( WHERE "id" > $1 ORDER BY "id" LIMIT $2)");
    check_tail(all<book>().order_by(descending(field<&book::id>)).after(7),
               R"( WHERE "id" < ?1 ORDER BY "id" DESC)", R"( WHERE "id" < $1 ORDER BY "id" DESC)");
    check_tail(all<loan>().after("ann", 7),
               R"( WHERE ("reader", "book_id") > (?1, ?2) ORDER BY "reader", "book_id")",
               R"( WHERE ("reader", "book_id") > ($1, $2) ORDER BY "reader", "book_id")");
}

TEST_CASE("sql: paging in mixed directions") {
    check_tail(where(pages > 1).order_by(descending(title)).after(book{}).limit(2),
               R"( WHERE "Pages" > ?1 AND ("title" <= ?2 AND ("title" < ?2 OR "id" > ?3)))"
               R"( ORDER BY "title" DESC, "id" LIMIT ?4)",
               R"( WHERE "Pages" > $1 AND ("title" <= $2 AND ("title" < $2 OR "id" > $3)))"
               R"( ORDER BY "title" DESC, "id" LIMIT $4)");
}

TEST_CASE("sql: paging over nulls") {
    check_tail(all<book>().order_by(notes).after(book{}),
               R"( WHERE (("notes" > ?1 OR (?1 IS NULL AND "notes" IS NOT NULL)))"
               R"( OR ("notes" IS ?1 AND "id" > ?2)) ORDER BY "notes", "id")",
               R"( WHERE (("notes" > $1 OR ($1 IS NULL AND "notes" IS NOT NULL)))"
               R"( OR ("notes" IS NOT DISTINCT FROM $1 AND "id" > $2)))"
               R"( ORDER BY "notes" NULLS FIRST, "id")");
    check_tail(all<book>().order_by(descending(notes)).after(book{}),
               R"( WHERE (("notes" < ?1 OR (?1 IS NOT NULL AND "notes" IS NULL)))"
               R"( OR ("notes" IS ?1 AND "id" > ?2)) ORDER BY "notes" DESC, "id")",
               R"( WHERE (("notes" < $1 OR ($1 IS NOT NULL AND "notes" IS NULL)))"
               R"( OR ("notes" IS NOT DISTINCT FROM $1 AND "id" > $2)))"
               R"( ORDER BY "notes" DESC NULLS LAST, "id")");
}

TEST_CASE("sql: a whole statement names every column") {
    const auto asked = where(field<&loan::days> > 30).limit(5);
    CHECK(sql::select_text<sql::sqlite, decltype(asked)> ==
          R"(SELECT "reader", "book_id", "note", "days" FROM "loan" WHERE "days" > ?1)"
          R"( ORDER BY "reader", "book_id" LIMIT ?2)");
}

TEST_CASE("sql: an adapter's own parameters come first") {
    const auto asked = where(pages > 1 && title == "x").order_by(title).after(book{});
    CHECK(sql::where_text<sql::postgres, decltype(asked), 3> ==
          R"(("Pages" > $3 AND "title" = $4))");
    CHECK(sql::after_text<sql::postgres, decltype(asked), 3> == R"(("title", "id") > ($5, $6))");
    CHECK(sql::order_text<sql::postgres, decltype(asked)> == R"("title", "id")");
    CHECK(sql::make_after_text<sql::postgres>(asked.view(), 3) == R"(("title", "id") > ($5, $6))");
}

TEST_CASE("sql: a query for every row has no condition") {
    CHECK(sql::where_text<sql::sqlite, decltype(all<book>())>.empty());
    CHECK(sql::after_text<sql::sqlite, decltype(all<book>())>.empty());
}

TEST_CASE("sql: parameters stand in the order of their numbers") {
    const book last{.id = 7, .notes = {}};
    const auto asked = where(pages > 1 && title == "x").order_by(notes).after(last).limit(9);
    const auto values = sql::parameters<sql::sqlite>(asked);

    REQUIRE(values.size() == 5);
    CHECK(values[0].bound == syncfw::value::of(1));
    CHECK(values[0].place == syncfw::place_of<&book::pages>);
    CHECK(values[1].bound == syncfw::value::of(std::string("x")));
    CHECK(values[2].bound.is_null);
    CHECK(values[2].bound.kind == syncfw::value_kind::text);
    CHECK(values[3].bound == syncfw::value::of(7));
    CHECK(values[4].bound == syncfw::value::of(9));
    CHECK(values[4].place == syncfw::no_field);
}

template <class D, class Query>
syncfw::sql::parameter first(const Query& asked) {
    return sql::parameters<D>(asked).at(0);
}

TEST_CASE("sql: SQLite gets uuids as their texts and ranges as JSON") {
    using namespace syncfw::literals;
    const auto id = "0192f0c1-7a3b-7c4d-8e5f-60718293a4b5"_uuid;
    const auto one = first<sql::sqlite>(where(field<&book::owner> == id)).bound;
    CHECK(one.kind == syncfw::value_kind::text);
    CHECK(one.text == "0192f0c1-7a3b-7c4d-8e5f-60718293a4b5");
    CHECK(first<sql::sqlite>(where(field<&book::owner>.in(std::vector{id, id}))).bound.text ==
          R"(["0192f0c1-7a3b-7c4d-8e5f-60718293a4b5","0192f0c1-7a3b-7c4d-8e5f-60718293a4b5"])");
    CHECK(first<sql::sqlite>(where(pages.in(std::vector{1, -2}))).bound.text == "[1,-2]");
    CHECK(first<sql::sqlite>(where(title.in(std::vector<std::string>{"a\"\\\n", ""}))).bound.text ==
          R"(["a\"\\\u000a",""])");
}

TEST_CASE("sql: PostgreSQL gets ranges as array literals") {
    const auto list = first<sql::postgres>(where(title.in(std::vector<std::string>{"a\"\\", ""})));
    CHECK(list.is_array);
    CHECK(list.bound.kind == syncfw::value_kind::text);
    CHECK(list.bound.text == R"({"a\"\\",""})");
    CHECK(first<sql::postgres>(where(pages.in(std::vector<int>{}))).bound.text == "{}");
}

TEST_CASE("sql: a pattern becomes the dialect's own") {
    const auto in_sqlite = [](std::string_view pattern) {
        return first<sql::sqlite>(where(title.like(pattern))).bound.text;
    };
    const auto in_postgres = [](std::string_view pattern) {
        return first<sql::postgres>(where(title.like(pattern))).bound.text;
    };
    CHECK(in_sqlite("Du%_") == "Du*?");
    CHECK(in_sqlite("\\%\\_\\\\") == "%_\\");
    CHECK(in_sqlite("*?[]") == "[*][?][[]]");
    CHECK(in_sqlite("\\*a\\") == "[*]a\\");
    CHECK(in_postgres("Du%_\\%") == "Du%_\\%");
    CHECK(in_postgres("a\\") == "a\\\\");
    CHECK(in_postgres("a\\\\") == "a\\\\");
}

TEST_CASE("sql: each kind has its column") {
    const auto types = [](std::size_t place) {
        const auto& info = syncfw::entity_of<book>.fields[place];
        return std::string(sql::column_type<sql::sqlite>(info)) + " | " +
               std::string(sql::column_type<sql::postgres>(info));
    };
    using syncfw::place_of;
    CHECK(types(place_of<&book::is_lent>) == "INTEGER | boolean");
    CHECK(types(place_of<&book::pages>) == "INTEGER | bigint");
    CHECK(types(place_of<&book::price>) == "INTEGER | bigint");
    CHECK(types(place_of<&book::weight>) == "REAL | double precision");
    CHECK(types(place_of<&book::notes>) == "TEXT | text COLLATE \"C\"");
    CHECK(types(place_of<&book::stands_on>) == "TEXT | text COLLATE \"C\"");
    CHECK(types(place_of<&book::cover>) == "BLOB | bytea");
    CHECK(types(place_of<&book::owner>) == "TEXT | uuid");
    CHECK(types(place_of<&book::bought>) == "INTEGER | timestamptz");
    CHECK(types(place_of<&book::tags>) == "TEXT | jsonb");
    CHECK(types(place_of<&book::iban>) == "BLOB | bytea");
}

}  // namespace
