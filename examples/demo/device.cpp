// SPDX-License-Identifier: BSL-1.0
#include "library.hpp"
#include "roles.hpp"
#include <syncfw/app/poke_listener.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/transport/http_link.hpp>

#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <unistd.h>
#include <utility>

namespace demo {

namespace {

// In one piece, for two threads tell.
void tell(const std::string& line) {
    std::cout << line + "\n" << std::flush;
}

/// The way to the server. When it is told to, it stops the device for ever behind an answer that
/// came and that nobody has read yet: the worst moment to be killed in.
struct way_to_server {
    syncfw::http_link& link;
    int answers_left = 0;

    syncfw::result<std::string> exchange(std::string_view request) {
        auto answer = link.exchange(request);
        if (answer && answers_left != 0 && --answers_left == 0) {
            tell("holding");
            while (true) ::pause();
        }
        return answer;
    }
};

class device {
  public:
    using store_type = syncfw::sqlite::store<library>;

    device(store_type& store, syncfw::http_link& link, syncfw::poke_listener& pokes)
        : way_{link}, mine_(store, way_, home()), pokes_(pokes) {}
    ~device() {
        pokes_.stop();
        if (ear_.joinable()) ear_.join();
    }
    device(const device&) = delete;
    device& operator=(const device&) = delete;

    std::string obey(const std::string& line) {
        std::istringstream words(line);
        std::string verb, what, text;
        words >> verb >> what >> std::ws;
        std::getline(words, text);
        if (verb == "listen") return listen();  // Not alone: the listener synchronises at once.
        const std::lock_guard alone(lock_);
        if (verb == "sync") return sync();
        if (verb == "status") return status();
        if (verb == "show") return show(what);
        if (verb == "conflict") return conflict();
        if (verb == "take") return take(what == "mine" ? syncfw::side::mine : syncfw::side::theirs);
        if (verb == "hold") return way_.answers_left = std::stoi(what), "will hold";
        const std::string done = write(verb, what, text);
        if (done != "done" || !ear_.joinable()) return done;
        return sync();  // Who listens sends at once, too.
    }

  private:
    // [writes]
    std::string write(const std::string& verb, const std::string& what, const std::string& text) {
        if (verb == "add") return said(mine_.put(book{.isbn = what, .title = text}));
        if (verb == "lend") return said(mine_.put(loan{.isbn = what, .reader = text}));
        if (verb == "import") return said(import(std::stoi(what)));
        return said(mine_.patch<book>(what, [&](book& b) {
            if (verb == "title") b.title = text;
            if (verb == "shelve") b.shelves.insert(text);
            if (verb == "read") b.readings += std::stoi(text);
            if (verb == "note") b.notes += text + "\n";
            if (verb == "begin") b.notes = text + "\n" + b.notes;
        }));
    }
    // Those of one transaction travel together, so this makes parts that a sync can be cut between.
    syncfw::result<void> import(int count) {
        for (int first = 1; first <= count; first += 100) {
            const auto done = mine_.transact([&](auto& edit) -> syncfw::result<void> {
                for (int i = first; i < first + 100; ++i) {
                    book made{.isbn = "old-" + std::to_string(i), .title = "Old book"};
                    made.readings += 1;
                    if (auto put = edit.put(made); !put) return put;
                }
                return {};
            });
            if (!done) return done;
        }
        return {};
    }
    // [/writes]
    std::string sync() {
        const auto seen = mine_.sync();
        if (!seen) return "failed: " + seen.error().message;
        std::string words =
            std::to_string(seen->pushed) + " sent, " + std::to_string(seen->pulled) + " received";
        if (seen->parked != 0) words += ", " + std::to_string(seen->parked) + " parked";
        return words;
    }
    std::string status() {
        const auto now = mine_.status();
        return now ? std::to_string(now->pending) + " waiting" : now.error().message;
    }
    std::string show(const std::string& isbn) {
        const auto found = mine_.get<book>(isbn);
        if (!found || !*found) return "no such book";
        const book& b = **found;
        std::string words = b.title + " | " + std::to_string(b.readings.value()) + " readings |";
        for (const std::string& each : b.shelves) words += " " + each;
        words += " |";
        std::istringstream notes(b.notes);
        for (std::string each; std::getline(notes, each);) words += " " + each;
        return words;
    }
    // [conflicts]
    std::string conflict() {
        const auto open = mine_.conflicts();
        if (!open || open->empty()) return "no conflict";
        const auto sides = syncfw::read_conflict<loan>(open->front());
        if (!sides) return sides.error().message;
        return "mine " + sides->mine.value.reader + ", theirs " + sides->theirs.value.reader;
    }
    std::string take(syncfw::side side) {
        const auto open = mine_.conflicts();
        if (!open || open->empty()) return "no conflict";
        return said(mine_.resolve(open->front().id, side));
    }
    // [/conflicts]
    // [listen]
    std::string listen() {
        ear_ = std::thread([this] { pokes_.run([this] { hear(); }); });
        while (!pokes_.is_connected()) ::usleep(1'000);
        return "listening";
    }
    void hear() {
        const std::lock_guard alone(lock_);
        const auto seen = mine_.sync();
        if (seen && seen->pulled != 0) tell("heard " + std::to_string(seen->pulled));
    }
    // [/listen]
    static std::string said(const syncfw::result<void>& done) {
        return done ? "done" : "failed: " + done.error().message;
    }

    way_to_server way_;
    syncfw::replica<syncfw::world<store_type>, way_to_server> mine_;
    syncfw::poke_listener& pokes_;
    std::thread ear_{};
    std::mutex lock_{};  // Of the replica and the way.
};

}  // namespace

int live(const std::string& file, const std::string& address) {
    const auto give_token = [] { return syncfw::secret<std::string>(token()); };
    auto store = syncfw::sqlite::open<library>(file, {.unique = false});
    if (!store) return fail(store.error());
    auto link = syncfw::http_link::make(address, {.token = give_token});
    if (!link) return fail(link.error());
    auto pokes = syncfw::poke_listener::make(address, {.token = give_token});
    if (!pokes) return fail(pokes.error());
    device mine(*store, *link, *pokes);
    tell("ready");
    for (std::string line; std::getline(std::cin, line);) tell(mine.obey(line));
    return 0;
}

int look(const std::string& file) {
    auto store = syncfw::sqlite::open<library>(file, {.unique = false});
    if (!store) return fail(store.error());
    auto tx = begin_read(*store, home());
    if (!tx) return fail(tx.error());
    std::int64_t readings = 0;
    std::string rows;
    const auto read = [&]<class T>(syncfw::of<T>) {
        const auto all = tx->scan(syncfw::all<T>());
        for (const auto& each : all.value()) {
            rows += std::to_string(each.version()) + " " + syncfw::json::encode(each.value) + "\n";
            if constexpr (std::is_same_v<T, book>) readings += each.value.readings.value();
        }
        return std::to_string(all->size()) + " ";
    };
    const std::string counts = read(syncfw::of<book>()) + read(syncfw::of<loan>());
    const auto unsent = tx->count(syncfw::all<syncfw::outbox_operation>());
    const auto parked = tx->count(where(field<&syncfw::parked_conflict::resolved_at>.is_null()));
    tell(counts + std::to_string(readings) + " " + std::to_string(unsent.value() + parked.value()) +
         "\n" + rows);
    return 0;
}

}  // namespace demo
