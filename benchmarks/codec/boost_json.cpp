// SPDX-License-Identifier: BSL-1.0
// Boost.JSON with a monotonic resource, as its manual advises for documents that are read once.
#include "peer.hpp"

#include <boost/json/src.hpp>

namespace bench {
namespace {

namespace json = boost::json;

std::string_view view(const json::value& value) {
    const json::string& text = value.as_string();
    return {text.data(), text.size()};
}

std::string_view encode_all(std::span<const book> books) {
    static std::string out;
    json::monotonic_resource memory;
    json::array array(&memory);
    array.reserve(books.size());
    for (const book& b : books)
        array.push_back(json::value({{"id", b.id},
                                     {"tenant_id", b.tenant_id},
                                     {"title", b.title},
                                     {"author", b.author},
                                     {"pages", b.pages},
                                     {"rating", b.rating},
                                     {"is_deleted", b.is_deleted},
                                     {"version", b.version},
                                     {"sync_status", to_string(b.sync_status)},
                                     {"updated_at", b.updated_at}},
                                    &memory));
    out = json::serialize(array);
    return out;
}

std::vector<book> decode_all(std::string_view document, std::size_t count) {
    json::monotonic_resource memory;
    const json::value parsed = json::parse({document.data(), document.size()}, &memory);
    std::vector<book> books;
    books.reserve(count);
    for (const json::value& each : parsed.as_array()) {
        const json::object& from = each.as_object();
        book& b = books.emplace_back();
        b.id = view(from.at("id"));
        b.tenant_id = view(from.at("tenant_id"));
        b.title = view(from.at("title"));
        b.author = view(from.at("author"));
        b.pages = from.at("pages").as_int64();
        b.rating = from.at("rating").to_number<double>();
        b.is_deleted = from.at("is_deleted").as_bool();
        b.version = from.at("version").as_int64();
        b.sync_status = status_named(view(from.at("sync_status")));
        b.updated_at = from.at("updated_at").as_int64();
    }
    return books;
}

const registered boost_json_peer{
    {.name = "Boost.JSON monotonic", .encode_all = encode_all, .decode_all = decode_all}};

}  // namespace
}  // namespace bench
