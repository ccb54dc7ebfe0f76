// SPDX-License-Identifier: BSL-1.0
#include <syncfw/app/settings.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::app;

std::vector<setting> some_settings() {
    return {
        {.name = "port",
         .value = "8080",
         .help = "where it listens",
         .kind = setting_kind::number,
         .most = 65'535},
        {.name = "mode", .one_of = {"fast", "safe"}, .value = "safe", .help = "how it works"},
        {.name = "dry-run", .value = "false", .help = "does nothing", .kind = setting_kind::flag},
        {.name = "database", .help = "where rows are", .variable = "DATABASE_URL"},
        {.name = "token", .help = "who asks", .kind = setting_kind::secret},
        {.name = "jwt-secret",
         .help = "signs tokens",
         .kind = setting_kind::secret,
         .only_variable = true}};
}

result<settings> read(const std::vector<std::string>& words,
                      const std::map<std::string, std::string>& environment = {}) {
    return settings::read(some_settings(), words,
                          [&](const std::string& name) -> std::optional<std::string> {
                              const auto found = environment.find(name);
                              if (found == environment.end()) return {};
                              return found->second;
                          });
}

std::string refusal(const std::vector<std::string>& words,
                    const std::map<std::string, std::string>& environment = {}) {
    const auto got = read(words, environment);
    REQUIRE(!got);
    return to_string(got.error());
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("settings: an option is written in two ways, and without it its value stands") {
    CHECK(read({})->number("port") == 8080);
    CHECK(read({"--port", "1"})->number("port") == 1);
    CHECK(read({"--port=1"})->number("port") == 1);
    CHECK((*read({"--database="}))["database"].empty());
    CHECK((*read({"--database", "--odd"}))["database"] == "--odd");
    CHECK(read({"--dry-run"})->flag("dry-run"));
    CHECK(!read({"--dry-run=false"})->flag("dry-run"));
    CHECK(!read({})->flag("dry-run"));
}

TEST_CASE(
    "settings: the environment has the same names in capitals, and an empty one says nothing") {
    CHECK(read({}, {{"PORT", "5"}})->number("port") == 5);
    CHECK(read({}, {{"DRY_RUN", "yes"}})->flag("dry-run"));
    CHECK((*read({}, {{"DATABASE_URL", "x"}}))["database"] == "x");
    CHECK((*read({}, {{"DATABASE", "x"}}))["database"].empty());
    CHECK(read({}, {{"PORT", ""}})->number("port") == 8080);
    CHECK(read({}, {{"PORT", "5"}})->is_on_line("port") == false);
    CHECK(read({"--port", "5"})->is_on_line("port"));
}

TEST_CASE("settings: an option beats the environment, whatever both say") {
    rc::check([] {
        const auto here = *rc::gen::inRange(0, 65'536), there = *rc::gen::inRange(0, 65'536);
        const auto got = read({"--port", std::to_string(here)}, {{"PORT", std::to_string(there)}});
        RC_ASSERT(got.has_value());
        RC_ASSERT(got->number("port") == here);
    });
    // Even where what the environment says is wrong.
    CHECK(read({"--port", "1"}, {{"PORT", "x"}})->number("port") == 1);
}

TEST_CASE("settings: words that are no options keep their order, and behind -- all are words") {
    const auto got = read({"add", "--port", "1", "book", "title=--x", "-", "--", "--port", "-h"});
    REQUIRE(got);
    CHECK(got->words() ==
          std::vector<std::string>{"add", "book", "title=--x", "-", "--port", "-h"});
    CHECK(!got->wants_help());
}

TEST_CASE("settings: with --help nothing else is looked at") {
    CHECK(read({"--help"})->wants_help());
    CHECK(read({"-h"})->wants_help());
    CHECK(read({"--nonsense", "--help"})->wants_help());
    CHECK(!read({"help"})->wants_help());
}

TEST_CASE("settings: what is wrong is told with its name, what is expected and what was meant") {
    CHECK(has(refusal({"--prot", "1"}), "'--prot'; did you mean --port?"));
    CHECK(has(refusal({"--nothing-like-it"}), "there is no option '--nothing-like-it'"));
    CHECK(!has(refusal({"--nothing-like-it"}), "did you mean"));
    CHECK(has(refusal({"-p"}), "two hyphens"));
    CHECK(has(refusal({"--port"}), "--port needs a value"));
    CHECK(has(refusal({"--port", "1", "--port", "2"}), "given twice"));
    CHECK(has(refusal({"--port", "65536"}), "0 to 65535, and not '65536'"));
    CHECK(has(refusal({"--port", "-1"}), "0 to 65535"));
    CHECK(has(refusal({"--port", "1x"}), "'1x'"));
    CHECK(has(refusal({}, {{"PORT", "x"}}), "PORT is a whole number"));
    CHECK(has(refusal({"--mode", "saef"}), "fast or safe, and not 'saef'; did you mean safe?"));
    CHECK(has(refusal({"--dry-run=maybe"}), "true or false"));
    CHECK(has(refusal({"--jwt-secret", "abc"}), "set JWT_SECRET in the environment"));
}

TEST_CASE("settings: no message repeats a secret, or breaks its line") {
    CHECK(!has(refusal({"--jwt-secret", "hush-hush"}), "hush"));
    CHECK(!has(refusal({"--jwt-secret=hush-hush"}), "hush"));
    CHECK(!has(refusal({"--tokn=hush-hush"}), "hush"));
    CHECK(!has(refusal({"--token", "hush", "--port", "x"}, {{"JWT_SECRET", "hush"}}), "hush"));
    CHECK(!has(refusal({"--port", "a\nb"}), "\n"));
    const auto known = some_settings();
    std::vector<setting> with_value = known;
    with_value[4].value = "hush-hush";
    CHECK(!has(help_page("it", "", with_value), "hush"));
}

TEST_CASE("settings: the values that a message shows have an end") {
    CHECK(refusal({"--port", std::string(100'000, '9')}).size() < 300);
    CHECK(refusal({"--" + std::string(100'000, 'p')}).size() < 300);
}

TEST_CASE("settings: reading never fails in another way than with an error, whatever the words") {
    rc::check([](const std::vector<std::string>& words) {
        const auto got = read(words);
        if (got) RC_ASSERT(got->number("port") >= 0);
        if (!got) RC_ASSERT(!got.error().message.empty());
    });
}

TEST_CASE("settings: the help names each option, its variable, its value and its choices") {
    const std::string page = help_page("shelf", "keeps books", some_settings());
    for (const std::string_view each :
         {"shelf: keeps books", "usage: shelf [option]", "--port N", "[PORT; else 8080]",
          "fast or safe", "--dry-run ", "DATABASE_URL", "--help", "JWT_SECRET", "--token TEXT"})
        CHECK_MESSAGE(has(page, each), std::string(each));
    CHECK(!has(page, "--jwt-secret"));
    std::string line;
    for (const char c : page) {
        if (c == '\n') line.clear();
        line += c;
        CHECK(line.size() <= 81);
        if (c == '\n') line.clear();
    }
    CHECK(has(help_page("it", "", some_settings(), std::vector<verb_line>{{"add X", "adds"}}),
              "verbs\n  add X"));
}

TEST_CASE(
    "nearest: swapped, missing, added and wrong letters are one step, and names that begin so") {
    using syncfw::detail::letters_between;
    CHECK(letters_between("port", "prot") == 1);
    CHECK(letters_between("port", "por") == 1);
    CHECK(letters_between("port", "ports") == 1);
    CHECK(letters_between("port", "part") == 1);
    CHECK(letters_between("", "abc") == 3);
    CHECK(letters_between("abc", "abc") == 0);
    const std::vector<std::string> names{"title", "author", "notes"};
    CHECK(syncfw::detail::nearest_name("titel", names) == "title");
    CHECK(syncfw::detail::nearest_name("auth", names) == "author");
    CHECK(syncfw::detail::nearest_name("pages", names).empty());
    CHECK(syncfw::detail::nearest_name(std::string(1'000'000, 'a'), names).empty());
}
