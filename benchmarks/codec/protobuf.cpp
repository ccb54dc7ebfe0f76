// SPDX-License-Identifier: BSL-1.0
// Protocol Buffers: struct to message and back, the messages on an arena.
#include "book.pb.h"
#include "peer.hpp"

#include <google/protobuf/arena.h>

namespace bench {
namespace {

std::string_view encode_all(std::span<const book> books) {
    static std::string out;
    google::protobuf::Arena arena;
    auto* message = google::protobuf::Arena::CreateMessage<proto::Books>(&arena);
    message->mutable_books()->Reserve(static_cast<int>(books.size()));
    for (const book& b : books) {
        proto::Book& to = *message->add_books();
        to.set_id(b.id);
        to.set_tenant_id(b.tenant_id);
        to.set_title(b.title);
        to.set_author(b.author);
        to.set_pages(b.pages);
        to.set_rating(b.rating);
        to.set_is_deleted(b.is_deleted);
        to.set_version(b.version);
        const std::string_view status = to_string(b.sync_status);
        to.set_sync_status(status.data(), status.size());
        to.set_updated_at(b.updated_at);
    }
    message->SerializeToString(&out);
    return out;
}

std::vector<book> decode_all(std::string_view document, std::size_t count) {
    google::protobuf::Arena arena;
    auto* message = google::protobuf::Arena::CreateMessage<proto::Books>(&arena);
    if (!message->ParseFromArray(document.data(), static_cast<int>(document.size()))) malformed();
    std::vector<book> books;
    books.reserve(count);
    for (const proto::Book& from : message->books()) {
        book& b = books.emplace_back();
        b.id = from.id();
        b.tenant_id = from.tenant_id();
        b.title = from.title();
        b.author = from.author();
        b.pages = from.pages();
        b.rating = from.rating();
        b.is_deleted = from.is_deleted();
        b.version = from.version();
        b.sync_status = status_named(from.sync_status());
        b.updated_at = from.updated_at();
    }
    return books;
}

const registered protobuf_peer{
    {.name = "protobuf", .encode_all = encode_all, .decode_all = decode_all}};

}  // namespace
}  // namespace bench
