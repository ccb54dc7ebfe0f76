// SPDX-License-Identifier: BSL-1.0
// One program for all: the server, devices, and what an operator needs.
//
//     int main(int argc, char** argv) {
//         return syncfw::app::main<library>(argc, argv, {.program = "library", .title = "Books"});
//     }
//
//     $ export JWT_SECRET=$(openssl rand -base64 48)
//     $ library serve &
//     $ export TOKEN=$(library token --sub ann)
//     $ library add book title=Dune && library sync
//
// Its verbs are those of client.hpp, and these:
//
// | verb          | what it does                                                              |
// |---------------|---------------------------------------------------------------------------|
// | `serve`       | answers devices, in binary and in JSON, until it is told to end; host.hpp |
// | `migrate`     | brings the server's database to the program's entities                    |
// | `backup FILE` | copies the server's SQLite database while it is used                      |
// | `validate`    | looks through a database: a server's too, if --database names it          |
// | `openapi`     | prints the description of the API                                         |
// | `token`       | makes a token with the server's secret                                    |
//
// A server's database and a device's are two files; each is refused where the other is meant.
#pragma once

#include <syncfw/app/client.hpp>
#include <syncfw/app/detail/token_verb.hpp>
#include <syncfw/app/host.hpp>
#include <syncfw/app/json_routes.hpp>
#include <syncfw/conflict/policies.hpp>

#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace syncfw::app {

struct main_options {
    std::string program{};          ///< As it is called: `library`.
    unsigned short port = 8080;     ///< Of the server, and of whom devices ask.
    std::string database{};         ///< The server's; none: `sqlite:///PROGRAM.db`.
    std::string device_database{};  ///< A device's; none: `sqlite:///PROGRAM-device.db`.
    std::string about{};            ///< One line for `--help`.
    std::string title{};            ///< Of the API's description; none: the program's name.
    std::string version = "1.0.0";
    std::vector<setting> settings{};  ///< Of `serve`, beside those of all hosts.
    std::span<const migration> migrations{};
    sync_options sync{};           ///< Of devices.
    keyring_options field_keys{};  ///< Of encrypted fields that others have by another name.
};

/// Adds nothing to a server.
struct no_more_routes {
    void operator()(auto& /*here*/, auto& /*hub*/, service& /*served*/) const {}
};

/// Does what the command line says, and gives the program's exit code. `extend(here, hub, served)`
/// adds routes of the program's own, see host.hpp.
template <class Schema, class Policy = last_write_wins, class Extend = no_more_routes>
[[nodiscard]] int main(int argc, const char* const* argv, const main_options& what,
                       Policy policy = {}, Extend extend = {});

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

[[nodiscard]] inline host_options host_part(const main_options& what) {
    return {.program = what.program,
            .port = what.port,
            .database = what.database,
            .settings = what.settings,
            .about = what.about,
            .title = what.title,
            .version = what.version,
            .migrations = what.migrations};
}

[[nodiscard]] inline client_options client_part(const main_options& what) {
    return {.program = what.program,
            .server = "http://127.0.0.1:" + std::to_string(what.port),
            .database = what.device_database.empty() ? "sqlite:///" + what.program + "-device.db"
                                                     : what.device_database,
            .about = what.about,
            .sync = what.sync,
            .migrations = what.migrations,
            .field_keys = what.field_keys};
}

/// The options of all verbs. The database's default is the verb's.
template <class Schema>
[[nodiscard]] std::vector<setting> settings_of_main(const main_options& what) {
    std::vector<setting> all = host_settings(host_part(what));
    const auto add = [&](std::vector<setting> more) {
        for (setting& each : more) {
            bool is_known = false;
            for (setting& known : all) is_known = is_known || known.name == each.name;
            if (!is_known) all.push_back(std::move(each));
        }
    };
    add(client_settings(client_part(what)));
    add(settings_of_tokens());
    add(field_keys_from_settings<Schema>::known());
    for (setting& each : all)
        if (each.name == "database") {
            each.help = "the server's is " + each.value + ", a device's is " +
                        client_part(what).database + ", unless you say so";
            each.value.clear();
        }
    return all;
}

[[nodiscard]] inline std::vector<verb_line> verbs_of_main(const main_options& what) {
    std::vector<verb_line> lines = {
        {"serve", "answers devices until it is told to end"},
        {"migrate", "brings the server's database to the program's entities"},
        {"backup FILE", "copies the server's SQLite database while it is used"},
        {"openapi", "prints the description of the API"},
        {"token", "makes a token with the server's secret: --sub NAME"}};
    for (verb_line& each : client_verbs(client_part(what))) lines.push_back(std::move(each));
    return lines;
}

