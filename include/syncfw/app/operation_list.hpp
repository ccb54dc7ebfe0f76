// SPDX-License-Identifier: BSL-1.0
// Timed writes as JSON: what hand-written clients send, and what they get.
//
//     {"id":"op-123","type":"update","entity":"book","entityId":"book-456","data":{…},
//      "timestamp":"2024-01-15T10:30:00Z"}
//     {"id":"op-123","status":"success","entity":"book","entityId":"book-456"}
//     {"id":"op-124","status":"conflict","resolution":"merged","data":{…},…}
//     {"id":"op-125","status":"error","code":"VALIDATION_ERROR","message":"…","field":"title",…}
#pragma once

#include <syncfw/codec/json.hpp>
#include <syncfw/sync/write_queue.hpp>
#include <syncfw/transport/http/message.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

inline constexpr std::array<std::string_view, 3> write_type_names = {"create", "update", "delete"};

/// Without a time it was written `now`. The id may be missing: then it is empty.
[[nodiscard]] result<timed_write> read_operation(const document& given, timestamp now);

[[nodiscard]] document to_document(const timed_write& asked, const write_result& made);
[[nodiscard]] document to_document(const queued_write& each);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

/// A text member; empty where it is missing or null, and it may be.
[[nodiscard]] inline result<std::string> text_member(const document& of, std::string_view name,
                                                     bool is_required = true) {
    const document* const found = of.find(name);
    if (found == nullptr || found->is_null()) {
        if (!is_required) return std::string();
        return error{.code = errc::missing_field,
                     .message = std::string(name) + " is missing",
                     .field = std::string(name)};
    }
    if (found->text() == nullptr || found->text()->empty())
        return error{.code = errc::type_mismatch,
                     .message = std::string(name) + " must be a text that isn't empty",
                     .field = std::string(name)};
    return *found->text();
}

}  // namespace detail

inline result<timed_write> read_operation(const document& given, timestamp now) {
    if (given.members() == nullptr)
        return error{.code = errc::type_mismatch, .message = "an operation is an object"};
    auto id = detail::text_member(given, "id", false);
    if (!id) return id.error();
    auto type = detail::text_member(given, "type");
    if (!type) return type.error();
    auto entity = detail::text_member(given, "entity");
    if (!entity) return entity.error();
    auto key = detail::text_member(given, "entityId");
    if (!key) return key.error();
    auto time = detail::text_member(given, "timestamp", false);
    if (!time) return time.error();
    timed_write read{
        .id = std::move(*id), .entity = std::move(*entity), .key = std::move(*key), .at = now};
    if (!time->empty()) {
        auto at = timestamp::parse(*time);
        if (!at) {
            error why = at.error();
            why.field = "timestamp";
            return why;
        }
        read.at = *at;
    }
    std::size_t kind = 0;
    while (kind < write_type_names.size() && write_type_names[kind] != *type) ++kind;
    if (kind == write_type_names.size())
        return error{.code = errc::invalid_value,
                     .message = "type must be create, update or delete",
                     .field = "type"};
    read.kind = static_cast<write_kind>(kind);
    if (const document* const data = given.find("data")) read.data = *data;
    if (read.data.is_null()) read.data = document::object();
    return read;
}

inline document to_document(const timed_write& asked, const write_result& made) {
    constexpr std::string_view words[] = {"success", "conflict", "error"};
    document told = document::object({{"id", asked.id},
                                      {"status", words[static_cast<std::size_t>(made.status)]},
                                      {"entity", asked.entity},
                                      {"entityId", asked.key}});
    if (made.status == write_status::conflict) {
        told.set("resolution", made.resolution);
        told.set("data", made.data);
    }
    if (made.status == write_status::error) {
        const error why = http::told_of(made.why);
        told.set("code", http::code_of(describe(why.code).http_status));
        told.set("message", why.message);
        if (!why.field.empty()) told.set("field", why.field);
    }
    return told;
}

inline document to_document(const queued_write& each) {
    document told =
        document::object({{"id", each.id},
                          {"type", write_type_names[static_cast<std::size_t>(each.kind)]},
                          {"entity", each.entity_name},
                          {"entityId", each.row_key},
                          {"data", each.data},
                          {"timestamp", to_string(each.at)},
                          {"synced", each.state == queue_state::synced}});
    if (each.attempts > 0) {
        told.set("attempts", each.attempts);
        told.set("lastError", each.reason);
    }
    if (each.state == queue_state::parked) told.set("parked", true);
    return told;
}

}  // namespace syncfw
