// SPDX-License-Identifier: BSL-1.0
// syncfw: the codecs that are measured.
#include "book_entity.hpp"
#include "peer.hpp"
#include <syncfw/codec/binary.hpp>
#include <syncfw/codec/json.hpp>

#include <algorithm>

namespace bench {
namespace {

namespace binary {

std::string_view encode_all(std::span<const book> books) {
    static syncfw::buffer out;
    out.clear();
    for (const book& b : books) syncfw::binary::append_row(out, b);
    return out.view();
}

std::vector<book> decode_all(std::string_view document, std::size_t count) {
    std::vector<book> books;
    books.reserve(count);
    auto reader = syncfw::binary::row_reader<book>::of_rows(document);
    (void)reader.read_all(books);
    if (reader.failure()) malformed();
    return books;
}

std::int64_t decode_over(std::string_view document) {
    std::int64_t pages = 0;
    auto reader = syncfw::binary::row_reader<book>::of_rows(document);
    while (const book* b = reader.next()) pages += b->pages;
    if (reader.failure()) malformed();
    return pages;
}

const registered binary_codec{{.name = "syncfw binary",
                               .encode_all = encode_all,
                               .decode_all = decode_all,
                               .decode_over = decode_over}};

}  // namespace binary

namespace json {

std::string_view encode_all(std::span<const book> books) {
    static syncfw::buffer out;
    out.clear();
    for (const book& b : books) {
        out.append(out.empty() ? "[" : ",\n");
        syncfw::json::append(out, b);
    }
    out.append("]");
    return out.view();
}

// The rows stand in lines, so that the codec gets one object at a time, as it does from a frame.
template <class F>
void each_book(std::string_view document, F&& use) {
    document.remove_prefix(1);
    while (!document.empty()) {
        const std::size_t line = std::min(document.find('\n'), document.size());
        auto row = syncfw::json::decode<book>(document.substr(0, line - 1));  // Without , or ].
        if (!row) malformed();
        use(std::move(*row));
        document.remove_prefix(std::min(line + 1, document.size()));
    }
}

std::vector<book> decode_all(std::string_view document, std::size_t count) {
    std::vector<book> books;
    books.reserve(count);
    each_book(document, [&](book&& b) { books.push_back(std::move(b)); });
    return books;
}

const registered json_codec{
    {.name = "syncfw JSON", .encode_all = encode_all, .decode_all = decode_all}};

}  // namespace json

}  // namespace
}  // namespace bench
