// SPDX-License-Identifier: BSL-1.0
// An entity with a field of every type that queries know, and random rows of it that hold what
// databases get wrong.
#pragma once

#include <syncfw/query/sql.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace specimens {

using namespace syncfw::annotations;

enum class colour { red, green, blue };

struct specimen {
    std::int64_t id = 0;
    bool flag = false;
    std::optional<bool> maybe_flag{};
    std::int64_t number = 0;
    std::optional<std::int64_t> maybe_number{};
    std::int8_t small = 0;
    double real = 0;
    std::optional<double> maybe_real{};
    float single = 0;
    std::string text{};
    std::optional<std::string> maybe_text{};
    syncfw::blob data{};
    std::optional<syncfw::blob> maybe_data{};
    syncfw::uuid token{};
    std::optional<syncfw::uuid> maybe_token{};
    syncfw::timestamp moment{};
    std::optional<syncfw::timestamp> maybe_moment{};
    colour shade = colour::red;
    std::optional<colour> maybe_shade{};
    std::vector<std::string> words{};
    std::optional<std::vector<std::string>> maybe_words{};
    std::vector<std::int64_t> numbers{};
    std::vector<syncfw::timestamp> path{};  // Named like a column of SQLite's json_each.
    std::vector<bool> value{};              // So is this one.
    std::vector<std::optional<colour>> shades{};
    syncfw::set_of<std::string> tags{};
    std::optional<syncfw::set_of<syncfw::uuid>> maybe_tokens{};
    syncfw::document key{};  // And this one.
    syncfw::document settings{};

    static constexpr auto sync_entity = entity<"specimen">(
        field<&specimen::id>(primary_key), field<&specimen::number>(column("Number of \'it\'")));
};

/// Chance that replays: the same seed gives the same rows on every machine.
class chance {
  public:
    explicit chance(std::uint64_t seed) : engine_(seed) {}

    std::size_t below(std::size_t count) { return static_cast<std::size_t>(engine_() % count); }
    bool once_in(std::size_t times) { return below(times) == 0; }
    std::uint64_t bits() { return engine_(); }

    template <class V>
    V one_of(std::initializer_list<V> values) {
        return *(values.begin() + below(values.size()));
    }

    std::int64_t integer() {
        constexpr auto min = std::numeric_limits<std::int64_t>::min();
        constexpr auto max = std::numeric_limits<std::int64_t>::max();
        if (once_in(4)) return static_cast<std::int64_t>(bits());
        return one_of<std::int64_t>({min, min + 1, -1, 0, 1, 2, 300, max - 1, max,
                                     (std::int64_t{1} << 53) + 1, -(std::int64_t{1} << 53) - 1});
    }

    double real() {
        using limits = std::numeric_limits<double>;
        if (once_in(4)) {
            const auto wide = static_cast<double>(static_cast<std::int64_t>(bits()));
            return wide / one_of({1.0, 3.0, 1e10, 1e300});
        }
        return one_of({0.0, -0.0, 0.1, -0.1, 1.0, 9007199254740993.0, limits::max(),
                       limits::lowest(), limits::min(), limits::denorm_min(), 1.0 / 3, 1e23, 5e-324,
                       2.2250738585072011e-308});
    }

    std::string text() {
        std::string made;
        for (std::size_t i = below(5); i > 0; --i)
            made += one_of<const char*>({"a",    "A",    "b",  "%", "_",       "\\", "'",    "\"",
                                         "*",    "?",    "[",  "]", "^",       "-",  "ä",    "Ä",
                                         "ß",    "€",    "😀", "𝒳", "e\u0301", " ",  "\n",   "\t",
                                         "\x01", "\x7f", "{",  "}", ",",       "$1", "NULL", "ab"});
        return made;
    }

    syncfw::blob bytes() {
        syncfw::blob made(below(4));
        for (auto& each : made) each = one_of({std::byte{0}, std::byte{1}, std::byte{0xFF}});
        return made;
    }

    syncfw::uuid uuid() {
        std::array<std::uint8_t, 16> made{};
        made[0] = one_of<std::uint8_t>({0, 1, 0x7F, 0x80, 0xFF});
        made[15] = one_of<std::uint8_t>({0, 1, 0xFF});
        return syncfw::uuid(made);
    }

