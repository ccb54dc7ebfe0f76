// SPDX-License-Identifier: BSL-1.0
// The programs of docs/guide/programs.md, as functions.
#include <syncfw/security/keyring.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

// [host]
#include <syncfw/app/host.hpp>

using namespace syncfw::annotations;

struct guide_book {
    syncfw::uuid id{};
    std::string title{};
    static constexpr auto sync_entity = entity<"book">(field<&guide_book::id>(primary_key));
};
using guide_books = syncfw::schema<guide_book>;

struct greeting {
    std::string words{};
};

int serve_books(int argc, const char* const* argv) {
    return syncfw::app::host<guide_books>(
        argc, argv,
        {.program = "bookserver",
         .port = 3001,
         .settings = {{.name = "greeting", .value = "Hello", .help = "what it says to visitors"}},
         .title = "Books"},
        [](auto& here) {
            syncfw::server hub(here.store(), syncfw::last_write_wins(), {},
                               syncfw::observed(here.told()));
            syncfw::service books(hub, here.told(), here.tokens(), here.options());
            using namespace syncfw::http;
            books.routes().add("GET", "/api/greeting", open_to_all,
                               typed([&](const call&) -> syncfw::result<greeting> {
                                   return greeting{here["greeting"]};
                               }));
            return here.serve(books);
        });
}
// [/host]

// [client]
#include <syncfw/app/client.hpp>

int use_books(int argc, const char* const* argv) {
    return syncfw::app::client<guide_books>(
        argc, argv,
        {.program = "bookshelf",
         .server = "http://127.0.0.1:3001",
         .renamed = {{"remove", "delete"}, {"watch", "monitor"}}});
}
// [/client]

namespace {

// Entities with encrypted fields, whose keys a setting names. Nothing is served: it is looked
// whether the store opens with the keys.
struct patient {
    syncfw::uuid id{};
    std::string diagnosis{};
    static constexpr auto sync_entity =
        entity<"patient">(field<&patient::id>(primary_key), field<&patient::diagnosis>(encrypted));
};

int open_clinic(int argc, const char* const* argv) {
    return syncfw::app::host<syncfw::schema<patient>>(
        argc, argv, {.program = "clinic", .settings = {{.name = "field-keys"}}},
        [](auto& here) {
            const syncfw::tenant_id whose("acme");
            auto tx = begin_write(here.store(), whose);
            if (!tx) return 1;
            const patient ann{.id = syncfw::new_uuid(), .diagnosis = "well"};
            if (!tx->put(syncfw::record<patient>{ann}) || !tx->commit()) return 1;
            auto read = begin_read(here.store(), whose);
            auto row = read->template get<patient>(ann.id);
            return row && *row && (*row)->value.diagnosis == "well" ? 0 : 1;
        },
        [](const syncfw::app::settings& given) {
            return syncfw::keyring::parse(syncfw::secret<std::string>(given["field-keys"]));
        });
}

template <class F>
int run(F&& program, std::vector<const char*> words) {
    words.insert(words.begin(), "program");
    return program(static_cast<int>(words.size()), words.data());
}

}  // namespace

TEST_CASE("programs: a host tells wrong words from what isn't there by its exit code") {
    CHECK(run(serve_books, {"--help"}) == 0);
    CHECK(run(serve_books, {"--prot", "1"}) == 2);
    CHECK(run(serve_books, {"more"}) == 2);
    CHECK(run(serve_books, {"--database", "mysql://x"}) == 2);
    // Each is a number that there may be; together they are more than can be counted.
    CHECK(run(serve_books, {"--insecure-no-auth", "--database", "sqlite::memory:", "--rate-limit",
                            "30000000", "--rate-window", "86400"}) == 2);
    CHECK(run(serve_books, {"--insecure-no-auth", "--database", "sqlite:////none/x.db"}) == 1);
    CHECK(run(serve_books, {"--insecure-no-auth", "--database", "sqlite::memory:", "--address",
                            "no address"}) == 1);
}

TEST_CASE(
    "programs: a host opens entities with encrypted fields with the keys that a setting names") {
    const std::vector<const char*> words = {"--insecure-no-auth", "--database", "sqlite::memory:"};
    CHECK(run(open_clinic, words) == 2);
    std::vector<const char*> with_keys = words;
    with_keys.insert(with_keys.end(),
                     {"--field-keys", "1:gW5rXx0dGf4yBv8sE2QhJt7nLk3mZc6aUe9oPiRqTNw="});
    CHECK(run(open_clinic, with_keys) == 0);
}

TEST_CASE("programs: a client does its work offline, and says when there is no server") {
    namespace fs = std::filesystem;
    const fs::path file =
        fs::temp_directory_path() / ("syncfw-programs-" + to_string(syncfw::new_uuid()));
    const std::string url = "sqlite:///" + file.string();
    const auto shelf = [&](std::vector<const char*> words) {
        words.insert(words.end(), {"--database", url.c_str(), "--patience", "0", "--server",
                                   "http://127.0.0.1:1"});
        return run(use_books, std::move(words));
    };
    CHECK(run(use_books, {"--help"}) == 0);
    CHECK(run(use_books, {}) == 2);
    CHECK(shelf({"add", "book", "title=Dune"}) == 0);
    CHECK(shelf({"add", "book", "tilte=Dune"}) == 2);
    CHECK(shelf({"delete", "book"}) == 2);
    CHECK(shelf({"remove", "book", "x"}) == 2);
    CHECK(shelf({"list", "--json"}) == 0);
    CHECK(shelf({"sync"}) == 3);
    CHECK(shelf({"validate"}) == 0);
    for (const char* const each : {"", "-wal", "-shm", "-lease"}) fs::remove(file.string() + each);
}
