// SPDX-License-Identifier: BSL-1.0
// What Booky keeps for each of its users. Client and server share this page.
#pragma once

#include <syncfw/conflict/later_members.hpp>
#include <syncfw/conflict/policies.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/entity/annotations.hpp>
#include <syncfw/entity/schema.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace booky {

using namespace syncfw::annotations;
using syncfw::document;
using syncfw::timestamp;

// Ids are the clients': a uuid, or any short text. Documents are merged member by member, lists
// and sets element by element; of everything else the later value stays.
inline constexpr auto by_member = by::function(syncfw::later_members);

struct book {
    std::string id{};
    std::string title{};
    std::string author{};
    std::string isbn{};
    std::optional<std::int64_t> pages{};
    std::vector<std::string> tags{};
    std::string notes{};
    document metadata = document::object();
    timestamp createdAt{}, updatedAt{}, syncedAt{};
    bool isDeleted = false;

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key, length<1, 200>),
        field<&book::title>(required, max_length<500>), field<&book::author>(max_length<500>),
        field<&book::isbn>(max_length<20>),
        field<&book::pages>(range(std::int64_t{0}, std::int64_t{100'000})),
        field<&book::tags>(max_length<100>, merge(by::all)),
        field<&book::notes>(max_length<100'000>), field<&book::metadata>(merge(by_member)),
        field<&book::createdAt>(created_at), field<&book::updatedAt>(updated_at),
        field<&book::syncedAt>(last_sync_at), field<&book::isDeleted>(soft_delete));
};

struct rating {
    std::string id{};
    std::string bookId{};
    std::int64_t stars = 0;
    std::string review{};
    timestamp createdAt{}, updatedAt{}, syncedAt{};
    bool isDeleted = false;

    static constexpr auto sync_entity = entity<"rating">(
        field<&rating::id>(primary_key, length<1, 200>),
        field<&rating::bookId>(required, indexed, max_length<200>),
        field<&rating::stars>(range(std::int64_t{1}, std::int64_t{5})),
        field<&rating::review>(max_length<10'000>), field<&rating::createdAt>(created_at),
        field<&rating::updatedAt>(updated_at), field<&rating::syncedAt>(last_sync_at),
        field<&rating::isDeleted>(soft_delete));
};

struct tag {
    std::string id{};
    std::string name{};
    std::string color{};
    timestamp createdAt{}, updatedAt{}, syncedAt{};
    bool isDeleted = false;

    static constexpr auto sync_entity = entity<"tag">(
        field<&tag::id>(primary_key, length<1, 200>), field<&tag::name>(required, max_length<100>),
        field<&tag::color>(max_length<50>), field<&tag::createdAt>(created_at),
        field<&tag::updatedAt>(updated_at), field<&tag::syncedAt>(last_sync_at),
        field<&tag::isDeleted>(soft_delete));
};

struct collection {
    std::string id{};
    std::string name{};
    syncfw::set_of<std::string> bookIds{};
    document rule{};  ///< Of a smart collection; null: it has what was put in.
    timestamp createdAt{}, updatedAt{}, syncedAt{};
    bool isDeleted = false;

    static constexpr auto sync_entity = entity<"collection">(
        field<&collection::id>(primary_key, length<1, 200>),
        field<&collection::name>(required, max_length<200>),
        field<&collection::bookIds>(merge(by::set)), field<&collection::rule>(merge(by_member)),
        field<&collection::createdAt>(created_at), field<&collection::updatedAt>(updated_at),
        field<&collection::syncedAt>(last_sync_at), field<&collection::isDeleted>(soft_delete));
};

struct reading_log {
    std::string id{};
    std::string bookId{};
    std::int64_t page = 0;
    std::string status{};
    std::optional<timestamp> at{};
    timestamp createdAt{}, updatedAt{}, syncedAt{};
    bool isDeleted = false;

    static constexpr auto sync_entity = entity<"readingLog">(
        field<&reading_log::id>(primary_key, length<1, 200>),
        field<&reading_log::bookId>(required, indexed, max_length<200>),
        field<&reading_log::page>(range(std::int64_t{0}, std::int64_t{100'000})),
        field<&reading_log::status>(max_length<50>), field<&reading_log::createdAt>(created_at),
        field<&reading_log::updatedAt>(updated_at), field<&reading_log::syncedAt>(last_sync_at),
        field<&reading_log::isDeleted>(soft_delete));
};

/// Each user has one row, and it has one id.
inline constexpr const char* settings_id = "settings";

struct user_settings {
    std::string id = settings_id;
    document settings = document::object();
    timestamp createdAt{}, updatedAt{}, syncedAt{};
    bool isDeleted = false;

    static constexpr auto sync_entity = entity<"userSettings">(
        field<&user_settings::id>(primary_key, one_of(settings_id)),
        field<&user_settings::settings>(merge(by_member)),
        field<&user_settings::createdAt>(created_at), field<&user_settings::updatedAt>(updated_at),
        field<&user_settings::syncedAt>(last_sync_at),
        field<&user_settings::isDeleted>(soft_delete));
};

using library = syncfw::schema<book, rating, tag, collection, reading_log, user_settings>;

/// What can't be merged is a deletion that met an edit: a person decides.
using policy = syncfw::first_of<syncfw::park_deletions, syncfw::merge_fields>;

}  // namespace booky
