// SPDX-License-Identifier: BSL-1.0
// Goal: a pattern means what a regular expression of this grammar means, in linear time. Method:
// random patterns beside a naive matcher of their trees, and a hostile text.
#include <syncfw/entity/pattern.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using syncfw::detail::compiled_pattern;
using syncfw::detail::is_valid_pattern;
using syncfw::detail::matches;
using syncfw::detail::pattern_compiler;

bool is_match(std::string_view pattern, std::string_view text) {
    return matches(pattern_compiler(pattern).run(), text);
}

/// A pattern as a tree: its text, and where it may end when it starts at some place.
struct tree {
    enum kind_type { letter, any, either, sequence, alternative, repeat } kind = letter;
    char c = 'a';
    std::size_t min = 0;
    std::size_t max = 0;
    std::vector<tree> parts{};

    [[nodiscard]] std::string text() const {
        switch (kind) {
            case letter: return {c};
            case any: return ".";
            case either: return "[ab]";
            case sequence: return parts[0].text() + parts[1].text();
            case alternative: return "(" + parts[0].text() + "|" + parts[1].text() + ")";
            case repeat: break;
        }
        const std::string inside = "(" + parts[0].text() + ")";
        if (max == 99) return inside + (min == 0 ? "*" : "+");
        if (min == 0 && max == 1) return inside + "?";
        return inside + "{" + std::to_string(min) + "," + std::to_string(max) + "}";
    }

    [[nodiscard]] std::set<std::size_t> ends(std::string_view of, std::size_t at) const {
        const auto next = [&](bool takes) {
            return at < of.size() && takes ? std::set{at + 1} : std::set<std::size_t>{};
        };
        switch (kind) {
            case letter: return next(at < of.size() && of[at] == c);
            case any: return next(true);
            case either: return next(at < of.size() && of[at] != 'c');
            case sequence: return then(parts[1], of, parts[0].ends(of, at));
            case alternative: {
                auto all = parts[0].ends(of, at);
                all.merge(parts[1].ends(of, at));
                return all;
            }
            case repeat: break;
        }
        std::set<std::size_t> reached{at}, all;
        if (min == 0) all.insert(at);
        for (std::size_t i = 1; i <= max && i <= of.size() + 2; ++i) {
            reached = then(parts[0], of, reached);
            if (i >= min) all.insert(reached.begin(), reached.end());
        }
        return all;
    }
    static std::set<std::size_t> then(const tree& part, std::string_view of,
                                      const std::set<std::size_t>& starts) {
        std::set<std::size_t> all;
        for (std::size_t start : starts) all.merge(part.ends(of, start));
        return all;
    }
};

tree random_tree(int depth) {
    const int kind = *rc::gen::inRange(0, depth == 0 ? 3 : 6);
    tree made{.kind = static_cast<tree::kind_type>(kind)};
    made.c = *rc::gen::element('a', 'b', 'c');
    if (kind >= 3) made.parts.push_back(random_tree(depth - 1));
    if (kind == 3 || kind == 4) made.parts.push_back(random_tree(depth - 1));
    if (kind == 5) {
        made.min = *rc::gen::inRange<std::size_t>(0, 3);
        made.max = made.min + *rc::gen::inRange<std::size_t>(made.min == 0 ? 1 : 0, 3);
        if (made.min < 2 && *rc::gen::arbitrary<bool>()) made.max = 99;
    }
    return made;
}

TEST_CASE("pattern: agrees with a naive matcher of its tree") {
    CHECK(rc::check([] {
        const tree wanted = random_tree(3);
        const auto program = pattern_compiler(wanted.text()).run();
        if (!program.valid) return;  // More than 64 steps.
        const auto text = *rc::gen::container<std::string>(rc::gen::element<char>('a', 'b', 'c'));
        const bool expected = wanted.ends(text, 0).contains(text.size());
        RC_LOG() << wanted.text() << " on " << text << "\n";
        RC_ASSERT(matches(program, text) == expected);
    }));
}

TEST_CASE("pattern: classes, escapes and characters outside of ASCII") {
    CHECK(is_match("[0-9]{3}-\\d+", "123-4567"));
    CHECK_FALSE(is_match("[0-9]{3}-\\d+", "12-4567"));
    CHECK(is_match("[^a-c]*", "xyz ä"));
    CHECK_FALSE(is_match("[^a-c]*", "xya"));
    CHECK(is_match("\\w+\\s\\W", "a_9 !"));
    CHECK(is_match("\\D\\S", "é!"));
    CHECK(is_match(".", "é"));
    CHECK(is_match("é?x", "x"));
    CHECK(is_match("é?x", "éx"));
    CHECK_FALSE(is_match("é?x", "èx"));
    CHECK(is_match("a\\.b\\\\", "a.b\\"));
    CHECK(is_match("[a\\-z]+", "-az"));
    CHECK_FALSE(is_match("[a\\-z]+", "b"));
    CHECK(is_match("", ""));
    CHECK(is_match("a|", ""));
    CHECK_FALSE(is_match("", "a"));
    CHECK(is_match("a{0,}", "aaa"));
    CHECK(is_match("a{2,}", "aaa"));
    CHECK_FALSE(is_match("a{2,}", "a"));
}

TEST_CASE("pattern: what breaks the grammar is refused") {
    for (const char* wrong :
         {"(",     ")",      "a)",   "(a", "[",   "[]",    "[a",  "a**", "*",  "a{",   "a{2",
          "a{,2}", "a{3,2}", "a{0}", "\\", "\\q", "[z-a]", "a|*", "^a",  "a$", "a{99}"}) {
        CAPTURE(wrong);
        CHECK_FALSE(is_valid_pattern(wrong));
    }
    CHECK_FALSE(is_valid_pattern(std::string(65, 'a')));
    CHECK(is_valid_pattern(std::string(64, 'a')));
    CHECK_FALSE(is_valid_pattern(std::string(40, '(') + std::string(40, ')')));
}

TEST_CASE("pattern: never reads outside of a text that is not UTF-8") {
    CHECK(rc::check([](const std::string& text) {
        (void)is_match(".*x?.*", text);
        (void)is_valid_pattern(text);
    }));
    CHECK_FALSE(is_match("a", "\xF0"));
}

TEST_CASE("pattern: a text that stops backtracking matchers takes linear time") {
    const std::string text(100'000, 'a');
    const auto start = std::chrono::steady_clock::now();
    CHECK_FALSE(matches(compiled_pattern<"(a*)*b">, text));
    CHECK_FALSE(matches(compiled_pattern<"(a|a)*c">, text));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
}

}  // namespace