    syncfw::timestamp moment() {
        using syncfw::timestamp;
        if (once_in(4)) return timestamp::from_microseconds(static_cast<std::int64_t>(bits()) >> 8);
        return one_of({timestamp::min(), timestamp::max(), timestamp{},
                       timestamp::from_microseconds(-1), timestamp::from_microseconds(1),
                       timestamp::from_microseconds(1'700'000'000'123'456)});
    }

    colour shade() { return one_of({colour::red, colour::green, colour::blue}); }

    syncfw::document document() {
        switch (below(5)) {
            case 0: return nullptr;
            case 1: return syncfw::document(text());
            case 2: return syncfw::document::array(text(), 1, nullptr);
            default: break;
        }
        auto made = syncfw::document::object();
        for (std::size_t i = below(4); i > 0; --i)
            made.set(text(), once_in(3) ? syncfw::document(nullptr) : syncfw::document(1));
        return made;
    }

    template <class Make>
    auto maybe(Make make) -> std::optional<decltype(make())> {
        if (once_in(3)) return std::nullopt;
        return make();
    }

    template <class Make>
    auto list(Make make) {
        std::vector<decltype(make())> made;
        for (std::size_t i = below(4); i > 0; --i) made.push_back(make());
        return made;
    }

    template <class Make>
    auto set(Make make) {
        syncfw::set_of<decltype(make())> made;
        for (std::size_t i = below(4); i > 0; --i) made.insert(make());
        return made;
    }

  private:
    std::mt19937_64 engine_;
};

inline specimen random_specimen(chance& c, std::int64_t id) {
    specimen s;
    s.id = id;
    s.flag = c.once_in(2);
    s.maybe_flag = c.maybe([&] { return c.once_in(2); });
    s.number = c.integer();
    s.maybe_number = c.maybe([&] { return c.integer(); });
    s.small = static_cast<std::int8_t>(c.bits() & 0xFF);
    s.real = c.real();
    s.maybe_real = c.maybe([&] { return c.real(); });
    s.single = c.one_of({0.1f, -0.0f, 3.4e38f, 1e-45f});
    s.text = c.text();
    s.maybe_text = c.maybe([&] { return c.text(); });
    s.data = c.bytes();
    s.maybe_data = c.maybe([&] { return c.bytes(); });
    s.token = c.uuid();
    s.maybe_token = c.maybe([&] { return c.uuid(); });
    s.moment = c.moment();
    s.maybe_moment = c.maybe([&] { return c.moment(); });
    s.shade = c.shade();
    s.maybe_shade = c.maybe([&] { return c.shade(); });
    s.words = c.list([&] { return c.text(); });
    s.maybe_words = c.maybe([&] { return c.list([&] { return c.text(); }); });
    s.numbers = c.list([&] { return c.integer(); });
    s.path = c.list([&] { return c.moment(); });
    s.value = c.list([&] { return c.once_in(2); });
    s.shades = c.list([&] { return c.maybe([&] { return c.shade(); }); });
    s.tags = c.set([&] { return c.text(); });
    s.maybe_tokens = c.maybe([&] { return c.set([&] { return c.uuid(); }); });
    s.key = c.document();
    s.settings = c.document();
    return s;
}

// --- JSON, as columns have it -----------------------------------------------------------------

inline void append_json(std::string& out, const syncfw::value_view& v) {
    if (v.is_null)
        out += "null";
    else if (v.kind == syncfw::value_kind::boolean)
        out += v.integer != 0 ? "true" : "false";
    else if (v.kind == syncfw::value_kind::integer)
        out += std::to_string(v.integer);
    else
        syncfw::detail::append_quoted(out, syncfw::detail::text_of(v), true);
}

inline void append_json(std::string& out, const syncfw::document& d) {
    if (const auto* members = d.members()) {
        out += '{';
        for (const auto& each : *members) {
            if (out.back() != '{') out += ',';
            syncfw::detail::append_quoted(out, each.key, true);
            out += ':';
            append_json(out, each.value);
        }
        out += '}';
    } else if (const auto* elements = d.elements()) {
        out += '[';
        for (const auto& each : *elements) {
            if (&each != elements->data()) out += ',';
            append_json(out, each);
        }
        out += ']';
    } else if (const auto* text = d.text()) {
        syncfw::detail::append_quoted(out, *text, true);
    } else if (const auto* integer = d.integer()) {
        out += std::to_string(*integer);
    } else {
        out += "null";
    }
}

/// What the column of the field at this place holds.
template <class D>
syncfw::sql::parameter column_value(const specimen& row, std::size_t place) {
    const syncfw::field_info& field = syncfw::entity_of<specimen>.fields[place];
    syncfw::value held;
    syncfw::visit_field(row, place, [&](const auto& seen) { held = syncfw::value(seen); });
    if (field.kind != syncfw::value_kind::json || held.is_null)
        return D::bind(field, syncfw::query_op::equal, held);
    std::string json;
    if (field.shape == syncfw::detail::value_shape::document) {
        append_json(json, field.name == "key" ? row.key : row.settings);
    } else {
        const bool is_set = field.shape == syncfw::detail::value_shape::set;
        json = is_set ? "{\"items\":[" : "[";
        std::string_view between = "";
        syncfw::visit_elements(row, place, [&](const auto& seen) {
            json += between;
            between = ",";
            append_json(json, seen);
            return true;
        });
        json += is_set ? "],\"seen\":{}}" : "]";
    }
    held.text = json;
    // SQLite's driver binds a text where PostgreSQL's needs the type's number.
    if (D::mark == '?') held.kind = syncfw::value_kind::text;
    return {held, place, false};
}

template <class Database>
void create_table(Database& database) {
    std::string text = "CREATE TABLE \"specimen\" (";
    for (const syncfw::field_info& each : syncfw::entity_of<specimen>.fields) {
        text.append("\"").append(each.column).append("\" ");
        text += syncfw::sql::column_type<typename Database::dialect>(each);
        if (!each.nullable) text += " NOT NULL";
        text += each.has(syncfw::meaning::primary_key) ? " PRIMARY KEY, " : ", ";
    }
    text.replace(text.size() - 2, 2, ")");
    database.run(text);
}

template <class Database>
void replace_rows(Database& database, const std::vector<specimen>& rows) {
    using dialect = typename Database::dialect;
    const std::size_t columns = syncfw::entity_of<specimen>.fields.size();
    std::string text = "INSERT INTO \"specimen\" VALUES (";
    for (std::size_t i = 1; i <= columns; ++i)
        text += dialect::mark + std::to_string(i) + (i == columns ? ")" : ", ");
    database.run("BEGIN");
    database.run("DELETE FROM \"specimen\"");
    for (const specimen& row : rows) {
        std::vector<syncfw::sql::parameter> values;
        for (std::size_t i = 0; i < columns; ++i) values.push_back(column_value<dialect>(row, i));
        (void)database.ids(text, values);
    }
    database.run("COMMIT");
}

}  // namespace specimens
