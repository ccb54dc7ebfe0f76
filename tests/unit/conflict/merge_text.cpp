// SPDX-License-Identifier: BSL-1.0
// Goal: a merged text has what both sides wrote, or the merge says that it can't. Method: random
// texts of few different lines, so that edits meet often.
#include <syncfw/conflict/detail/merge_text.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace {

using syncfw::detail::merge_text;
using syncfw::detail::split_lines;

std::string any_text() {
    std::string text;
    for (int i = *rc::gen::inRange(0, 7); i > 0; --i) {
        text += "abcdef"[*rc::gen::inRange(0, 6)];
        if (i > 1 || *rc::gen::arbitrary<bool>()) text += '\n';
    }
    return text;
}

std::string merged(std::string_view base, std::string_view mine, std::string_view theirs,
                   bool is_mine_later = true) {
    std::string text;
    return merge_text(base, mine, theirs, is_mine_later, text) ? text : "(clash)";
}

}  // namespace

TEST_CASE("merge_text: what one side changed is taken from there") {
    CHECK(rc::check([] {
        const std::string base = any_text(), other = any_text();
        RC_ASSERT(merged(base, other, base) == other);
        RC_ASSERT(merged(base, base, other) == other);
        RC_ASSERT(merged(base, other, other) == other);
    }));
}

TEST_CASE("merge_text: both sides get the same text") {
    CHECK(rc::check([] {
        const std::string base = any_text(), mine = any_text(), theirs = any_text();
        const bool is_later = *rc::gen::arbitrary<bool>();
        RC_ASSERT(merged(base, mine, theirs, is_later) == merged(base, theirs, mine, !is_later));
    }));
}

TEST_CASE("merge_text: no-lost-write: every new line of both sides is there") {
    int merges = 0;
    CHECK(rc::check([&] {
        const std::string base = any_text(), mine = any_text(), theirs = any_text();
        std::string text;
        if (!merge_text(base, mine, theirs, true, text)) return;
        ++merges;
        const auto count = [](std::string_view from, std::string_view wanted) {
            const auto all = split_lines(from);
            return std::count(all.begin(), all.end(), wanted);
        };
        for (const std::string& side : {mine, theirs})
            for (const std::string_view line : split_lines(side))
                if (count(side, line) > count(base, line)) RC_ASSERT(count(text, line) > 0);
    }));
    CHECK(merges > 20);
}

TEST_CASE("merge_text: examples") {
    CHECK(merged("a\nb\nc", "A\nb\nc", "a\nb\nC") == "A\nb\nC");
    CHECK(merged("a\nb\nc", "b\nc", "a\nb\nc\nd") == "b\nc\nd");
    CHECK(merged("a", "a\nmine", "a\ntheirs") == "a\ntheirs\nmine");
    CHECK(merged("a", "a\nmine", "a\ntheirs", false) == "a\nmine\ntheirs");
    CHECK(merged("", "mine", "theirs") == "theirs\nmine");
    CHECK(merged("a\nb\nc", "a\nX\nc", "a\nY\nc") == "(clash)");
    CHECK(merged("a\nb", "a", "a\nB") == "(clash)");  // taken out here, changed there
}

TEST_CASE("merge_text: a text too large to compare is changed as a whole between equal ends") {
    std::string base = "first\nsecond\n", mine = base, theirs = "FIRST\nsecond\n";
    for (int i = 0; i < 3'000; ++i) {
        base += "base " + std::to_string(i) + "\n";
        mine += "mine " + std::to_string(i) + "\n";
        theirs += "base " + std::to_string(i) + "\n";
    }
    for (std::string* each : {&base, &mine, &theirs}) *each += "last";
    const std::string text = merged(base, mine, theirs);
    CHECK(text.starts_with("FIRST\nsecond\nmine 0\n"));
    CHECK(text.ends_with("mine 2999\nlast"));
}
