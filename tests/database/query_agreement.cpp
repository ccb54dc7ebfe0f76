// SPDX-License-Identifier: BSL-1.0
// Goal: a query finds the same rows in the same order in memory, in SQLite and in PostgreSQL.
// Method: random rows and random queries over every operation and type, asked of all three.

#include "database/databases.hpp"
#include "database/specimen.hpp"
#include <syncfw/query/matches.hpp>
#include <syncfw/query/words.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace syncfw;
using specimens::chance;
using specimens::specimen;

constexpr entity_info info = entity_of<specimen>;

/// A query without a type, and what it borrows.
struct random_query {
    std::vector<query_node> nodes{};
    std::vector<value> values{};
    std::vector<order_term> order{};
    std::vector<value> after{};
    std::optional<std::uint64_t> limit{};

    [[nodiscard]] query_view view() const { return {info, nodes, values, order, after, limit}; }
};

class query_maker {
  public:
    query_maker(chance& c, const std::vector<specimen>& rows) : chance_(c), rows_(rows) {}

    random_query make() {
        made_ = {};
        if (!chance_.once_in(20)) add_condition(4);
        for (std::size_t i = chance_.below(4); i > 0; --i) {
            const std::size_t place = chance_.below(info.fields.size());
            if (info.fields[place].kind == value_kind::json) continue;
            made_.order.push_back({static_cast<std::uint8_t>(place), chance_.once_in(2)});
        }
        made_.order.push_back({0, chance_.once_in(2)});
        if (chance_.once_in(2)) {
            const specimen& last = rows_[chance_.below(rows_.size())];
            for (const order_term& each : made_.order)
                made_.after.push_back(held(last, each.place));
        }
        if (chance_.once_in(3)) made_.limit = chance_.below(10);
        return std::move(made_);
    }

  private:
    void add_condition(std::size_t depth) {
        if (depth == 0 || chance_.once_in(3)) return add_term();
        add_condition(depth - 1);
        if (chance_.once_in(4)) {
            made_.nodes.push_back({.op = query_op::negation});
            return;
        }
        add_condition(depth - 1);
        made_.nodes.push_back({.op = chance_.one_of({query_op::both, query_op::either})});
    }

    void add_term() {
        // The operation comes first: it fits few fields or many, and is as rare as the others.
        query_node node;
        node.op = static_cast<query_op>(chance_.below(static_cast<std::size_t>(query_op::both)));
        do node.place = static_cast<std::uint8_t>(chance_.below(info.fields.size()));
        while (detail::problem_of_term(info.fields[node.place], node.op) !=
               detail::term_problem::none);
        node.first = static_cast<std::uint16_t>(made_.values.size());
        add_values(node);
        node.count = static_cast<std::uint16_t>(made_.values.size() - node.first);
        made_.nodes.push_back(node);
    }

    void add_values(const query_node& node) {
        const field_info& field = info.fields[node.place];
        switch (node.op) {
            case query_op::is_null:
            case query_op::is_not_null: return;
            case query_op::in:
                for (std::size_t i = chance_.below(4); i > 0; --i) add_value(node.place);
                return;
            case query_op::in_list: {
                value list;
                list.kind = field.kind;
                list.is_null = false;
                for (std::size_t i = chance_.below(4); i > 0; --i)
                    list.elements.push_back(a_value(node.place));
                made_.values.push_back(std::move(list));
                return;
            }
            case query_op::between:
                add_value(node.place);
                add_value(node.place);
                return;
            case query_op::like:
                made_.values.push_back(value::of(pattern(a_value(node.place).text)));
                return;
            case query_op::starts_with:
            case query_op::ends_with:
                made_.values.push_back(value::of(piece(a_value(node.place).text)));
                return;
            case query_op::contains:
                if (field.kind != value_kind::json)
                    made_.values.push_back(value::of(piece(a_value(node.place).text)));
                else
                    made_.values.push_back(an_element(node.place, field.element));
                return;
            case query_op::has:
                made_.values.push_back(an_element(node.place, value_kind::text));
                return;
            default: add_value(node.place);
        }
    }

    void add_value(std::size_t place) { made_.values.push_back(a_value(place)); }

