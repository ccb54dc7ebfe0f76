// SPDX-License-Identifier: BSL-1.0
// RapidJSON: Writer out, DOM in.
#include "peer.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace bench {
namespace {

using writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(writer& out, std::string_view text) {
    out.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

template <std::size_t N>
void key(writer& out, const char (&name)[N]) {
    out.Key(name, static_cast<rapidjson::SizeType>(N - 1));
}

void write(writer& out, const book& b) {
    out.StartObject();
    key(out, "id"), put(out, b.id);
    key(out, "tenant_id"), put(out, b.tenant_id);
    key(out, "title"), put(out, b.title);
    key(out, "author"), put(out, b.author);
    key(out, "pages"), out.Int64(b.pages);
    key(out, "rating"), out.Double(b.rating);
    key(out, "is_deleted"), out.Bool(b.is_deleted);
    key(out, "version"), out.Int64(b.version);
    key(out, "sync_status"), put(out, to_string(b.sync_status));
    key(out, "updated_at"), out.Int64(b.updated_at);
    out.EndObject();
}

std::string_view encode_all(std::span<const book> books) {
    static rapidjson::StringBuffer buffer;
    buffer.Clear();
    writer out(buffer);
    out.StartArray();
    for (const book& b : books) write(out, b);
    out.EndArray();
    return {buffer.GetString(), buffer.GetSize()};
}

std::string_view text(const rapidjson::Value& value) {
    return {value.GetString(), value.GetStringLength()};
}

std::vector<book> decode_all(std::string_view document, std::size_t count) {
    rapidjson::Document parsed;
    parsed.Parse<rapidjson::kParseValidateEncodingFlag>(document.data(), document.size());
    if (parsed.HasParseError()) malformed();
    std::vector<book> books;
    books.reserve(count);
    for (const rapidjson::Value& each : parsed.GetArray()) {
        book& b = books.emplace_back();
        b.id = text(each["id"]);
        b.tenant_id = text(each["tenant_id"]);
        b.title = text(each["title"]);
        b.author = text(each["author"]);
        b.pages = each["pages"].GetInt64();
        b.rating = each["rating"].GetDouble();
        b.is_deleted = each["is_deleted"].GetBool();
        b.version = each["version"].GetInt64();
        b.sync_status = status_named(text(each["sync_status"]));
        b.updated_at = each["updated_at"].GetInt64();
    }
    return books;
}

const registered rapidjson_peer{
    {.name = "RapidJSON", .encode_all = encode_all, .decode_all = decode_all}};

}  // namespace
}  // namespace bench
