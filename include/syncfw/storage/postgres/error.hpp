// SPDX-License-Identifier: BSL-1.0
// What PostgreSQL's SQLSTATEs mean to us.
#pragma once

#include <syncfw/core/error.hpp>

#include <libpq-fe.h>

#include <string>
#include <string_view>

namespace syncfw::postgres::detail {

struct meaning_of_state {
    errc code;
    const char* message;
};

[[nodiscard]] inline meaning_of_state meaning_of(std::string_view state) noexcept {
    const auto is = [&](std::string_view other) { return state.substr(0, other.size()) == other; };
    if (is("40001") || is("40P01"))
        return {errc::busy, "the transaction met another one; run it again"};
    if (is("55P03")) return {errc::busy, "another transaction holds a lock"};
    if (is("57014")) return {errc::timed_out, "the statement took longer than it may"};
    if (is("25006"))
        return {errc::unavailable, "the server takes no writes: it is a standby, or was demoted"};
    if (is("23505")) return {errc::already_exists, "another row has this value"};
    if (is("23503")) return {errc::invalid_value, "a row that is referenced is not there"};
    if (is("23")) return {errc::invalid_value, "the table refuses the value"};
    if (is("22003") || is("22008")) return {errc::out_of_range, "a value is beyond its column"};
    if (is("22")) return {errc::invalid_value, "the column refuses the value"};
    if (is("53100")) return {errc::storage_full, "the server's disk is full"};
    if (is("54")) return {errc::too_large, "the row is larger than the server takes"};
    if (is("28")) return {errc::unauthorized, "the server does not let this user in"};
    if (is("42501")) return {errc::forbidden, "this user may not do that"};
    if (is("42P01") || is("42703"))
        return {errc::internal, "a table or column is missing; call migrate()"};
    if (is("XX001") || is("XX002")) return {errc::corrupted, "the database is damaged"};
    if (is("08") || is("57P") || is("53") || is("58"))
        return {errc::unavailable, "the server can't be reached"};
    return {errc::internal, "the server refused the statement"};
}

/// Without the details that have users' values in them.
[[nodiscard]] [[gnu::cold]] inline error error_of(const PGresult* from) {
    const auto field = [&](int which) {
        const char* const text = PQresultErrorField(from, which);
        return std::string(text == nullptr ? "" : text);
    };
    const std::string state = field(PG_DIAG_SQLSTATE);
    const meaning_of_state meaning = meaning_of(state.empty() ? "08" : state);
    error made{.code = meaning.code, .message = meaning.message};
    // Of data that doesn't fit, the server's words have the data in them.
    const bool tells_values = state.substr(0, 2) == "22";
    made.cause = state + (tells_values ? "" : " " + field(PG_DIAG_MESSAGE_PRIMARY));
    made.entity = field(PG_DIAG_TABLE_NAME);
    return made;
}

[[nodiscard]] [[gnu::cold]] inline error error_of(const PGconn* connection) {
    std::string words = PQerrorMessage(connection);
    while (!words.empty() && (words.back() == '\n' || words.back() == ' ')) words.pop_back();
    const bool is_refused = words.find("authentication failed") != words.npos ||
                            words.find("no password") != words.npos;
    return {.code = is_refused ? errc::unauthorized : errc::unavailable,
            .message =
                is_refused ? "the server does not let this user in" : "the server can't be reached",
            .cause = std::move(words)};
}

}  // namespace syncfw::postgres::detail
