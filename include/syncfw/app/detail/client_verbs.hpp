// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/app/client_options.hpp>
#include <syncfw/app/detail/nearest.hpp>
#include <syncfw/app/settings.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace syncfw::app::detail {

struct client_verb {
    std::string_view name;
    std::string_view words;  ///< Behind it.
    std::string_view help;
    std::size_t least = 0;  ///< How many words.
    std::size_t most = 0;
};

inline constexpr std::size_t many = 10'000;

inline constexpr client_verb verbs_of_clients[] = {
    {"add", "ENTITY field=value …", "makes a row, and prints its id", 1, many},
    {"edit", "ENTITY ID field=value …", "changes fields of a row", 3, many},
    {"remove", "ENTITY ID", "deletes a row", 2, 2},
    {"restore", "ENTITY ID", "takes a deletion back", 2, 2},
    {"list", "[ENTITY]", "prints the rows that are here", 0, 1},
    {"status", "", "says how this device stands", 0, 0},
    {"pending", "", "prints what the server has not taken yet", 0, 0},
    {"push", "", "sends what is unsent", 0, 0},
    {"pull", "", "gets what is new", 0, 0},
    {"sync", "", "does both", 0, 0},
    {"full-sync", "", "reads all rows anew; unsent work stays", 0, 0},
    {"watch", "", "stays, and synchronises whenever there is something", 0, 0},
    {"conflicts", "", "prints what a person has to settle, with both sides", 0, 0},
    {"resolve", "ID mine|theirs|field=value …", "settles a conflict", 2, many},
    {"parked", "[retry|drop ID]", "prints what the server refused; sends it again, or gives it up",
     0, 2},
    {"explain", "ENTITY ID", "says why a row is as it is", 2, 2},
    {"validate", "", "looks through the file, and whether each row keeps its rules", 0, 0},
};

[[nodiscard]] inline bool has_verb(const client_options& what, std::string_view name) {
    bool has = what.verbs.empty();
    for (const std::string& each : what.verbs) has = has || each == name;
    return has;
}

/// What the program calls it.
[[nodiscard]] inline std::string name_of_verb(const client_options& what, std::string_view name) {
    for (const auto& [known, called] : what.renamed)
        if (known == name) return called;
    return std::string(name);
}

/// Null where the program has no verb of this name.
[[nodiscard]] inline const client_verb* find_verb(const client_options& what,
                                                  std::string_view called) {
    for (const client_verb& each : verbs_of_clients)
        if (has_verb(what, each.name) && name_of_verb(what, each.name) == called) return &each;
    return nullptr;
}

[[nodiscard]] inline error unknown_verb(const client_options& what, std::string_view word) {
    std::vector<std::string> names;
    std::string meant;
    for (const client_verb& each : verbs_of_clients) {
        if (!has_verb(what, each.name)) continue;
        names.push_back(name_of_verb(what, each.name));
        if (each.name == word) meant = "; did you mean " + names.back() + "?";
    }
    if (meant.empty()) meant = syncfw::detail::or_meant(word, names);
    return bad_setting("there is no verb " + shown(word) + meant + " (there are " +
                       syncfw::detail::in_a_row(names, " and ") + ")");
}

}  // namespace syncfw::app::detail
