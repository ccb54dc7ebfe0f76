// SPDX-License-Identifier: BSL-1.0
// What every server needs around its own routes: options, environment, a database, tokens, a log,
// an API's description, and exit codes.
//
//     int main(int argc, char** argv) {
//         return syncfw::app::host<library>(
//             argc, argv, {.program = "bookshelf", .port = 3001, .title = "Books"},
//             [](auto& here) {
//                 syncfw::server hub(here.store(), syncfw::last_write_wins(), {},
//                                    syncfw::observed(here.told()));
//                 syncfw::service books(hub, here.told(), here.tokens(), here.options());
//                 books.routes().add(…);
//                 return here.serve(books);
//             });
//     }
//
// The function is a generic lambda, because the store is of SQLite or of PostgreSQL: the URL says
// so when the program starts. `bookshelf --help` tells all options; docs/guide/programs.md leads
// through them. Let one file of a program include it.
//
// | exit code | when                                                                  |
// |-----------|-----------------------------------------------------------------------|
// | 0         | the program was told to end: SIGINT, SIGTERM, `--help`                |
// | 1         | what it needs isn't there: the database, the port, the keys' server   |
// | 2         | an option, a variable or an address is wrong; one line on stderr says |
#pragma once

#include <syncfw/app/background.hpp>
#include <syncfw/app/database_url.hpp>
#include <syncfw/app/detail/complain.hpp>
#include <syncfw/app/detail/database_role.hpp>
#include <syncfw/app/detail/tls_settings.hpp>
#include <syncfw/app/docs_page.hpp>
#include <syncfw/app/field_keys.hpp>
#include <syncfw/app/host_tokens.hpp>
#include <syncfw/app/poke_relay.hpp>
#include <syncfw/app/service.hpp>
#include <syncfw/app/settings.hpp>
#include <syncfw/storage/postgres.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/transport/http/gzip_bodies.hpp>

#include <libpq-fe.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::app {

struct host_options {
    std::string program{};            ///< As it is called: `bookshelf`.
    unsigned short port = 0;          ///< Where `--port` says nothing; 0: one that is free.
    std::string database{};           ///< None: `sqlite:///PROGRAM.db`.
    std::vector<setting> settings{};  ///< Its own, beside those of all hosts.
    std::string about{};              ///< One line for `--help`.
    std::string title{};              ///< Of the API's description; none: the program's name.
    std::string version = "1.0.0";
    std::string description{};
    std::int64_t rate_limit = 0;            ///< Requests of one user; 0: without end.
    std::int64_t rate_window_seconds = 60;  ///< Within so long.
    /// Marks of deleted rows and answers to pushes are kept for so many days; 0: for ever. A
    /// device that was away longer reads all rows anew, and keeps its unsent work.
    std::int64_t keep_days = 90;
    std::int64_t keep_audit_days = 0;  ///< The same of who wrote what.
    std::span<const migration> migrations{};
    token_options tokens{};
};

namespace detail {

struct host_parts {
    http::token_check tokens{};
    shown_certificate shown{};
    std::string shared_at{};  ///< Where other processes may serve the same rows: PostgreSQL's.
};

}  // namespace detail

/// What the program stands on while it serves.
template <class Store>
class host_place {
  public:
    using store_type = Store;
    using schema_type = typename Store::schema_type;

    host_place(Store& store, const settings& given, const host_options& what, service_events& told,
               detail::host_parts parts)
        : store_(store), given_(given), what_(what), told_(told), parts_(std::move(parts)) {}

    [[nodiscard]] Store& store() noexcept { return store_; }
    [[nodiscard]] service_events& told() noexcept { return told_; }
    [[nodiscard]] const logger& log() const noexcept { return told_.log(); }
    [[nodiscard]] const http::token_check& tokens() const noexcept { return parts_.tokens; }
    /// What the settings say, for a `service`; change what is particular.
    [[nodiscard]] service_options options() const;
    /// How the API's description begins.
    [[nodiscard]] api_info info() const {
        return {.title = what_.title.empty() ? what_.program : what_.title,
                .version = what_.version,
                .description = what_.description};
    }
    /// The program's settings, by name.
    [[nodiscard]] const settings& given() const noexcept { return given_; }
    [[nodiscard]] const std::string& operator[](std::string_view name) const {
        return given_[name];
    }
    [[nodiscard]] std::int64_t number(std::string_view name) const { return given_.number(name); }

    /// Adds `/openapi.json` and `/docs`, which describe the routes that are there by now, and
    /// serves until the program is told to end. Gives its exit code.
    [[nodiscard]] int serve(service& served);

  private:
    std::int64_t look_for_a_new_certificate();

    Store& store_;
    const settings& given_;
    const host_options& what_;
    service_events& told_;
    detail::host_parts parts_;
};

