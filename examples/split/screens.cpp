// SPDX-License-Identifier: BSL-1.0
// What a programmer edits all day: it saves, finds, watches and synchronises, and the compiler
// sees nothing of how.
// [screens]
#include "screens.hpp"

using syncfw::where;

syncfw::result<book> add_book(device& mine, std::string title, std::string author,
                              std::int64_t pages) {
    const book added{syncfw::new_uuid(), std::move(title), std::move(author), pages};
    if (auto done = rows<book>(mine).put(added); !done) return done.error();
    return added;
}

syncfw::result<std::vector<std::string>> thick_titles(device& mine) {
    auto found = rows<book>(mine).find(
        where(field<&book::pages> > 300).order_by(field<&book::title>).limit(50));
    if (!found) return found.error();
    std::vector<std::string> titles;
    for (const book& each : *found) titles.push_back(each.title);
    return titles;
}

syncfw::result<void> lend(device& mine, const syncfw::uuid& id, std::string reader) {
    return mine.transact([&]() -> syncfw::result<void> {
        auto lent = rows<loan>(mine).find(where(field<&loan::book_id> == id));
        if (!lent) return lent.error();
        if (!lent->empty())
            return syncfw::error{.code = syncfw::errc::busy, .message = "it is lent already"};
        auto note = rows<book>(mine).patch(id, [](book& b) { ++b.lendings; });
        if (!note) return note;
        return rows<loan>(mine).put({syncfw::new_uuid(), id, std::move(reader)});
    });
}

syncfw::result<void> give_away(device& mine, const syncfw::uuid& id) {
    auto here = rows<book>(mine).get(id);
    if (!here) return here.error();
    return *here ? rows<book>(mine).remove(id) : syncfw::result<void>();
}

syncfw::result<syncfw::watch> show_books_of(device& mine, std::string author,
                                            std::function<void(std::size_t)> show) {
    return rows<book>(mine).observe(
        where(field<&book::author> == author),
        [show = std::move(show)](const std::vector<book>& now) { show(now.size()); });
}

std::string synchronise(device& mine) {
    const auto seen = mine.sync();
    if (!seen) return to_string(seen.error());
    const auto left = mine.status();
    if (!left) return to_string(left.error());
    return std::to_string(seen->pushed) + " sent, " + std::to_string(seen->pulled) + " read, " +
           std::to_string(left->pending + left->failed) + " left";
}
// [/screens]
