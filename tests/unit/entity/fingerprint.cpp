// SPDX-License-Identifier: BSL-1.0
// Goal: in-step schemas: equal layouts and only they have equal fingerprints, and a difference is
// told in words that name it. Method: random layouts from the library's own writer, and layouts
// that a hostile peer might send.
#include <syncfw/entity/fingerprint.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace syncfw::annotations;
using syncfw::difference_kind;
using syncfw::differences;
using syncfw::errc;
using syncfw::fingerprint_of_layout;
using syncfw::layout_of;

enum class state { open, done };

struct book {
    int id = 0;
    std::string title{};
    std::optional<std::string> notes{};
    std::string iban{};
    std::string mail{};
    bool active = true;
    int scroll = 0;
    std::int64_t version = 0;
    bool gone = false;
    state how{};
    std::string odd{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::iban>(encrypted),
        field<&book::mail>(encrypted_revealing_equality), field<&book::active>(default_value(true)),
        field<&book::scroll>(local_only), field<&book::version>(is::version),
        field<&book::gone>(soft_delete), field<&book::odd>(json("odd name")));
};
static_assert(layout_of<book> ==
              "book(id:int32 key,title:text,notes:text?,iban:text encrypted,mail:text equality,"
              "active:bool defaulted,version:int64 version,gone:bool deleted,how:enum(open|done),"
              "\"odd name\":text)");
static_assert(syncfw::fingerprint_of<book> == fingerprint_of_layout(layout_of<book>));
// What is kept and sent by running systems must not change.
static_assert(fingerprint_of_layout("book(id:int32 key)") == 0x4B1C'D466'6315'B54F);
static_assert(fingerprint_of_layout("book(id:int32 key)\ntag(id:int32 key)") ==
              0x379E'DB5E'5329'D640);

std::vector<std::string> said(std::string_view here, std::string_view there) {
    std::vector<std::string> all;
    auto found = differences(here, there);
    REQUIRE(found.has_value());
    for (const auto& each : *found)
        all.push_back((each.is_breaking ? "breaking: " : "additive: ") + each.words);
    return all;
}
using sentences = std::vector<std::string>;

TEST_CASE("fingerprint: equal layouts differ in nothing") {
    CHECK(said(layout_of<book>, layout_of<book>).empty());
}

TEST_CASE("fingerprint: a difference is told in words, and whether rows can still be exchanged") {
    CHECK(said("a(id:uuid key,n:int64)", "a(id:uuid key,n:int32)") ==
          sentences{"breaking: a.n is int64 here and int32 there"});
    CHECK(said("a(id:uuid key,s:text)", "a(id:uuid key)") ==
          sentences{"breaking: a.s is only here"});
    CHECK(said("a(id:uuid key)", "a(id:uuid key,s:text?)") ==
          sentences{"additive: a.s is only there"});
    CHECK(said("a(id:uuid key)", "a(id:uuid key,s:text defaulted)") ==
          sentences{"additive: a.s is only there"});
    CHECK(said("a(id:uuid key,v:int64 version)", "a(id:uuid key)") ==
          sentences{"additive: a.v is only here"});
    CHECK(said("a(id:uuid key,b:int32 key)", "a(id:uuid key)") ==
          sentences{"breaking: a.b is only here"});
    CHECK(said("a(id:uuid key)\nb(id:uuid key)", "a(id:uuid key)\nc(id:uuid key)") ==
          sentences{"additive: b is only here", "additive: c is only there"});
    CHECK(said("a(id:uuid key,b:text,c:text)", "a(id:uuid key,c:text,b:text)") ==
          sentences{"additive: a has its fields in another order there"});
    CHECK(said("a(b:text key,c:text key)", "a(c:text key,b:text key)") ==
          sentences{"breaking: a has the fields of its key in another order there",
                    "additive: a has its fields in another order there"});
    CHECK(said("a(id:uuid key,s:text defaulted)", "a(id:uuid key,s:text)") ==
          sentences{"additive: a.s has a default here and not there"});
    CHECK(said("a(id:uuid,s:text encrypted)", "a(id:uuid key,s:text equality)") ==
          sentences{"breaking: a.id belongs to the key there and not here",
                    "breaking: a.s is encrypted here and not there",
                    "breaking: a.s is encrypted revealing equality there and not here"});
    CHECK(said("a(id:uuid key,s:text server)", "a(id:uuid key,s:text)") ==
          sentences{"breaking: a.s is owned by the server here and not there"});
}

TEST_CASE("fingerprint: are_additive is true when nothing breaks") {
    CHECK(syncfw::are_additive(differences("a(i:uuid key)", "b(i:uuid key)").value()));
    CHECK_FALSE(syncfw::are_additive(differences("a(i:uuid key)", "a(i:text key)").value()));
}

// --- random layouts -------------------------------------------------------------------------

/// A schema that the writer of layouts takes; the texts live here.
struct random_schema {
    std::deque<std::vector<syncfw::field_info>> fields{};
    std::map<std::string, std::size_t> entities{};

    [[nodiscard]] std::string layout() const {
        std::string all;
        for (const auto& [name, place] : entities)
            all += (all.empty() ? "" : "\n") + syncfw::detail::make_text([&](auto& out) {
                       syncfw::detail::write_layout(out, {name, fields[place]});
                   });
        return all;
    }
};

constexpr std::string_view names[] = {"id", "title", "odd name", "a(b", "x,y", "c:d", "a.b-c"};
constexpr std::string_view types[] = {"int32", "int64",      "text",        "text?",
                                      "uuid",  "[{a:int8}]", "enum(a|b|c)", "set(text)"};

rc::Gen<random_schema> schemas() {
    return rc::gen::exec([] {
        random_schema made;
        const auto chosen = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 7));
        for (int name : chosen) {
            if (!made.entities.emplace(names[name], made.fields.size()).second) continue;
            auto& fields = made.fields.emplace_back();
            for (std::size_t i = 0; i < std::size(names); ++i) {
                if (*rc::gen::inRange(0, 2) == 0 && !(fields.empty() && i + 1 == std::size(names)))
                    continue;
                auto& field = fields.emplace_back();
                field.name = field.column = field.json = names[i];
                field.type = *rc::gen::elementOf(std::vector(std::begin(types), std::end(types)));
                field.meanings = *rc::gen::arbitrary<std::uint32_t>() &
                                 *rc::gen::arbitrary<std::uint32_t>() &
                                 ~(1u << static_cast<unsigned>(syncfw::meaning::local_only));
                field.cipher = static_cast<syncfw::encryption>(*rc::gen::inRange(0, 3));
            }
            if (*rc::gen::arbitrary<bool>()) std::reverse(fields.begin(), fields.end());
        }
        return made;
    });
}