/// Reads options and environment, opens database and tokens, calls `serve(host_place&)`, and gives
/// the program's exit code, which is what the function gave. Where entities have encrypted fields,
/// `open_keys(settings)` gives the cipher: out of the file that field_keys.hpp's setting names, or
/// from wherever the program's own function has it.
template <class Schema, class Serve, class OpenKeys = field_keys_from_settings<Schema>>
[[nodiscard]] int host(int argc, const char* const* argv, const host_options& what, Serve&& serve,
                       const OpenKeys& open_keys = {});

/// The same with settings that are read already: for programs with verbs. Where fields are
/// encrypted, those of `field_keys_from_settings<Schema>::known()` are among them.
template <class Schema, class Serve, class OpenKeys = field_keys_from_settings<Schema>>
[[nodiscard]] int host(const settings& given, const host_options& what, Serve&& serve,
                       const OpenKeys& open_keys = {});

/// The settings of all hosts, and the program's own.
[[nodiscard]] std::vector<setting> host_settings(const host_options& what);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

/// libpq's own words have the whole address in them, and so perhaps a password.
[[nodiscard]] inline result<void> check_postgres_url(const std::string& url) {
    const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> read(
        PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
    bool is_fine = read != nullptr;
    for (const PQconninfoOption* each = read.get(); is_fine && each->keyword != nullptr; ++each)
        if (std::string_view(each->keyword) == "port" && each->val != nullptr)
            is_fine = std::string_view(each->val).find_first_not_of("0123456789,") ==
                      std::string_view::npos;
    if (is_fine) return {};
    return bad_setting(
        "the database's URL is none that PostgreSQL's library understands; write "
        "postgresql://user@host:port/database");
}

[[nodiscard]] inline std::string default_database(const host_options& what) {
    return what.database.empty() ? "sqlite:///" + what.program + ".db" : what.database;
}

/// How a server's databases are opened, by all verbs alike.
[[nodiscard]] inline sqlite::options sqlite_of_host(const host_options& what,
                                                    bool migrates = true) {
    return {.references = true, .migrations = what.migrations, .migrate = migrates};
}
[[nodiscard]] inline postgres::options postgres_of_host(const host_options& what,
                                                        bool migrates = true) {
    return {.migrate = migrates, .migrations = what.migrations};
}

[[nodiscard]] inline logger logger_of(const settings& given) {
    log_level from = log_level::info;
    (void)parse(given["log-level"], from);
    return logger(stderr, from);
}

[[nodiscard]] inline std::optional<token_bucket> rate_of(const settings& given) {
    const std::int64_t most = given.number("rate-limit");
    if (most == 0) return {};
    return token_bucket{.tokens = most,
                        .period_microseconds = given.number("rate-window") * 1'000'000,
                        .burst = most};
}
[[nodiscard]] inline result<void> check_rate(const settings& given) {
    const auto rate = rate_of(given);
    if (!rate || rate->is_countable()) return {};
    return bad_setting(
        "RATE_LIMIT times RATE_WINDOW is more than can be counted; set RATE_LIMIT to "
        "0 for no limit, or RATE_WINDOW to fewer seconds");
}

/// A store that `open` gave, and what it is for.
template <class Opened, class Serve>
int serve_on(Opened opened, const settings& given, const host_options& what, host_parts&& parts,
             Serve&& serve) {
    if (!opened)
        return complain(what.program, exit_failed,
                        "the database can't be used: " + to_string(opened.error()));
    if (auto ours = claim_role(*opened, "server"); !ours)
        return is_retryable(ours.error())
                   ? complain(what.program, exit_failed, to_string(ours.error()))
                   : complain_of_usage(what.program, ours.error());
    service_events told(logger_of(given));
    if constexpr (requires { opened->warnings(); })
        for (const std::string& each : opened->warnings())
            told.log().warning("database", {{"warning", each}});
    if (given.flag("insecure-no-auth"))
        told.log().warning("tokens are not checked: who reaches this program may read and write");
    host_place here(*opened, given, what, told, std::move(parts));
    const int code = serve(here);
    told.log().info("ended", {{"exit_code", code}});
    return code;
}

}  // namespace detail

