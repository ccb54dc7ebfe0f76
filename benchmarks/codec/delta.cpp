// SPDX-License-Identifier: BSL-1.0
#include "delta.hpp"

#include "book_entity.hpp"
#include <syncfw/codec/delta.hpp>

#include <cstddef>

namespace bench {
namespace {

// Another value in one of the fields that people edit.
void edit(book& b, random_source& random) {
    switch (random.below(5)) {
        case 0: b.title += '!'; return;
        case 1: b.author += " Jr."; return;
        case 2: b.pages += 1; return;
        case 3: b.rating += 0.1; return;
        default: b.is_deleted = !b.is_deleted; return;
    }
}

row absolute(std::string name, double value, std::string unit) {
    return {.name = std::move(name), .value = value, .unit = std::move(unit)};
}

}  // namespace

void delta(report& out, const std::vector<book>& books, const plan& how) {
    random_source random(3);
    std::vector<book> edited = books;
    std::vector<syncfw::field_mask> masks;
    for (std::size_t i = 0; i < books.size(); ++i) {
        edit(edited[i], random);
        masks.push_back(syncfw::changed_fields(books[i], edited[i]));
    }
    const auto count = static_cast<double>(books.size());
    syncfw::buffer bytes;

    const auto encode = [&] {
        bytes.clear();
        for (std::size_t i = 0; i < edited.size(); ++i)
            syncfw::binary::append_delta(bytes, edited[i], masks[i]);
        keep(bytes);
    };
    row encoding = absolute("delta encode, field known", measure(encode, how) / count, "ns/book");
    encoding.budget = 25;
    out.add(encoding);
    out.add(absolute("delta size", static_cast<double>(bytes.size()) / count, "B/book"));

    const auto find_and_encode = [&] {
        bytes.clear();
        for (std::size_t i = 0; i < edited.size(); ++i)
            syncfw::binary::append_delta(bytes, edited[i],
                                         syncfw::changed_fields(books[i], edited[i]));
        keep(bytes);
    };
    const auto compare_only = [&] {
        std::size_t equal = 0;
        for (std::size_t i = 0; i < edited.size(); ++i) equal += books[i] == edited[i] ? 1 : 0;
        keep(equal);
    };
    const comparison both = compare(find_and_encode, compare_only, no_budget, how);
    row finding = absolute("delta encode, field to be found", both.ours / count, "ns/book");
    finding.peer = "operator== of the two";
    finding.peer_value = both.theirs / count;
    finding.ratio = both.ratio;
    out.add(finding);
}

}  // namespace bench
