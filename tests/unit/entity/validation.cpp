// SPDX-License-Identifier: BSL-1.0
// Goal: each rule passes what it should, fails what it should, and says so without telling
// secrets. Method: for each rule both sides of its border.
#include <syncfw/entity/validation.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace syncfw::annotations;
using syncfw::validate;
using syncfw::violations;

enum class kind { call, mail, visit };

struct place {
    std::string city{};
    double latitude = 0;
    std::vector<kind> kinds{};
};

struct visit {
    int id = 0;
    std::string title{"x"};
    std::optional<std::string> notes{};
    int stars = 1;
    std::optional<double> factor{};
    kind type = kind::call;
    std::string channel{"a"};
    std::optional<std::string> mail{};
    std::string zip{"12345"};
    std::optional<std::int64_t> even{};
    syncfw::uuid author = syncfw::make_uuid_v4({1});
    std::vector<std::string> tags{};
    syncfw::blob picture{};
    syncfw::secret<std::string> token{std::string("abcd")};
    std::string iban{};
    std::optional<syncfw::timestamp> from{};
    std::optional<syncfw::timestamp> to{};
    place where{};
    syncfw::document extra{};

    // The parameter is generic, because the struct isn't complete here.
    static constexpr auto sync_entity = entity<"visit">(
        field<&visit::id>(primary_key), field<&visit::title>(required, length<1, 5>),
        field<&visit::notes>(length<2, 4>, default_value("none")),
        field<&visit::stars>(range(1, 5), default_value(3)), field<&visit::factor>(range(0, 1)),
        field<&visit::type>(one_of(kind::call, kind::visit), default_value(kind::visit)),
        field<&visit::channel>(one_of("a", "b")), field<&visit::mail>(is::email),
        field<&visit::zip>(pattern<"[0-9]{5}">),
        field<&visit::even>(satisfies("be even", [](std::int64_t n) { return n % 2 == 0; })),
        field<&visit::author>(required), field<&visit::tags>(max_length<2>),
        field<&visit::picture>(max_length<3>), field<&visit::token>(local_only, length<4, 8>),
        field<&visit::iban>(encrypted, max_length<4>),
        check("to must not be before from",
              [](const auto& v) { return !v.from || !v.to || *v.from <= *v.to; }));
};

/// The only violation, as `rule: words`; "" for none, "several" for more.
std::string said(const visit& value) {
    const auto all = violations(value);
    const auto first = validate(value);
    CHECK(first.has_value() == all.empty());
    if (all.empty()) return "";
    CHECK(first.error().code == syncfw::errc::invalid_value);
    CHECK(first.error().entity == "visit");
    CHECK(first.error().field == all[0].field);
    CHECK(first.error().message == all[0].words);
    if (all.size() > 1) return "several";
    return std::string(all[0].rule) + ": " + all[0].words;
}

visit with(auto change) {
    visit value;
    change(value);
    return value;
}

TEST_CASE("validation: a value that keeps all rules has no violation") {
    CHECK(said(visit{}).empty());
}

TEST_CASE("validation: required") {
    CHECK(said(with([](visit& v) { v.author = {}; })) == "required: author must have a value");
    const auto all = violations(with([](visit& v) { v.title = ""; }));
    REQUIRE(all.size() == 2);
    CHECK(all[0].rule == "required");
    CHECK(all[1].words == "title must have 1 to 5 characters, it has 0");
}

TEST_CASE("validation: length counts characters of texts and elements of lists") {
    CHECK(said(with([](visit& v) { v.title = "ééééé"; })).empty());
    CHECK(said(with([](visit& v) { v.title = "éééééé"; })) ==
          "length: title must have 1 to 5 characters, it has 6");
    CHECK(said(with([](visit& v) { v.title = "😀😀😀😀😀"; })).empty());
    CHECK(said(with([](visit& v) { v.notes = "x"; })) ==
          "length: notes must have 2 to 4 characters, it has 1");
    CHECK(said(with([](visit& v) { v.tags = {"a", "b"}; })).empty());
    CHECK(said(with([](visit& v) { v.tags = {"a", "b", "c"}; })) ==
          "length: tags must have at most 2 elements, it has 3");
    CHECK(said(with([](visit& v) { v.picture.resize(4); })) ==
          "length: picture must have at most 3 elements, it has 4");
}

