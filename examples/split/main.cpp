// SPDX-License-Identifier: BSL-1.0
// A program of several files, of which two take the compiler long: docs/guide/compile-time.md. This
// one plays a service and two devices, over sockets, and looks whether all went well.
#include "screens.hpp"
#include "service.hpp"
#include <syncfw/transport/http/client.hpp>

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

template <class T>
T sure(syncfw::result<T> got) {
    if (!got) {
        std::puts(to_string(got.error()).c_str());
        std::exit(1);
    }
    return std::move(*got);
}
void sure_done(const syncfw::result<void>& done) {
    if (done) return;
    std::puts(to_string(done.error()).c_str());
    std::exit(1);
}
void expect(bool holds, const char* what) {
    if (holds) return;
    std::printf("this doesn't hold: %s\n", what);
    std::exit(1);
}

void expect(const std::string& seen, const std::string& wanted) {
    if (seen == wanted) return;
    std::printf("expected %s, not %s\n", wanted.c_str(), seen.c_str());
    std::exit(1);
}

}  // namespace

int main() {
    auto served = sure(library_service::open(":memory:", 0));
    add_routes(*served);
    std::thread serving([&] { served->run(); });
    auto phone = sure(device::open(":memory:", served->address(), "a token"));
    auto laptop = sure(device::open(":memory:", served->address(), "a token"));

    std::size_t shown = 0;
    const auto watching =
        sure(show_books_of(*laptop, "Le Guin", [&](std::size_t books) { shown = books; }));
    const book left_hand = sure(add_book(*phone, "The Left Hand of Darkness", "Le Guin", 304));
    const book dispossessed = sure(add_book(*phone, "The Dispossessed", "Le Guin", 341));
    sure_done(lend(*phone, left_hand.id, "Ben"));
    expect(!lend(*phone, left_hand.id, "Eve"), "a book is lent once");
    expect(sure(rows<book>(*phone).get(left_hand.id))->lendings == 1, "nothing of a lending stays");
    sure_done(give_away(*phone, dispossessed.id));
    expect(synchronise(*phone), "2 sent, 2 read, 0 left");
    expect(synchronise(*laptop), "0 sent, 2 read, 0 left");
    expect(shown == 1, "who watches is told");
    expect(sure(thick_titles(*laptop)) == std::vector<std::string>{left_hand.title}, "it is found");

    auto line = sure(syncfw::http::client::make(
        served->address(), {.token = [] { return syncfw::secret<std::string>("any"); }}));
    const auto state = sure(line.ask({.path = "/api/books/" + to_string(left_hand.id)}));
    expect(state.body, R"({"title":"The Left Hand of Darkness","readers":["Ben"]})");
    const auto page = sure(line.ask({.path = "/api/books?author=Le%20Guin"}));
    expect(page.body.find(R"("title":"The Left Hand of Darkness")") != std::string::npos, "a page");

    served->stop();
    serving.join();
    expect(!phone->sync(), "a device without its service says so");
    std::puts("a program of several files, two of them heavy");
}