    static value held(const specimen& row, std::size_t place) {
        value found;
        visit_field(row, place, [&](const value_view& seen) { found = value(seen); });
        return found;
    }

    // Mostly one that some row holds, or nearly holds.
    value a_value(std::size_t place) {
        if (!chance_.once_in(4)) {
            value found = held(rows_[chance_.below(rows_.size())], place);
            if (!found.is_null) return found;
        }
        if (info.fields[place].shape == detail::value_shape::enumeration)
            return value::of(chance_.shade());
        return of_kind(info.fields[place].kind);
    }

    value an_element(std::size_t place, value_kind kind) {
        std::vector<value> all;
        visit_elements(rows_[chance_.below(rows_.size())], place, [&](const value_view& seen) {
            if (!seen.is_null) all.emplace_back(seen);
            return true;
        });
        return all.empty() ? of_kind(kind) : all[chance_.below(all.size())];
    }

    value of_kind(value_kind kind) {
        switch (kind) {
            case value_kind::boolean: return value::of(chance_.once_in(2));
            case value_kind::integer: return value::of(chance_.integer());
            case value_kind::real: return value::of(chance_.real());
            case value_kind::bytes: return value::of(chance_.bytes());
            case value_kind::uuid: return value::of(chance_.uuid());
            case value_kind::timestamp: return value::of(chance_.moment());
            default: return value::of(chance_.text());
        }
    }

    /// Some characters of it, from anywhere.
    std::string piece(const std::string& text) {
        std::vector<std::string> characters = split(text);
        std::string found;
        const std::size_t first = chance_.below(characters.size() + 1);
        const std::size_t last = first + chance_.below(characters.size() - first + 1);
        for (std::size_t i = first; i < last; ++i) found += characters[i];
        return chance_.once_in(8) ? found + chance_.text() : found;
    }

    std::string pattern(const std::string& text) {
        std::string made;
        for (const std::string& each : split(text)) {
            switch (chance_.below(6)) {
                case 0: made += '%'; break;
                case 1: made += '_'; break;
                case 2: made += '\\' + each; break;
                case 3: made += each + '%'; break;
                default: made += each;
            }
        }
        return made + chance_.one_of<const char*>({"", "", "%", "_", "\\", "\\\\", "\\%"});
    }

    static std::vector<std::string> split(const std::string& text) {
        std::vector<std::string> characters;
        for (std::size_t at = 0; at < text.size(); at += characters.back().size())
            characters.push_back(text.substr(at, detail::character_size(text, at)));
        return characters;
    }

    chance& chance_;
    const std::vector<specimen>& rows_;
    random_query made_{};
};

std::vector<std::int64_t> in_memory(const query_view& asked, const std::vector<specimen>& rows) {
    std::vector<const specimen*> found;
    for (const specimen& each : rows)
        if (matches(asked, each)) found.push_back(&each);
    std::sort(found.begin(), found.end(),
              [&](const specimen* a, const specimen* b) { return less(asked, *a, *b); });
    if (asked.limit && found.size() > *asked.limit) found.resize(*asked.limit);
    std::vector<std::int64_t> ids;
    for (const specimen* each : found) ids.push_back(each->id);
    return ids;
}

template <class Database>
void check_agreement(Database& database, const query_view& asked,
                     const std::vector<std::int64_t>& expected, std::uint64_t seed) {
    using dialect = typename Database::dialect;
    const std::string text =
        "SELECT \"id\" FROM \"specimen\"" + sql::make_tail_text<dialect>(asked);
    const auto found = database.ids(text, sql::parameters<dialect>(asked));
    if (found == expected) return;
    INFO("seed " << seed);
    INFO(in_words(asked));
    INFO(text);
    CHECK(found == expected);
}

std::vector<specimen> random_rows(chance& c, std::size_t count) {
    std::vector<specimen> rows;
    for (std::size_t i = 0; i < count; ++i)
        rows.push_back(specimens::random_specimen(c, static_cast<std::int64_t>(i)));
    return rows;
}

constexpr std::uint64_t batches = 30;
constexpr int queries_per_batch = 200;
constexpr std::size_t rows_per_batch = 50;

