// SPDX-License-Identifier: BSL-1.0
// Goal: a program made of a schema with encrypted fields needs one file of keys, shows contents to
// its user alone, and the keys to nobody. Method: app::main as server and as devices, in a folder
// of its own, with what it prints; canaries that must be found in no file.
#include "support/certificates.hpp"
#include <syncfw/app/main.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct patient {
    uuid id{};
    std::string name{};
    std::string history{};
    secret<std::string> pin{};
    std::string mail{};

    static constexpr auto sync_entity =
        entity<"patient">(field<&patient::id>(primary_key), field<&patient::history>(encrypted),
                          field<&patient::pin>(encrypted),
                          field<&patient::mail>(encrypted_revealing_equality, unique));
};
using clinic = schema<patient>;

constexpr std::string_view first_key = "BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY=";
constexpr std::string_view second_key = "mJeWlZSTkpGQj46NjIuKiYiHhoWEg4KBgH9+fXx7enk=";

bool shows_a_key(std::string_view text) {
    return text.find(first_key.substr(0, 12)) != text.npos ||
           text.find(second_key.substr(0, 12)) != text.npos;
}

/// Tells where the server is, once it listens.
struct telling {
    std::promise<service*>* to = nullptr;
    void operator()(auto& /*here*/, auto& /*hub*/, service& served) const {
        if (to == nullptr) return;
        to->set_value(served.listen() ? &served : nullptr);
    }
};

int run_main(const std::vector<std::string>& given, telling told = {}) {
    std::vector<const char*> words = {"clinic"};
    for (const std::string& each : given) words.push_back(each.c_str());
    return app::main<clinic>(static_cast<int>(words.size()), words.data(), {.program = "clinic"},
                             park(), told);
}

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct said {
    int code = 0;
    std::string text{};  ///< On stdout and stderr.
};

/// What the program prints goes to a file for so long.
said run(const tests::folder& here, const std::vector<std::string>& words) {
    const std::string path = here / "printed";
    const auto redirect = [](std::FILE* stream, int to) {
        std::fflush(stream);
        return ::dup2(to, ::fileno(stream));
    };
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    const int out = ::dup(STDOUT_FILENO), err = ::dup(STDERR_FILENO);
    redirect(stdout, ::fileno(file)), redirect(stderr, ::fileno(file));
    said done{.code = run_main(words)};
    redirect(stdout, out), redirect(stderr, err);
    ::close(out), ::close(err);
    std::fclose(file);
    done.text = content_of(path);
    std::filesystem::remove(path);
    return done;
}

struct scene {
    tests::folder here{};
    std::string keys = here.put("keys", "1:" + std::string(first_key) + "\n");
    std::string other_keys = here.put("other", "2:" + std::string(second_key) + "\n");
    std::string both_keys =
        here.put("both", "2:" + std::string(second_key) + "\n1:" + std::string(first_key) + "\n");

    /// A device's verb.
    [[nodiscard]] said use(const std::string& device, const std::string& with,
                           std::vector<std::string> words, const std::string& server = "") const {
        const std::vector<std::string> more = {"--database", "sqlite:///" + (here / device),
                                               "--token",    "ann",
                                               "--patience", "0",
                                               "--server",   at(server)};
        words.insert(words.end(), more.begin(), more.end());
        if (!with.empty()) words.insert(words.end(), {"--field-keys-file", with});
        return run(here, words);
    }
    static std::string at(const std::string& server) {
        return server.empty() ? "http://127.0.0.1:1" : server;
    }
    /// No file of rows has a word that is sealed, and they are it that have the rows.
    void check_files() const {
        bool has_name = false;
        for (const auto& each :
             std::filesystem::directory_iterator(std::filesystem::path(keys).parent_path())) {
            const std::string bytes = content_of(each.path().string());
            has_name = has_name || bytes.find("Ann in the open") != bytes.npos;
            CHECK_MESSAGE(bytes.find("canary") == bytes.npos, each.path().string());
        }
        CHECK(has_name);
    }
};

/// A server in a thread, as long as it is there.
class serving {
  public:
    explicit serving(const scene& at)
        : thread_([this, database = "sqlite:///" + (at.here / "server.db"), keys = at.keys] {
              (void)run_main({"serve", "--insecure-no-auth", "--port", "0", "--log-level", "error",
                              "--database", database, "--field-keys-file", keys},
                             {&told_});
          }) {
        service_ = told_.get_future().get();
        REQUIRE(service_ != nullptr);
    }
    serving(const serving&) = delete;
    serving& operator=(const serving&) = delete;
    ~serving() {
        service_->stop();
        thread_.join();
    }
    [[nodiscard]] std::string address() const {
        return "http://127.0.0.1:" + std::to_string(service_->port());
    }

  private:
    std::promise<service*> told_{};
    service* service_ = nullptr;
    std::thread thread_;
};

/// A member of what was printed as JSON. The server's own line may stand before it.
std::string value_in(const said& done, std::string_view name) {
    const std::string before = "\"" + std::string(name) + "\":\"";
    const std::size_t at = done.text.find(before);
    REQUIRE_MESSAGE(at != done.text.npos, done.text);
    const std::size_t begin = at + before.size();
    return done.text.substr(begin, done.text.find('"', begin) - begin);
}

}  // namespace