void showValue(const random_schema& value, std::ostream& out) {
    out << value.layout();
}

TEST_CASE("fingerprint: fingerprints are equal exactly when layouts are") {
    CHECK(rc::check([] {
        const std::string a = (*schemas()).layout();
        const std::string b = (*schemas()).layout();
        RC_ASSERT((a == b) == (fingerprint_of_layout(a) == fingerprint_of_layout(b)));
    }));
}

TEST_CASE("fingerprint: there are differences exactly when layouts differ, from both sides") {
    CHECK(rc::check([] {
        const random_schema one = *schemas();
        random_schema other = one;
        const auto changes = *rc::gen::inRange(0, 3);
        for (int i = 0; i < changes && !other.fields.empty(); ++i) {
            auto& fields = other.fields[*rc::gen::inRange<std::size_t>(0, other.fields.size())];
            auto& field = fields[*rc::gen::inRange<std::size_t>(0, fields.size())];
            field.type = types[*rc::gen::inRange<std::size_t>(0, std::size(types))];
            field.meanings ^= 1u << *rc::gen::inRange(0, 9);
            if (*rc::gen::arbitrary<bool>()) std::swap(field, fields.front());
        }
        const std::string a = one.layout();
        const std::string b = other.layout();
        RC_PRE(!a.empty());
        const auto there = differences(a, b);
        const auto back = differences(b, a);
        RC_ASSERT(there.has_value() && back.has_value());
        RC_ASSERT(there->empty() == (a == b));
        RC_ASSERT(there->size() == back->size());
        RC_ASSERT(syncfw::are_additive(*there) == syncfw::are_additive(*back));
    }));
}

// --- what a peer may send ---------------------------------------------------------------------

errc refusal(std::string_view layout) {
    const auto found = differences("a(id:uuid key)", layout);
    REQUIRE_FALSE(found.has_value());
    const auto turned = differences(layout, "a(id:uuid key)");
    REQUIRE_FALSE(turned.has_value());
    CHECK(turned.error() == found.error());
    return found.error().code;
}

TEST_CASE("fingerprint: what is no layout is refused") {
    for (std::string_view wrong : {"",
                                   "a",
                                   "a(",
                                   "a(id",
                                   "a(id:",
                                   "a(id:uuid",
                                   "a(id:uuid)x",
                                   "a(id:uuid)\n",
                                   "(id:uuid)",
                                   "a(:uuid)",
                                   "a(id:)",
                                   "a(id:uuid,)",
                                   "a(id:uuid,id:text)",
                                   "a(id:uuid key key)",
                                   "a(id:uuid defaulted key)",
                                   "a(id:uuid wrong)",
                                   "a(id:uuid  key)",
                                   "a(id:uuid )",
                                   "a(id:[int8)",
                                   "a(id:[int8})",
                                   "a(id:int8])",
                                   "\"a\"(id:uuid)",
                                   "\"a b(id:uuid)",
                                   "a(id:uuid)\na(id:uuid)",
                                   "b(id:uuid)\na(id:uuid)",
                                   "a (id:uuid)",
                                   "a(id:uu|id)",
                                   "a(id:uuid)\n\nb(id:uuid)",
                                   "a(id:\x01)",
                                   "a(id:a\xFF)"}) {
        CAPTURE(wrong);
        CHECK(refusal(wrong) == errc::malformed);
    }
    CHECK(refusal("a(id:" + std::string(100'000, '[')) == errc::malformed);
    CHECK(refusal(std::string(64, 'a') + "(id:uuid)") == errc::malformed);
    CHECK(refusal(std::string(2'000'000, 'a')) == errc::too_large);
    std::string many = "a(";
    for (int i = 0; i < 129; ++i) many += (i == 0 ? "f" : ",f") + std::to_string(i) + ":bool";
    CHECK(refusal(many + ")") == errc::malformed);
}

TEST_CASE("fingerprint: mutated layouts are refused or compared, and the words stay short") {
    CHECK(rc::check([] {
        std::string text((*schemas()).layout());
        const auto changes = *rc::gen::inRange(0, 4);
        for (int i = 0; i < changes && !text.empty(); ++i)
            text[*rc::gen::inRange<std::size_t>(0, text.size())] =
                *rc::gen::oneOf(rc::gen::element('(', ')', ',', ':', ' ', '"', '\n', '?', '['),
                                rc::gen::arbitrary<char>());
        if (const auto found = differences(layout_of<book>, text))
            for (const auto& each : *found) RC_ASSERT(each.words.size() < 500);
    }));
    const std::string long_type = "[" + std::string(10'000, 'x') + "]";
    const auto found = differences("a(id:uuid)", "a(id:" + long_type + ")");
    REQUIRE(found.has_value());
    CHECK(found->front().words.size() < 300);
}

}  // namespace
