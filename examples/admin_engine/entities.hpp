// SPDX-License-Identifier: BSL-1.0
// What admin_engine keeps, declared once for the server and the client.
#pragma once

#include <syncfw/syncfw.hpp>

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace admin_engine {

using namespace syncfw::annotations;

struct client_user {
    syncfw::uuid id{};
    std::string tenant_id{};
    std::string name{};
    std::optional<std::string> email{};
    std::int32_t active = 1;
    std::int32_t is_deleted = 0;
    syncfw::sync_status sync_status{};
    std::int32_t server_synced = 0;
    std::optional<syncfw::timestamp> last_updated{};
    std::int64_t version = 0;
    syncfw::timestamp updated_at{};

    static constexpr auto sync_entity = entity<"end_user">(
        field<&client_user::id>(primary_key), field<&client_user::tenant_id>(tenant),
        field<&client_user::name>(required, max_length<200>),
        field<&client_user::email>(is::email, max_length<254>),
        field<&client_user::active>(default_value(1), range(0, 1)),
        field<&client_user::is_deleted>(soft_delete, alias("isDeleted"), range(0, 1)),
        field<&client_user::sync_status>(sync_state),
        field<&client_user::server_synced>(is::server_synced, default_value(0)),
        field<&client_user::last_updated>(last_sync_at),
        field<&client_user::version>(is::version, default_value(1)),
        field<&client_user::updated_at>(is::updated_at, is::json("updatedAt"), indexed));
};

enum class interaction_status : unsigned char { pending, completed, cancelled };
BOOST_DESCRIBE_ENUM(interaction_status, pending, completed, cancelled)

/// One that is cancelled is deleted.
struct interaction {
    syncfw::uuid id{};
    std::string tenant_id{};
    std::optional<syncfw::uuid> client_user_id{};
    std::string type{};
    std::string title{};
    std::optional<std::string> description{};
    std::optional<syncfw::timestamp> date{};
    interaction_status status{};
    syncfw::timestamp updated_at{};

    static constexpr auto sync_entity = entity<"interactions">(
        field<&interaction::id>(primary_key), field<&interaction::tenant_id>(tenant),
        field<&interaction::client_user_id>(references<&client_user::id>, indexed),
        field<&interaction::type>(max_length<50>),
        field<&interaction::title>(required, max_length<200>),
        field<&interaction::description>(max_length<10'000>),
        field<&interaction::status>(default_value(interaction_status::pending),
                                    soft_delete(interaction_status::cancelled)),
        field<&interaction::updated_at>(is::updated_at, is::json("updatedAt"), indexed));
};

using engine = syncfw::schema<client_user, interaction>;

}  // namespace admin_engine