TEST_CASE("validation: range includes its ends") {
    CHECK(said(with([](visit& v) { v.stars = 5; })).empty());
    CHECK(said(with([](visit& v) { v.stars = 6; })) == "range: stars must be from 1 to 5, it is 6");
    CHECK(said(with([](visit& v) { v.stars = -1; })) ==
          "range: stars must be from 1 to 5, it is -1");
    CHECK(said(with([](visit& v) { v.factor = 1.0; })).empty());
    CHECK(said(with([](visit& v) { v.factor = 1.5; })) ==
          "range: factor must be from 0 to 1, it is 1.5");
}

TEST_CASE("validation: one_of") {
    CHECK(said(with([](visit& v) { v.type = kind::visit; })).empty());
    CHECK(said(with([](visit& v) { v.type = kind::mail; })) ==
          "one_of: type must be one of call, visit");
    CHECK(said(with([](visit& v) { v.channel = "b"; })).empty());
    CHECK(said(with([](visit& v) { v.channel = "private matter"; })) ==
          "one_of: channel must be one of a, b");
}

TEST_CASE("validation: pattern and satisfies") {
    CHECK(said(with([](visit& v) { v.zip = "1234"; })) == "pattern: zip must match [0-9]{5}");
    CHECK(said(with([](visit& v) { v.even = 4; })).empty());
    CHECK(said(with([](visit& v) { v.even = 5; })) == "satisfies: even must be even");
}

TEST_CASE("validation: email") {
    const std::string l64(64, 'l');
    const std::string d63(63, 'd');
    for (const std::string& good :
         std::vector<std::string>{"a@b.c", "first.last+tag@sub.example.org", "x@münchen.de",
                                  "ä@b.c", l64 + "@b.c", "a@" + d63 + ".de", "a@1.2"}) {
        CAPTURE(good);
        CHECK(said(with([&](visit& v) { v.mail = good; })).empty());
    }
    for (const std::string& bad :
         std::vector<std::string>{"",
                                  "@",
                                  "a",
                                  "a@",
                                  "@b.c",
                                  "a@b",
                                  "a@@b.c",
                                  "a@b@c.d",
                                  "a b@c.d",
                                  "a@b .c",
                                  "a\n@b.c",
                                  "a@.b.c",
                                  "a@b..c",
                                  "a@b.c.",
                                  "a@-b.c",
                                  "a@b-.c",
                                  "a@b_c.d",
                                  l64 + "l@b.c",
                                  "a@" + d63 + "d.de",
                                  "a\x7F@b.c",
                                  "a@" + d63 + "." + d63 + "." + d63 + "." + d63 + ".de"}) {
        CAPTURE(bad);
        CHECK(said(with([&](visit& v) { v.mail = bad; })) ==
              "email: mail must be an e-mail address");
    }
}

TEST_CASE("validation: checks of the whole entity come last, and have no field") {
    const auto late = syncfw::timestamp::max();
    const visit wrong = with([&](visit& v) { v.from = late, v.to = syncfw::timestamp::min(); });
    CHECK(said(wrong) == "check: to must not be before from");
    CHECK(violations(wrong)[0].field.empty());
    CHECK(said(with([&](visit& v) { v.from = late, v.to = late; })).empty());
}