template <class Database>
void check_random_queries(Database& database) {
    specimens::create_table(database);
    std::size_t some = 0;
    for (std::uint64_t seed = 1; seed <= batches; ++seed) {
        chance c(seed);
        const std::vector<specimen> rows = random_rows(c, rows_per_batch);
        specimens::replace_rows(database, rows);
        query_maker maker(c, rows);
        for (int i = 0; i < queries_per_batch; ++i) {
            const random_query asked = maker.make();
            const auto expected = in_memory(asked.view(), rows);
            some += expected.empty() || expected.size() == rows.size() ? 0 : 1;
            check_agreement(database, asked.view(), expected, seed);
        }
    }
    // Queries that find nothing or everything prove little.
    CHECK(some > batches * queries_per_batch / 3);
}

TEST_CASE("query agreement: SQLite finds what memory finds, in the same order") {
    databases::sqlite database;
    check_random_queries(database);
}

TEST_CASE("query agreement: PostgreSQL finds what memory finds, in the same order") {
    if (const auto database = databases::postgres::open()) check_random_queries(*database);
}

// --- typed queries ----------------------------------------------------------------------------

template <class Database, auto Shape>
void check_typed(Database& database, const query<specimen, Shape>& asked,
                 const std::vector<specimen>& rows) {
    using dialect = typename Database::dialect;
    const std::string text(sql::select_text<dialect, query<specimen, Shape>>);
    CHECK(text == sql::make_select_text<dialect>(asked.view()));
    INFO(text);
    CHECK(database.ids(text, sql::parameters<dialect>(asked)) == in_memory(asked.view(), rows));
}

template <class Database>
void check_typed_queries(Database& database) {
    constexpr auto text = field<&specimen::text>;
    constexpr auto maybe_text = field<&specimen::maybe_text>;
    constexpr auto number = field<&specimen::number>;
    const std::vector<std::int64_t> many{1, 2, 300, -1};
    specimens::create_table(database);
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        chance c(seed);
        const std::vector<specimen> rows = random_rows(c, 200);
        specimens::replace_rows(database, rows);
        const auto check = [&](const auto& asked) { check_typed(database, asked, rows); };
        check(all<specimen>());
        check(all<specimen>().after(100).limit(7));
        check(where(number == 300 || number < -1));
        check(where(number.in(many) && !text.in("a", "b")));
        check(where(number.in(std::vector<std::int64_t>{})));
        check(where(!number.in(std::vector<std::int64_t>{})));
        check(where(field<&specimen::real>.between(-0.0, 1) || field<&specimen::single> == 0.1f));
        check(where(text.starts_with("") && text.ends_with("") && text.contains("")));
        check(where(!maybe_text.starts_with("")));
        check(where(!maybe_text.ends_with("")));
        check(where(text.like("%a%") || text.like("_") || text.like("%\\")));
        check(where(maybe_text == std::nullopt || maybe_text != "a"));
        check(where(field<&specimen::shade> == specimens::colour::red &&
                    field<&specimen::maybe_shade> != specimens::colour::blue));
        check(where(field<&specimen::words>.contains("a") || field<&specimen::words>.contains("")));
        check(where(!field<&specimen::maybe_words>.contains("a")));
        check(where(field<&specimen::numbers>.contains(INT64_MIN)));
        check(where(field<&specimen::path>.contains(timestamp::max())));
        check(where(field<&specimen::value>.contains(true)));
        check(where(field<&specimen::shades>.contains(specimens::colour::green)));
        check(where(field<&specimen::tags>.contains("\"")));
        check(where(!field<&specimen::maybe_tokens>.contains(syncfw::uuid{})));
        check(where(field<&specimen::key>.has("a") || field<&specimen::settings>.has("\\")));
        check(where(field<&specimen::moment> > timestamp{})
                  .order_by(descending(field<&specimen::maybe_text>), field<&specimen::data>)
                  .after(rows[7])
                  .limit(20));
        check(all<specimen>().order_by(field<&specimen::shade>, field<&specimen::flag>,
                                       descending(field<&specimen::real>)));
    }
}

TEST_CASE("query agreement: typed queries in SQLite") {
    databases::sqlite database;
    check_typed_queries(database);
}

TEST_CASE("query agreement: typed queries in PostgreSQL") {
    if (const auto database = databases::postgres::open()) check_typed_queries(*database);
}

}  // namespace
