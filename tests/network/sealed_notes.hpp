// SPDX-License-Identifier: BSL-1.0
// A server of notes with encrypted fields, devices of it, and canaries: words that must be found in
// no byte of a file or a message.
#pragma once

#include "database/sqlite_support.hpp"
#include "endpoint.hpp"
#include "support/everything.hpp"
#include <syncfw/app/json_link.hpp>
#include <syncfw/app/json_routes.hpp>
#include <syncfw/conflict/policies.hpp>
#include <syncfw/security/keyring.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sealed_notes {

using namespace syncfw;
using stores::bytes_of;
using stores::folder;
using tests::sealed_note;

using notes = schema<sealed_note>;
using note_store = sqlite::store<notes, keyring>;

inline const tenant_id ann("ann");

inline constexpr std::string_view first_key = "1:BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY=";
inline constexpr std::string_view second_key = "2:mJeWlZSTkpGQj46NjIuKiYiHhoWEg4KBgH9+fXx7enk=";

inline keyring ring(std::string_view first, std::string_view second = {}) {
    return keyring::parse(secret(std::string(first).append(",").append(second))).value();
}
inline note_store open_notes(const std::string& path, const keyring& keys, bool keeps_unique) {
    auto opened = sqlite::open<notes>(path, {.unique = keeps_unique}, keys);
    REQUIRE_MESSAGE(opened, (opened ? std::string() : to_string(opened.error())));
    return std::move(*opened);
}

inline sealed_note note(std::int64_t id) {
    return {.id = id,
            .title = "open title",
            .text = "canary of the text",
            .token = secret(std::string("canary of the token")),
            .maybe_text = "canary that may be",
            .mail = "canary@arrakis"};
}

inline bool shows_a_canary(std::string_view bytes) {
    return bytes.find("canary") != bytes.npos || bytes.find("arrakis") != bytes.npos ||
           bytes.find("Y2FuYXJ5") != bytes.npos;  // base64 of canary
}

struct merging_or_parking {
    bool parks = false;
    template <class T>
    [[nodiscard]] decision<T> resolve(const conflict<T>& c) const {
        return parks ? park().resolve(c) : merge_fields().resolve(c);
    }
};

/// A server of notes, which hears every byte of the bodies.
struct served {
    folder here{};
    note_store store;
    server<world<note_store>, merging_or_parking> hub;
    poke_hub pokes{};
    http::router routes{trusting({.subject = "ann", .tenant = ann})};
    std::mutex lock{};
    std::string heard{};
    bool loses_answers = false;
    testing::endpoint open;

    explicit served(const keyring& keys = ring(first_key), bool parks = false)
        : store(open_notes(here / "hub.db", keys, true)),
          hub(store, {.parks = parks}, {.audit = true, .history_max = 3}),
          open([this](http::request&& asked) {
              const std::scoped_lock held(lock);
              heard += asked.body;
              http::response given = routes(std::move(asked));
              heard += given.body;
              if (loses_answers) return http::error_response(504, "lost");
              return given;
          }) {
        add_sync_routes(routes, hub, pokes);
        add_json_sync_routes(routes, hub, pokes);
    }
};

using binary_link = http_link;
using sealed_json_link = json_link<notes, http_json_line, keyring_cipher>;

template <class Link>
struct device_by {
    folder here{};
    note_store store;
    Link link;
    replica<world<note_store>, Link> own;

    explicit device_by(const served& at, const keyring& keys = ring(first_key),
                       const tenant_id& whose = ann)
        : store(open_notes(here / "device.db", keys, false)),
          link(make_link(at, keys, whose)),
          own(store, link, whose) {}

    [[nodiscard]] std::optional<sealed_note> get(std::int64_t id) {
        auto found = own.template get<sealed_note>(id);
        REQUIRE(found);
        return *found;
    }

    static Link make_link(const served& at, const keyring& keys, const tenant_id& whose) {
        const http::client_options as_any = {.token = [] { return secret<std::string>("any"); }};
        if constexpr (std::is_same_v<Link, binary_link>)
            return http_link::make(at.open.address(), as_any).value();
        else
            return Link(http_json_line::make(at.open.address(), as_any).value(),
                        keys.for_tenant(whose));
    }
};
using device = device_by<binary_link>;
using json_device = device_by<sealed_json_link>;

/// Whether the files have the open title, so that it is they that have the rows, and no canary.
inline void check_files(const folder& at) {
    bool has_title = false;
    for (const auto& each : std::filesystem::directory_iterator(at.path())) {
        const std::string bytes = bytes_of(each.path().string());
        has_title = has_title || bytes.find("open title") != bytes.npos;
        CHECK_MESSAGE(!shows_a_canary(bytes), each.path().string());
    }
    CHECK(has_title);
}
template <class One, class Other>
void check_all(const served& at, const One& one, const Other& other) {
    check_files(at.here);
    check_files(one.here);
    check_files(other.here);
    CHECK(at.heard.find("open title") != std::string::npos);
    CHECK(!shows_a_canary(at.heard));
}
template <class Device>
void require_sync(Device& each) {
    const auto seen = each.own.sync();
    REQUIRE_MESSAGE(seen, (seen ? std::string() : to_string(seen.error())));
}

}  // namespace sealed_notes