TEST_CASE("encrypted programs: users see contents, and no file has a word of them") {
    const scene at;
    const serving server(at);
    const auto phone = [&](const std::vector<std::string>& words) {
        return at.use("phone.db", at.keys, words, server.address());
    };
    const auto desk = [&](const std::vector<std::string>& words) {
        return at.use("desk.db", at.keys, words, server.address());
    };
    const std::string id =
        value_in(phone({"add", "patient", "name=Ann in the open", "history=canary of the history",
                        "pin=canary pin", "mail=canary@x", "--json"}),
                 "id");
    CHECK(phone({"pending"}).text.find("new") != std::string::npos);
    CHECK(phone({"sync"}).code == 0);
    CHECK(desk({"sync"}).code == 0);
    const said list = desk({"list"});
    CHECK(list.text.find("canary of the history") != std::string::npos);
    CHECK(list.text.find("canary pin") == std::string::npos);  // A secret.
    CHECK(desk({"list", "--json"}).text.find(R"("mail":"canary@x")") != std::string::npos);
    at.check_files();

    REQUIRE(phone({"edit", "patient", id, "history=canary from the phone"}).code == 0);
    REQUIRE(desk({"edit", "patient", id, "history=canary from the desk"}).code == 0);
    CHECK(phone({"push"}).code == 0);
    CHECK(desk({"sync"}).code == 4);
    const said open = desk({"conflicts"});
    CHECK(open.text.find(R"(mine "canary from the desk", theirs "canary from the phone")") !=
          std::string::npos);
    const said as_json = desk({"conflicts", "--json"});
    CHECK(as_json.text.find("canary of the history") != std::string::npos);
    at.check_files();
    REQUIRE(desk({"resolve", value_in(as_json, "conflict"), "history=canary of both"}).code == 0);
    CHECK(desk({"sync"}).code == 0);
    CHECK(phone({"pull"}).code == 0);
    CHECK(phone({"list"}).text.find("canary of both") != std::string::npos);
    CHECK(phone({"validate"}).code == 0);
    at.check_files();
}

TEST_CASE("encrypted programs: without the file of keys no row is touched, and it is said why") {
    const scene at;
    for (const char* const verb : {"list", "pending", "sync", "push", "pull", "watch", "conflicts",
                                   "parked", "status", "validate"}) {
        const said done = at.use("device.db", "", {verb});
        CHECK_MESSAGE(done.code == 2, verb);
        CHECK(done.text.find("FIELD_KEYS_FILE") != std::string::npos);
    }
    CHECK(!std::filesystem::exists(at.here / "device.db"));
    const std::string database = "sqlite:///" + (at.here / "server.db");
    const auto plain = [&](const std::string& verb) {
        return run(at.here, {verb, "--database", database, "--insecure-no-auth"});
    };
    const said serve = plain("serve");
    CHECK(serve.code == 2);
    CHECK(serve.text.find("FIELD_KEYS_FILE") != std::string::npos);
    // What is done to tables, and not to rows, needs none.
    CHECK(plain("migrate").code == 0);
    CHECK(plain("openapi").code == 0);
    CHECK(run(at.here, {"validate", "--database", database}).code == 0);
}

TEST_CASE("encrypted programs: I17, no error and no help has a key in it") {
    const scene at;
    const auto refused = [&](const std::string& with, std::string_view words) {
        for (const char* const form : {"false", "true"}) {
            const said done = at.use("device.db", with, {"list", std::string("--json=") + form});
            CHECK(done.code == 2);
            CHECK_MESSAGE(done.text.find(words) != std::string::npos, done.text);
            CHECK(done.text.find("FIELD_KEYS_FILE") != std::string::npos);
            CHECK(!shows_a_key(done.text));
        }
    };
    refused(at.here.put("open", content_of(at.keys), 0644), "chmod 600");
    refused(at.here / "none", "there is none of that name");
    refused(at.here.put("twice", content_of(at.keys) + content_of(at.keys)),
            "two keys have the number 1");
    refused(at.here.put("short", "1:" + std::string(first_key.substr(0, 20)) + "\n"),
            "is not number:base64 of 32 bytes");
    // Whoever writes the key itself where its file belongs.
    refused("1:" + std::string(first_key), "is the name of a file");
    refused(std::string(first_key), "is the name of a file");
    const said help = run(at.here, {"--help", "--field-keys-file", at.keys});
    CHECK(help.code == 0);
    CHECK(help.text.find("--field-keys-file FILE") != std::string::npos);
    CHECK(!shows_a_key(help.text));
}

TEST_CASE("encrypted programs: where the other side lacks the key, nothing is lost") {
    const scene at;
    const serving server(at);
    REQUIRE(at.use("phone.db", at.keys,
                   {"add", "patient", "name=Ann in the open", "history=canary", "mail=canary@x"},
                   server.address())
                .code == 0);
    REQUIRE(at.use("phone.db", at.keys, {"sync"}, server.address()).code == 0);
    // A device with another key can read nothing of it.
    const said strange = at.use("desk.db", at.other_keys, {"sync"}, server.address());
    CHECK(strange.code == 1);
    CHECK_MESSAGE(strange.text.find("patient.history") != std::string::npos, strange.text);
    CHECK(strange.text.find("under key 1, which the keyring has not") != std::string::npos);
    CHECK(strange.text.find("canary") == std::string::npos);
    // Nor what another has left in the file.
    const said list = at.use("phone.db", at.other_keys, {"list"});
    CHECK(list.code == 1);
    CHECK(list.text.find("patient.history: the ciphertext is under key 1") != std::string::npos);
    // With the keys of both it goes on where it was.
    CHECK(at.use("desk.db", at.both_keys, {"sync"}, server.address()).code == 0);
    CHECK(at.use("desk.db", at.both_keys, {"list"}).text.find("canary@x") != std::string::npos);
    at.check_files();
}
