// SPDX-License-Identifier: BSL-1.0
// nlohmann-json: its document type in both directions.
#include "peer.hpp"

#include <nlohmann/json.hpp>

namespace bench {
namespace {

using nlohmann::ordered_json;

std::string_view encode_all(std::span<const book> books) {
    static std::string out;
    ordered_json array = ordered_json::array();
    for (const book& b : books)
        array.push_back({{"id", b.id},
                         {"tenant_id", b.tenant_id},
                         {"title", b.title},
                         {"author", b.author},
                         {"pages", b.pages},
                         {"rating", b.rating},
                         {"is_deleted", b.is_deleted},
                         {"version", b.version},
                         {"sync_status", to_string(b.sync_status)},
                         {"updated_at", b.updated_at}});
    out = array.dump();
    return out;
}

std::vector<book> decode_all(std::string_view document, std::size_t count) {
    const nlohmann::json parsed = nlohmann::json::parse(document);
    std::vector<book> books;
    books.reserve(count);
    for (const nlohmann::json& each : parsed) {
        book& b = books.emplace_back();
        each.at("id").get_to(b.id);
        each.at("tenant_id").get_to(b.tenant_id);
        each.at("title").get_to(b.title);
        each.at("author").get_to(b.author);
        each.at("pages").get_to(b.pages);
        each.at("rating").get_to(b.rating);
        each.at("is_deleted").get_to(b.is_deleted);
        each.at("version").get_to(b.version);
        b.sync_status = status_named(each.at("sync_status").get_ref<const std::string&>());
        each.at("updated_at").get_to(b.updated_at);
    }
    return books;
}

const registered nlohmann_peer{
    {.name = "nlohmann-json", .encode_all = encode_all, .decode_all = decode_all}};

}  // namespace
}  // namespace bench