/// A server over the store, with all routes; `then(here, served)` is called with it.
template <class Policy, class Extend, class Then>
int with_service(auto& here, Policy policy, Extend& extend, Then&& then) {
    server hub(here.store(), std::move(policy), {}, observed(here.told()));
    service served(hub, here.told(), here.tokens(), here.options());
    add_json_sync_routes(served.routes(), hub, served.pokes());
    extend(here, hub, served);
    return then(served);
}

template <class Schema, class Policy, class Extend>
int print_openapi(const settings& given, const host_options& what, Policy policy, Extend& extend) {
    auto store = sqlite::open<Schema>(":memory:", {}, no_field_keys<Schema>());
    if (!store) return complain(what.program, exit_failed, to_string(store.error()));
    service_events told(logger(stderr, log_level::error));
    host_place here(*store, given, what, told, {});
    return with_service(here, std::move(policy), extend, [&](service& served) {
        std::puts(openapi_of(served.routes(), here.info()).c_str());
        return exit_done;
    });
}

/// Whether the database is whole, and fits the program.
template <class Store>
[[nodiscard]] result<std::vector<std::string>> problems_of(Store& store) {
    std::vector<std::string> found;
    if constexpr (requires { store.check_integrity(); }) {
        auto damage = store.check_integrity();
        if (!damage) return damage;
        found = std::move(*damage);
    }
    auto seen = store.migration_status();
    if (!seen) return seen.error();
    const std::vector<std::string> lists[] = {seen->waiting, seen->automatic, seen->refused};
    for (const auto& list : lists)
        for (const std::string& each : list) found.push_back("not migrated: " + each);
    return found;
}

/// `migrate`, `backup` and `validate`: what is done to a server's database while nobody is served.
template <class Opened>
int tend(Opened opened, const std::string& program, const std::vector<std::string>& words) {
    if (!opened)
        return complain(program, exit_failed,
                        "the database can't be used: " + to_string(opened.error()));
    if (words[0] == "validate") {
        auto found = problems_of(*opened);
        if (!found) return complain(program, exit_failed, to_string(found.error()));
        for (const std::string& each : *found) std::puts(each.c_str());
        if (found->empty()) std::puts("all is well");
        return found->empty() ? exit_done : exit_failed;
    }
    if (words[0] == "migrate") {
        if (auto ours = claim_role(*opened, "server"); !ours)
            return complain_of_usage(program, ours.error());
        std::puts("the database fits the program");
        return exit_done;
    }
    if constexpr (requires { opened->backup_to(words[1]); }) {
        auto done = opened->backup_to(words[1]);
        if (!done) return complain(program, exit_failed, to_string(done.error()));
        std::puts(words[1].c_str());
        return exit_done;
    } else {
        return complain_of_usage(program,
                                 bad_setting("backup is for SQLite; PostgreSQL has pg_dump"));
    }
}

template <class Schema>
int tend_database(const settings& given, const host_options& what,
                  const std::vector<std::string>& words) {
    auto url = parse_database_url(given["database"]);
    if (!url) return complain_of_usage(what.program, url.error());
    const bool migrates = words[0] == "migrate";
    if (!url->is_postgres) {
        // Looking at a database that isn't there would make it.
        if (!migrates && ::access(url->place.c_str(), F_OK) != 0)
            return complain(what.program, exit_failed, "there is no database " + url->place);
        return tend(sqlite::open<Schema>(url->place, sqlite_of_host(what, migrates),
                                         no_field_keys<Schema>()),
                    what.program, words);
    }
    if (auto fine = check_postgres_url(url->place); !fine)
        return complain_of_usage(what.program, fine.error());
    return tend(postgres::open<Schema>(std::move(url->place), postgres_of_host(what, migrates),
                                       no_field_keys<Schema>()),
                what.program, words);
}

/// Whether the database that is named is a server's. None, or one that can't be read, is not.
template <class Schema>
[[nodiscard]] bool is_servers(const settings& given, const host_options& what) {
    auto url = parse_database_url(given["database"]);
    if (!url || url->is_postgres) return url.has_value();
    if (::access(url->place.c_str(), F_OK) != 0) return false;
    auto store =
        sqlite::open<Schema>(url->place, sqlite_of_host(what, false), no_field_keys<Schema>());
    if (!store) return false;
    auto role = read_note(*store, role_name);
    return role && *role == "server";
}