TEST_CASE("validation: what holds for every value, also deep inside") {
    CHECK(said(with([](visit& v) { v.title = "a\xFF"; })) ==
          "utf8: title must be valid UTF-8 without NUL");
    CHECK(said(with([](visit& v) { v.title = std::string("a\0b", 3); })) ==
          "utf8: title must be valid UTF-8 without NUL");
    CHECK(said(with([](visit& v) { v.tags = {"a", "\xC0\x80"}; })) ==
          "utf8: tags[1] must be valid UTF-8 without NUL");
    CHECK(said(with([](visit& v) { v.where.city = "\xED\xA0\x80"; })) ==
          "utf8: where.city must be valid UTF-8 without NUL");
    const double bad[] = {std::numeric_limits<double>::infinity(),
                          -std::numeric_limits<double>::infinity(),
                          std::numeric_limits<double>::quiet_NaN()};
    for (const double each : bad)
        CHECK(said(with([&](visit& v) { v.where.latitude = each; })) ==
              "finite: where.latitude must be a finite number");
    CHECK(said(with([](visit& v) { v.where.kinds = {kind::mail, static_cast<kind>(9)}; })) ==
          "enumerator: where.kinds[1] must be one of the names of its enum");
    using syncfw::document;
    CHECK(said(with([](visit& v) { v.extra = document::array(1, "\xFF"); })) ==
          "utf8: extra[1] must be valid UTF-8 without NUL");
    CHECK(said(with([](visit& v) { v.extra = document::object({{"\xFF", 1}}); })) ==
          "utf8: extra must be valid UTF-8 without NUL");
    document deep;
    for (int i = 0; i < 64; ++i) deep = document::array(deep);
    CHECK(said(with([&](visit& v) { v.extra = deep; })).empty());
    CHECK(said(with([&](visit& v) { v.extra = document::array(deep); })) ==
          "depth: extra must not be nested deeper than 64");
}

TEST_CASE("validation: a NaN breaks a range as well") {
    const auto all =
        violations(with([](visit& v) { v.factor = std::numeric_limits<double>::quiet_NaN(); }));
    REQUIRE(!all.empty());
    CHECK(all[0].rule == "finite");
}

TEST_CASE("validation: nothing is said of secrets, and no text is repeated") {
    CHECK(said(with([](visit& v) { v.token = syncfw::secret<std::string>("abc"); })) ==
          "length: token must have 4 to 8 characters");
    CHECK(said(with([](visit& v) { v.iban = "DE123"; })) ==
          "length: iban must have at most 4 characters");
    CHECK(rc::check([] {
        const std::string text =
            "~" + *rc::gen::container<std::string>(rc::gen::inRange<char>('a', 'z')) + "~";
        visit value;
        value.title = value.channel = value.zip = value.iban = text;
        value.notes = value.mail = text;
        for (const auto& each : violations(value))
            RC_ASSERT(each.words.find(text) == std::string::npos);
    }));
}

TEST_CASE("validation: defaults fill what is missing, and nothing else") {
    visit value;
    value.stars = 1;
    value.type = kind::mail;
    syncfw::field_mask present;
    present.set(syncfw::place_of<&visit::type>);
    syncfw::apply_defaults(value, present);
    CHECK(value.stars == 3);
    CHECK(value.type == kind::mail);
    CHECK(value.notes == "none");
    CHECK(value.title == "x");
    syncfw::apply_defaults(value, {});
    CHECK(value.type == kind::visit);
}

struct wallet {
    int id = 0;
    syncfw::secret<std::int64_t> limit{};
    std::optional<syncfw::secret<std::int64_t>> spare{};
    static constexpr auto sync_entity =
        entity<"wallet">(field<&wallet::id>(primary_key),
                         field<&wallet::limit>(local_only, range(-9, 9), default_value(7)),
                         field<&wallet::spare>(local_only, range(0, 9)));
};

TEST_CASE("validation: a secret number is not told either") {
    const auto all = violations(wallet{.id = 1, .limit = syncfw::secret<std::int64_t>(10)});
    REQUIRE(all.size() == 1);
    CHECK(all[0].words == "limit must be from -9 to 9");
    const auto more = violations(wallet{.id = 1, .spare = syncfw::secret<std::int64_t>(10)});
    REQUIRE(more.size() == 1);
    CHECK(more[0].words == "spare must be from 0 to 9");
    wallet filled;
    syncfw::apply_defaults(filled, {});
    CHECK(filled.limit.reveal() == 7);
}

}  // namespace
