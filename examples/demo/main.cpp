// SPDX-License-Identifier: BSL-1.0
// A server and two devices, each a process with an SQLite file of its own, in one story. This file
// tells it; what the three do stands in server.cpp and device.cpp.
//
//     demo           tells the story; exits with 0 if all three hold the same at its end
//     demo --keep    and leaves the server running, for a browser and curl
#include "narration.hpp"
#include "process.hpp"
#include "roles.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace demo {
namespace {

const std::string dune = "9780441013593";

class story {
  public:
    explicit story(std::string folder) : folder_(std::move(folder)) {}

    bool tell() {
        std::printf("A server and two devices: three processes, three SQLite files, in %s\n",
                    folder_.c_str());
        a_book_goes_round();
        both_work_offline();
        their_edits_are_merged();
        a_conflict_waits_for_a_person();
        a_device_is_killed();
        news_come_by_themselves();
        const bool is_same = all_hold_the_same();
        if (tells_.failures() == 0) return is_same;
        tells_.end(false, "But not all went as told; see above. The files are in " + folder_);
        return false;
    }

    void keep() {
        std::signal(SIGINT, SIG_IGN);  // It is for the server; this process tidies up behind it.
        std::printf(
            "\nThe server goes on, until Ctrl-C:\n\n   %s/docs\n   curl %s/metrics\n"
            "   curl -H 'Authorization: Bearer %s' %s/sync/status\n",
            address_.c_str(), address_.c_str(), std::getenv("SYNCFW_DEMO_TOKEN"), address_.c_str());
        std::fflush(stdout);
        server_->wait();
    }

  private:
    void a_book_goes_round() {
        tells_.chapter("A book goes round", "What one device writes, the other has.");
        start_server();
        start(phone_, "phone");
        start(laptop_, "laptop");
        on(phone_, "synchronises", "sync", "0 sent, 0 received");
        on(laptop_, "synchronises", "sync", "0 sent, 0 received");
        on(phone_, "writes the book Dune", "add " + dune + " Dune", "done");
        on(phone_, "puts it on the shelf \"novels\"", "shelve " + dune + " novels", "done");
        on(phone_, "notes: Sand.", "note " + dune + " Sand.", "done");
        on(phone_, "notes: Spice.", "note " + dune + " Spice.", "done");
        on(phone_, "synchronises", "sync", "1 sent, 0 received");
        on(laptop_, "synchronises", "sync", "0 sent, 1 received");
        on(laptop_, "has", "show " + dune, "Dune | 0 readings | novels | Sand. Spice.");
    }

    void both_work_offline() {
        tells_.chapter("Both work offline, on the same book",
                       "Nobody waits for a server. Each write is there at once, and is kept.");
        server_->kill();
        tells_.step("server", "kill -9: it is gone");
        on(laptop_, "title: Dune, first edition", "title " + dune + " Dune, first edition", "done");
        on(laptop_, "puts it on the shelf \"classics\"", "shelve " + dune + " classics", "done");
        on(laptop_, "counts two readings", "read " + dune + " 2", "done");
        on(laptop_, "notes at the end: Worms.", "note " + dune + " Worms.", "done");
        on(phone_, "title, a moment later: Dune (1965)", "title " + dune + " Dune (1965)", "done");
        on(phone_, "puts it on the shelf \"desert\"", "shelve " + dune + " desert", "done");
        on(phone_, "counts one reading", "read " + dune + " 1", "done");
        on(phone_, "notes at the beginning: Start here.", "begin " + dune + " Start here.", "done");
        on(phone_, "synchronises", "sync", "failed: can't connect to 127.0.0.1:" + port_);
        on(phone_, "has not lost anything", "status", "1 waiting");
    }

    void their_edits_are_merged() {
        tells_.chapter("They come back: a conflict is merged",
                       "Field by field: the later title, all shelves, three readings, all notes.");
        start_server();
        on(phone_, "synchronises", "sync", "1 sent, 0 received");
        on(laptop_, "synchronises", "sync", "1 sent, 0 received");
        on(phone_, "synchronises", "sync", "0 sent, 1 received");
        const std::string merged =
            "Dune (1965) | 3 readings | classics desert novels | Start here. Sand. Spice. Worms.";
        on(phone_, "has", "show " + dune, merged);
        on(laptop_, "has", "show " + dune, merged);
    }

    void a_conflict_waits_for_a_person() {
        tells_.chapter("One copy, lent twice: a conflict is parked",
                       "No rule can know who gets the book. Both sides are kept until we say so.");
        on(phone_, "lends it to Ann", "lend " + dune + " Ann", "done");
        on(laptop_, "lends it to Bob", "lend " + dune + " Bob", "done");
        on(phone_, "synchronises", "sync", "1 sent, 0 received");
        on(laptop_, "synchronises", "sync", "1 sent, 0 received, 1 parked");
        on(laptop_, "shows the conflict", "conflict", "mine Bob, theirs Ann");
        on(laptop_, "we decide: Bob has it", "take mine", "done");
        on(laptop_, "synchronises", "sync", "1 sent, 0 received");
        on(laptop_, "shows the conflict", "conflict", "no conflict");
        on(phone_, "synchronises", "sync", "0 sent, 1 received");
    }

