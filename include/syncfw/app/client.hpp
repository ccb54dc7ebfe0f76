// SPDX-License-Identifier: BSL-1.0
// A device as a program of the command line: its rows in an SQLite file, written and read offline,
// and synchronised with a server when there is one.
//
//     int main(int argc, char** argv) {
//         return syncfw::app::client<library>(
//             argc, argv, {.program = "bookshelf", .server = "http://127.0.0.1:3001"});
//     }
//
//     $ bookshelf add book title=Dune pages=412
//     0192f0c1-5a3e-7d10-9c55-1f0e6a2b7c44
//     $ bookshelf sync
//     sent 1, received 0
//
// `bookshelf --help` tells all verbs; docs/guide/programs.md leads through them. Every verb does
// its work offline but those that synchronise, and with `--json` prints JSON.
//
// | exit code | when                                                                        |
// |-----------|-----------------------------------------------------------------------------|
// | 0         | it is done; a sync has left nothing unsent                                  |
// | 1         | it failed in another way than these                                         |
// | 2         | a verb, an option, a field or a value is wrong                              |
// | 3         | the server can't be reached, or has no time; all is kept, and sent later     |
// | 4         | the server refused something, or a person has to settle a conflict          |
//
// Whose rows they are, the token says, or `--tenant`; without both, the one whose they were last.
// What was written before there was a token becomes the first one's.
#pragma once

#include <syncfw/app/detail/client_run.hpp>
#include <syncfw/app/detail/complain.hpp>
#include <syncfw/app/detail/tls_settings.hpp>
#include <syncfw/app/field_keys.hpp>
#include <syncfw/app/settings.hpp>
#include <syncfw/storage/migration.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/transport/http/filter.hpp>

#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::app {

/// Does what the command line says, and gives the program's exit code.
template <class Schema>
[[nodiscard]] int client(int argc, const char* const* argv, const client_options& what);

/// The same with settings that are read already. `words` are a verb and what belongs to it.
template <class Schema>
[[nodiscard]] int client(const settings& given, const std::vector<std::string>& words,
                         const client_options& what);

/// The settings of all clients, and their verbs as `--help` prints them. Where entities have
/// encrypted fields, `field_keys_from_settings<Schema>::known()` has one more.
[[nodiscard]] std::vector<setting> client_settings(const client_options& what);
[[nodiscard]] std::vector<verb_line> client_verbs(const client_options& what);

// --- how it is done ------------------------------------------------------------------------------

inline std::vector<setting> client_settings(const client_options& what) {
    return {{.name = "server",
             .value = what.server,
             .help = "the server's address",
             .stands_for = "URL"},
            // On a command line everybody on the machine can see it. It is allowed there all the
            // same, unlike a server's secret: programs that others described must take it so, and a
            // token is one person's and ends soon.
            {.name = "token",
             .help = "who asks, as a JSON Web Token",
             .kind = setting_kind::secret,
             .stands_for = "JWT"},
            detail::tls_authorities(),
            {.name = "database",
             .value = what.database.empty() ? "sqlite:///" + what.program + ".db" : what.database,
             .help = "the file of this device's rows: sqlite:///file.db",
             .variable = "DATABASE_URL",
             .stands_for = "URL"},
            {.name = "tenant", .help = "whose rows, where no token says it", .stands_for = "NAME"},
            {.name = "json",
             .value = "false",
             .help = "prints JSON instead of words",
             .kind = setting_kind::flag},
            {.name = "patience",
             .value = "5",
             .help = "for so many seconds a sync is tried again",
             .kind = setting_kind::number,
             .most = 86'400},
            {.name = "interval",
             .value = "30",
             .help = "so many seconds are between the syncs of a watch, if nothing happens",
             .kind = setting_kind::number,
             .least = 1,
             .most = 86'400}};
}

inline std::vector<verb_line> client_verbs(const client_options& what) {
    std::vector<verb_line> lines;
    for (const detail::client_verb& each : detail::verbs_of_clients)
        if (detail::has_verb(what, each.name))
            lines.push_back({detail::name_of_verb(what, each.name) +
                                 (each.words.empty() ? "" : " " + std::string(each.words)),
                             std::string(each.help)});
    return lines;
}

template <class Schema>
int client(const settings& given, const std::vector<std::string>& words,
           const client_options& what) {
    if (words.empty())
        return detail::complain_of_usage(
            what.program, {.code = errc::invalid_value, .message = "say what to do: give a verb"});
    const detail::client_verb* const verb = detail::find_verb(what, words.front());
    if (verb == nullptr)
        return detail::complain_of_usage(what.program, detail::unknown_verb(what, words.front()));
    if (words.size() - 1 < verb->least || words.size() - 1 > verb->most)
        return detail::complain_of_usage(
            what.program, detail::bad_setting("write: " + what.program + " " + words.front() + " " +
                                              std::string(verb->words)));
    detail::client_run<Schema> run(given, words, what);
    return run.run(verb->name);
}

template <class Schema>
int client(int argc, const char* const* argv, const client_options& what) {
    std::vector<setting> known = client_settings(what);
    for (setting& each : field_keys_from_settings<Schema>::known())
        known.push_back(std::move(each));
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    auto given = settings::read(known, words, &process_variable);
    if (!given) return detail::complain_of_usage(what.program, given.error());
    if (given->wants_help()) {
        const std::vector<verb_line> verbs = client_verbs(what);
        std::fputs(help_page(what.program, what.about, known, verbs).c_str(), stdout);
        return detail::exit_done;
    }
    return client<Schema>(*given, given->words(), what);
}

}  // namespace syncfw::app
