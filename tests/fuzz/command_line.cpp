// SPDX-License-Identifier: BSL-1.0
// What people write on a command line: options, a database's address, fields and keys. The input's
// lines are the words.
#include "fuzz.hpp"
#include <syncfw/app/database_url.hpp>
#include <syncfw/app/detail/client_owner.hpp>
#include <syncfw/app/field_values.hpp>
#include <syncfw/app/settings.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;
using namespace syncfw::app;

enum class mood { calm, wild };

struct thing {
    uuid id{};
    std::string title{};
    std::optional<std::int32_t> count{};
    mood now = mood::calm;
    timestamp at{};
    blob bytes{};
    double real = 0;
    bool flag = false;
    std::vector<std::string> list{};
    set_of<std::int64_t> numbers{};
    counter votes{};
    document more{};
    static constexpr auto sync_entity = entity<"thing">(field<&thing::id>(primary_key));
};

std::vector<std::string> lines_of(std::string_view input) {
    std::vector<std::string> lines;
    while (!input.empty() && lines.size() < 64) {
        const std::size_t end = input.find('\n');
        lines.emplace_back(input.substr(0, end));
        input.remove_prefix(end == input.npos ? input.size() : end + 1);
    }
    return lines;
}

void check_error(const error& why) {
    fuzz::require(!why.message.empty(), "a refusal says why");
    fuzz::require(to_string(why).size() < 4'096, "a refusal is no longer than a person reads");
}

void check_settings(const std::vector<std::string>& words) {
    const std::vector<setting> known = {
        {.name = "port", .value = "1", .kind = setting_kind::number, .least = 1, .most = 65'535},
        {.name = "mode", .one_of = {"fast", "safe"}, .value = "safe"},
        {.name = "flag", .value = "false", .kind = setting_kind::flag},
        {.name = "text"}};
    const auto from = [&](const std::string& name) {
        return name == "TEXT" && !words.empty() ? std::optional(words.front()) : std::nullopt;
    };
    const auto read = settings::read(known, words, from);
    if (!read) return check_error(read.error());
    if (read->wants_help()) return;
    fuzz::require(read->number("port") >= 1 && read->number("port") <= 65'535, "a port is one");
    fuzz::require((*read)["mode"] == "fast" || (*read)["mode"] == "safe", "a choice is one");
    fuzz::require(read->words().size() <= words.size(), "no word comes from nowhere");
}

// A field that was set is read the same from what is written of its row.
void check_field(thing& row, const std::string& word) {
    const auto said = split_assignment(word);
    if (!said) return check_error(said.error());
    const thing before = row;
    field_mask present;
    const auto done = set_field(row, said->first, said->second, &present);
    if (!done) {
        check_error(done.error());
        fuzz::require(changed_fields(before, row).empty(), "a refused value changes nothing");
        return;
    }
    fuzz::require(present.count() == 1, "one field is set");
    const std::string text = json::encode(row);
    const auto again = json::decode<thing>(text);
    if (violations(row).empty())
        fuzz::require(again && changed_fields(*again, row).empty(), "what is set can be written");
}

}  // namespace

void fuzz::check(std::string_view input) {
    const std::vector<std::string> words = lines_of(input);
    check_settings(words);
    thing row;
    for (const std::string& each : words) {
        check_field(row, each);
        if (const auto url = parse_database_url(each); url)
            require(!url->place.empty(), "a database is somewhere");
        else
            check_error(url.error());
        if (const auto key = read_key<thing>(each); !key) check_error(key.error());
        (void)app::detail::tenant_of_token(each);
    }
}