/// The first setting that is on the command line, and that the verb has not.
[[nodiscard]] inline result<void> check_options(const settings& given,
                                                const std::vector<setting>& all,
                                                const std::vector<setting>& of_verb,
                                                const std::string& verb) {
    for (const setting& each : all) {
        bool has = false;
        for (const setting& known : of_verb) has = has || known.name == each.name;
        if (!has && given.is_on_line(each.name))
            return bad_setting("--" + each.name + " is no option of " + verb);
    }
    return {};
}

[[nodiscard]] inline bool is_own_verb(std::string_view verb) {
    return verb == "serve" || verb == "migrate" || verb == "backup" || verb == "openapi" ||
           verb == "token";
}

/// The options that the verb has.
template <class Schema>
[[nodiscard]] std::vector<setting> settings_of_verb(const main_options& what,
                                                    std::string_view verb) {
    if (verb == "token") {
        std::vector<setting> some = settings_of_tokens();
        for (setting& each : token_settings()) some.push_back(std::move(each));
        some.push_back({.name = "tenant"});
        return some;
    }
    const bool is_server =
        verb == "serve" || verb == "migrate" || verb == "backup" || verb == "openapi";
    std::vector<setting> all =
        is_server ? host_settings(host_part(what)) : client_settings(client_part(what));
    for (setting& each : field_keys_from_settings<Schema>::known()) all.push_back(std::move(each));
    return all;
}

/// What is wrong with the words, whatever the verb does with them.
[[nodiscard]] inline result<void> check_words(const main_options& what,
                                              const std::vector<std::string>& words) {
    if (words.empty()) return bad_setting("say what to do: give a verb");
    if (is_own_verb(words[0])) {
        const bool has_file = words[0] == "backup";
        if (words.size() == (has_file ? 2U : 1U)) return {};
        return bad_setting("write: " + what.program + " " + words[0] + (has_file ? " FILE" : ""));
    }
    if (find_verb(client_part(what), words[0]) != nullptr) return {};
    std::vector<std::string> names;
    for (const verb_line& each : verbs_of_main(what))
        names.push_back(each.usage.substr(0, each.usage.find(' ')));
    return bad_setting("there is no verb " + shown(words[0]) +
                       syncfw::detail::or_meant(words[0], names) + " (there are " +
                       syncfw::detail::in_a_row(names, " and ") + ")");
}

/// The verbs that are not a device's.
template <class Schema, class Policy, class Extend>
int run_own_verb(const settings& given, const main_options& all, const host_options& what,
                 const std::vector<std::string>& words, Policy policy, Extend& extend) {
    if (words[0] == "token") {
        auto token = make_token(given, system_environment().now());
        if (!token) return complain_of_usage(what.program, token.error());
        std::puts(token->c_str());
        return exit_done;
    }
    if (words[0] == "openapi") return print_openapi<Schema>(given, what, std::move(policy), extend);
    if (words[0] != "serve") return tend_database<Schema>(given, what, words);
    const auto serve = [&](auto& here) {
        return with_service(here, policy, extend,
                            [&](service& served) { return here.serve(served); });
    };
    return host<Schema>(given, what, serve, field_keys_from_settings<Schema>{all.field_keys});
}

}  // namespace detail

template <class Schema, class Policy, class Extend>
int main(int argc, const char* const* argv, const main_options& what, Policy policy,
         Extend extend) {
    const std::vector<setting> known = detail::settings_of_main<Schema>(what);
    auto given = settings::read(known, {argv + (argc > 0 ? 1 : 0), argv + argc}, &process_variable);
    if (!given) return detail::complain_of_usage(what.program, given.error());
    if (given->wants_help()) {
        const auto verbs = detail::verbs_of_main(what);
        std::fputs(help_page(what.program, what.about, known, verbs).c_str(), stdout);
        return detail::exit_done;
    }
    const std::vector<std::string>& words = given->words();
    if (auto fine = detail::check_words(what, words); !fine)
        return detail::complain_of_usage(what.program, fine.error());
    const auto of_verb = detail::settings_of_verb<Schema>(what, words[0]);
    if (auto fine = detail::check_options(*given, known, of_verb, words[0]); !fine)
        return detail::complain_of_usage(what.program, fine.error());
    const host_options of_host = detail::host_part(what);
    if (detail::is_own_verb(words[0])) {
        given->default_to("database", detail::default_database(of_host));
        return detail::run_own_verb<Schema>(*given, what, of_host, words, std::move(policy),
                                            extend);
    }
    given->default_to("database", detail::client_part(what).database);
    if (words[0] == "validate" && detail::is_servers<Schema>(*given, of_host))
        return detail::tend_database<Schema>(*given, of_host, words);
    return client<Schema>(*given, words, detail::client_part(what));
}

}  // namespace syncfw::app