inline std::vector<setting> host_settings(const host_options& what) {
    std::vector<setting> all = {
        {.name = "port",
         .value = std::to_string(what.port),
         .help = "where it listens; 0 takes a port that is free",
         .kind = setting_kind::number,
         .most = 65'535},
        {.name = "address",
         .value = "127.0.0.1",
         .help = "on which address; 0.0.0.0 is for all who reach this machine"},
        {.name = "database",
         .value = detail::default_database(what),
         .help = "sqlite:///file.db, sqlite:////folder/file.db, sqlite::memory: or "
                 "postgresql://user@host:port/database",
         .variable = "DATABASE_URL",
         .stands_for = "URL"},
        {.name = "rate-limit",
         .value = std::to_string(what.rate_limit),
         .help = "so many requests of one user, within the window; 0: without end",
         .kind = setting_kind::number,
         .most = 1'000'000'000},
        {.name = "rate-window",
         .value = std::to_string(what.rate_window_seconds),
         .help = "in seconds",
         .kind = setting_kind::number,
         .least = 1,
         .most = 86'400},
        {.name = "keep-days",
         .value = std::to_string(what.keep_days),
         .help = "so long deletions and answers are remembered; 0: for ever",
         .kind = setting_kind::number,
         .most = 36'500},
        {.name = "keep-audit-days",
         .value = std::to_string(what.keep_audit_days),
         .help = "so long it is remembered who wrote what; 0: for ever",
         .kind = setting_kind::number,
         .most = 36'500},
        {.name = "log-level",
         .one_of = {"debug", "info", "warning", "error"},
         .value = "info",
         .help = "from where on the log says something",
         .stands_for = "LEVEL"}};
    for (setting& each : token_settings()) all.push_back(std::move(each));
    for (setting& each : detail::tls_settings()) all.push_back(std::move(each));
    all.insert(all.begin() + 3, what.settings.begin(), what.settings.end());
    return all;
}

template <class Store>
service_options host_place<Store>::options() const {
    service_options made{.address = given_["address"],
                         .port = static_cast<unsigned short>(given_.number("port"))};
    made.limit = detail::rate_of(given_);
    const std::int64_t days = given_.number("keep-days");
    made.keep = {.deletions = days, .answers = days, .audit = given_.number("keep-audit-days")};
    made.tls = parts_.shown.tls();
    made.around = [is_open = given_.flag("insecure-no-auth")](http::router& routes) {
        auto packed = http::with_gzip(routes);
        return is_open ? with_anonymous(std::move(packed)) : packed;
    };
    return made;
}

template <class Store>
int host_place<Store>::serve(service& served) {
    add_docs_routes(served.routes(), info(), http::open_to_all);
    std::optional<background> renewing;
    if (parts_.shown.tls()) renewing.emplace([this] { return look_for_a_new_certificate(); });
    std::optional<poke_relay> among_servers;
    if (!parts_.shared_at.empty()) among_servers.emplace(parts_.shared_at, served.pokes(), log());
    return served.run();
}

template <class Store>
std::int64_t host_place<Store>::look_for_a_new_certificate() {
    const auto seen = parts_.shown.look();
    if (!seen)
        log().error("the certificate's files can't be used; the old one is shown",
                    {{"error", seen.error()}, {"until", parts_.shown.expires_at()}});
    else if (*seen)
        log().info("a new certificate is shown", {{"until", parts_.shown.expires_at()}});
    return std::int64_t{3'600} * 1'000'000;
}

template <class Schema, class Serve, class OpenKeys>
int host(const settings& given, const host_options& what, Serve&& serve,
         const OpenKeys& open_keys) {
    // What is wrong in itself is told before anything is opened or made.
    const auto refuse = [&](const error& why) {
        return is_retryable(why)
                   ? detail::complain(what.program, detail::exit_failed, to_string(why))
                   : detail::complain_of_usage(what.program, why);
    };
    auto url = parse_database_url(given["database"]);
    if (!url) return refuse(url.error());
    if (url->is_postgres)
        if (auto fine = detail::check_postgres_url(url->place); !fine) return refuse(fine.error());
    auto tokens = open_token_check(given, what.tokens, system_environment().now());
    if (!tokens) return refuse(tokens.error());
    auto keys = open_keys(given);
    if (!keys) return refuse(keys.error());
    auto shown = detail::shown_certificate::from(given);
    if (!shown) return refuse(shown.error());
    if (auto fine = detail::check_rate(given); !fine) return refuse(fine.error());
    detail::host_parts parts{.tokens = std::move(*tokens), .shown = std::move(*shown)};
    if (url->is_postgres) parts.shared_at = url->place;
    if (url->is_postgres)
        return detail::serve_on(
            postgres::open<Schema>(std::move(url->place), detail::postgres_of_host(what),
                                   std::move(*keys)),
            given, what, std::move(parts), serve);
    return detail::serve_on(
        sqlite::open<Schema>(url->place, detail::sqlite_of_host(what), std::move(*keys)), given,
        what, std::move(parts), serve);
}

template <class Schema, class Serve, class OpenKeys>
int host(int argc, const char* const* argv, const host_options& what, Serve&& serve,
         const OpenKeys& open_keys) {
    std::vector<setting> known = host_settings(what);
    if constexpr (requires { OpenKeys::known(); })
        for (setting& each : OpenKeys::known()) known.push_back(std::move(each));
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    auto given = settings::read(known, words, &process_variable);
    if (!given) return detail::complain_of_usage(what.program, given.error());
    if (given->wants_help()) {
        std::fputs(help_page(what.program, what.about, known).c_str(), stdout);
        return 0;
    }
    if (!given->words().empty())
        return detail::complain_of_usage(what.program,
                                         {.code = errc::invalid_value,
                                          .message = detail::shown(given->words().front()) +
                                                     " is no option; they begin with --"});
    return host<Schema>(*given, what, serve, open_keys);
}

}  // namespace syncfw::app
