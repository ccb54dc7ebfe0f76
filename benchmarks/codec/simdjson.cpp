// SPDX-License-Identifier: BSL-1.0
// simdjson On-Demand: reads only, each field by its key, in any order.
#include "peer.hpp"

#include <simdjson.h>

namespace bench {
namespace {

using simdjson::ondemand::object;

std::string_view text(object& from, std::string_view key) {
    return from.find_field_unordered(key).get_string();
}
std::int64_t integer(object& from, std::string_view key) {
    return from.find_field_unordered(key).get_int64();
}

void read(object from, book& b) {
    b.id = text(from, "id");
    b.tenant_id = text(from, "tenant_id");
    b.title = text(from, "title");
    b.author = text(from, "author");
    b.pages = integer(from, "pages");
    b.rating = from.find_field_unordered("rating").get_double();
    b.is_deleted = from.find_field_unordered("is_deleted").get_bool();
    b.version = integer(from, "version");
    b.sync_status = status_named(text(from, "sync_status"));
    b.updated_at = integer(from, "updated_at");
}

template <class F>
void each_object(std::string_view document, F&& use) {
    static simdjson::ondemand::parser parser;
    simdjson::ondemand::document parsed = parser.iterate(
        document.data(), document.size(), document.size() + simdjson::SIMDJSON_PADDING);
    for (object each : parsed.get_array()) use(each);
}

std::vector<book> decode_all(std::string_view document, std::size_t count) {
    std::vector<book> books;
    books.reserve(count);
    each_object(document, [&](object& each) { read(each, books.emplace_back()); });
    return books;
}

std::int64_t decode_over(std::string_view document) {
    std::int64_t pages = 0;
    book b;
    each_object(document, [&](object& each) {
        read(each, b);
        pages += b.pages;
    });
    return pages;
}

const registered simdjson_peer{{.name = "simdjson On-Demand",
                                .encode_all = nullptr,
                                .decode_all = decode_all,
                                .decode_over = decode_over}};

}  // namespace
}  // namespace bench