    void a_device_is_killed() {
        tells_.chapter("A device is killed in the middle of a sync",
                       "The server has taken the third of six parts; nobody heard its answer.");
        on(phone_, "imports 3,000 books, each read once", "import 3000", "done");
        on(phone_, "will stop behind the third answer", "hold 3", "will hold");
        on(phone_, "synchronises", "sync", "holding");
        phone_.process->kill();
        tells_.step("phone", "kill -9: it is gone");
        start(phone_, "phone");
        on(phone_, "still has to hear about", "status", "2000 waiting");
        on(phone_, "synchronises", "sync", "2000 sent, 0 received");
        on(laptop_, "synchronises", "sync", "0 sent, 3000 received");
    }

    void news_come_by_themselves() {
        tells_.chapter(
            "News come by themselves",
            "Who listens sends each write at once, and a WebSocket says when there is something.");
        on(phone_, "listens", "listen", "listening");
        on(laptop_, "listens", "listen", "listening");
        const auto goes = [&](part& from, part& to, const std::string& title) {
            const auto began = std::chrono::steady_clock::now();
            on(from, "title: " + title, "title " + dune + " " + title, "1 sent, 0 received");
            const std::string heard = to.process->hear();
            const std::chrono::duration<double, std::milli> took =
                std::chrono::steady_clock::now() - began;
            std::array<char, 64> words{};
            std::snprintf(words.data(), words.size(), "has it %.0f ms later", took.count());
            tells_.step(to.name, words.data(), heard, "heard 1");
        };
        goes(phone_, laptop_, "Dune, again");
        goes(laptop_, phone_, "Dune");
    }

    bool all_hold_the_same() {
        tells_.chapter("Do all three hold the same?",
                       "Their files are read row by row, with the rows' versions.");
        phone_.process->end();
        laptop_.process->end();
        std::printf("   %-9s%8s%8s%10s%20s\n", "", "books", "loans", "readings",
                    "unsent or parked");
        std::optional<std::string> first;
        bool is_same = true;
        for (const char* name : {"server", "phone", "laptop"}) {
            const std::string all = look(name);
            std::istringstream counted(all);
            std::string books, loans, readings, unsettled;
            counted >> books >> loans >> readings >> unsettled;
            std::printf("   %-9s%8s%8s%10s%20s\n", name, books.c_str(), loans.c_str(),
                        readings.c_str(), unsettled.c_str());
            is_same = is_same && all == first.value_or(all) && all.starts_with("3001 1 3003 0\n");
            first = first.value_or(all);
        }
        tells_.end(is_same,
                   is_same
                       ? "All three hold the same rows. Nothing is lost, nothing is there twice."
                       : "The stores differ. Their files are in " + folder_);
        return is_same;
    }

    // --- the parts ------------------------------------------------------------------------------

    struct part {
        std::string name{};
        std::unique_ptr<demo::process> process{};
    };

    void on(part& who, const std::string& what, const std::string& asked,
            const std::string& wanted) {
        tells_.step(who.name, what, who.process->ask(asked), wanted);
    }
    void start_server() {
        server_ = std::make_unique<process>(
            std::vector<std::string>{"serve", folder_ + "/server.db", port_},
            folder_ + "/server.log");
        const std::string said = server_->hear();
        address_ = said.substr(said.rfind(' ') + 1);
        port_ = said.substr(said.rfind(':') + 1);  // The next one must be found at the same place.
        tells_.step("server", "process " + std::to_string(server_->id()) + ", " + said);
    }
    void start(part& which, const std::string& name) {
        which.name = name;
        which.process = std::make_unique<process>(
            std::vector<std::string>{"live", folder_ + "/" + name + ".db", address_},
            folder_ + "/" + name + ".log");
        tells_.step(name, "process " + std::to_string(which.process->id()) + ", " + name + ".db",
                    which.process->hear(), "ready");
    }
    std::string look(const std::string& name) {
        process looking({"look", folder_ + "/" + name + ".db"}, folder_ + "/look.log");
        std::string all;
        for (std::string line = looking.hear(); !line.empty(); line = looking.hear())
            all += line + "\n";
        return looking.wait() == 0 ? all : "";
    }

    std::string folder_;
    std::string port_ = "0";
    std::string address_{};
    narration tells_{};
    std::unique_ptr<process> server_{};
    part phone_{}, laptop_{};
};

std::string random_token() {
    std::random_device chance;
    std::string token;
    for (int i = 0; i < 32; ++i) token += "0123456789abcdef"[chance() % 16];
    return token + "-demo";
}

int run(bool keeps) {
    std::signal(SIGPIPE, SIG_IGN);
    std::string folder = (std::filesystem::temp_directory_path() / "syncfw-demo-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return std::perror("demo: no folder"), 1;
    ::setenv("SYNCFW_DEMO_TOKEN", random_token().c_str(), 1);
    bool is_fine = false;
    {
        story all(folder);
        is_fine = all.tell();
        if (keeps) all.keep();
    }
    if (is_fine) std::filesystem::remove_all(folder);
    return is_fine ? 0 : 1;
}

}  // namespace
}  // namespace demo

int main(int count, char** values) {
    const std::vector<std::string> all(values + 1, values + count);
    if (all.size() == 3 && all[0] == "serve")
        return demo::serve(all[1], static_cast<unsigned short>(std::atoi(all[2].c_str())));
    if (all.size() == 3 && all[0] == "live") return demo::live(all[1], all[2]);
    if (all.size() == 2 && all[0] == "look") return demo::look(all[1]);
    if (all.size() > 1 || (all.size() == 1 && all[0] != "--keep")) {
        std::fputs("usage: demo [--keep]\n", stderr);
        return 2;
    }
    return demo::run(!all.empty());
}
