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
    sync_options sync{};  ///< Of devices.
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
            .migrations = what.migrations};
}

/// The options of all verbs. The database's default is the verb's.
[[nodiscard]] inline std::vector<setting> settings_of_main(const main_options& what) {
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
    auto store = sqlite::open<Schema>(":memory:");
    if (!store) return complain(what.program, exit_failed, to_string(store.error()));
    service_events told(logger(stderr, log_level::error));
    host_place here(*store, given, what, told, {});
    return with_service(here, std::move(policy), extend, [&](service& served) {
        std::puts(openapi_of(served.routes(), here.info()).c_str());
        return exit_done;
    });
}

/// `migrate` and `backup`: what is done to a server's database while nobody is served.
template <class Opened>
int tend(Opened opened, const std::string& program, const std::vector<std::string>& words) {
    if (!opened)
        return complain(program, exit_failed,
                        "the database can't be used: " + to_string(opened.error()));
    if (auto ours = claim_role(*opened, "server"); !ours)
        return complain_of_usage(program, ours.error());
    if (words[0] == "migrate") {
        auto seen = opened->migration_status();
        if (!seen) return complain(program, exit_failed, to_string(seen.error()));
        for (const std::string& each : seen->done) std::printf("done by hand: %s\n", each.c_str());
        std::puts("the database fits the program");
        return exit_done;
    }
    if constexpr (requires { opened->backup_to(words[1]); }) {
        auto done = opened->backup_to(words[1]);
        if (!done) return complain(program, exit_failed, to_string(done.error()));
        std::printf("%s\n", words[1].c_str());
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
    if (!url->is_postgres)
        return tend(sqlite::open<Schema>(url->place, {.migrations = what.migrations}), what.program,
                    words);
    if (auto fine = check_postgres_url(url->place); !fine)
        return complain_of_usage(what.program, fine.error());
    return tend(postgres::open<Schema>(std::move(url->place), {.migrations = what.migrations}),
                what.program, words);
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

/// The options that the verb has.
[[nodiscard]] inline std::vector<setting> settings_of_verb(const main_options& what,
                                                           std::string_view verb) {
    if (verb == "token") {
        std::vector<setting> some = settings_of_tokens();
        for (setting& each : token_settings()) some.push_back(std::move(each));
        some.push_back({.name = "tenant"});
        return some;
    }
    const bool is_server =
        verb == "serve" || verb == "migrate" || verb == "backup" || verb == "openapi";
    return is_server ? host_settings(host_part(what)) : client_settings(client_part(what));
}

}  // namespace detail

template <class Schema, class Policy, class Extend>
int main(int argc, const char* const* argv, const main_options& what, Policy policy,
         Extend extend) {
    const std::vector<setting> known = detail::settings_of_main(what);
    auto given = settings::read(known, {argv + (argc > 0 ? 1 : 0), argv + argc}, &process_variable);
    if (!given) return detail::complain_of_usage(what.program, given.error());
    if (given->wants_help()) {
        const auto verbs = detail::verbs_of_main(what);
        std::fputs(help_page(what.program, what.about, known, verbs).c_str(), stdout);
        return detail::exit_done;
    }
    const std::vector<std::string>& words = given->words();
    const std::string verb = words.empty() ? std::string() : words[0];
    const auto of_verb = detail::settings_of_verb(what, verb);
    if (auto fine = detail::check_options(*given, known, of_verb, verb); !fine && !verb.empty())
        return detail::complain_of_usage(what.program, fine.error());
    const std::size_t wanted = verb == "backup" ? 2 : 1;
    const host_options of_host = detail::host_part(what);
    const bool is_ours = verb == "serve" || verb == "migrate" || verb == "backup" ||
                         verb == "openapi" || verb == "token";
    if (!is_ours) {
        given->default_to("database", detail::client_part(what).database);
        return client<Schema>(*given, words, detail::client_part(what));
    }
    if (words.size() != wanted)
        return detail::complain_of_usage(what.program,
                                         detail::bad_setting("write: " + what.program + " " + verb +
                                                             (wanted == 2 ? " FILE" : "")));
    given->default_to("database", detail::default_database(of_host));
    if (verb == "token") {
        auto token = detail::make_token(*given, system_environment().now());
        if (!token) return detail::complain_of_usage(what.program, token.error());
        std::puts(token->c_str());
        return detail::exit_done;
    }
    if (verb == "openapi")
        return detail::print_openapi<Schema>(*given, of_host, std::move(policy), extend);
    if (verb != "serve") return detail::tend_database<Schema>(*given, of_host, words);
    return host<Schema>(*given, of_host, [&](auto& here) {
        return detail::with_service(here, policy, extend,
                                    [&](service& served) { return here.serve(served); });
    });
}

}  // namespace syncfw::app
