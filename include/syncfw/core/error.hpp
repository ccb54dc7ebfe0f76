// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

/// Everything that can go wrong in normal life. `describe(code)` has what each means and what to
/// do; callers branch on the code and show the message to people.
enum class errc : unsigned char {
    malformed = 1,
    truncated,
    too_deep,
    too_large,
    trailing_data,
    unsupported_format,
    checksum_mismatch,
    type_mismatch,
    out_of_range,
    invalid_value,
    missing_field,
    duplicate_field,
    unknown_field,
    unknown_entity,
    forbidden_field,
    schema_mismatch,
    unauthorized,
    forbidden,
    not_found,
    already_exists,
    conflict,
    already_running,
    resynchronise,
    rate_limited,
    timed_out,
    cancelled,
    busy,
    unavailable,
    commit_unknown,
    peer_unavailable,
    read_only,
    storage_full,
    corrupted,
    internal,
};

/// What one code means, once for the whole library: docs, HTTP answers and logs read it here.
struct error_description {
    errc code;
    std::string_view name;
    int http_status;
    bool retryable;
    std::string_view meaning;
    std::string_view mend;
};

/// All codes, in the order of `errc`.
inline constexpr error_description error_descriptions[] = {
    {errc::malformed, "malformed", 400, false, "the input breaks its format's grammar",
     "mend the sender; the error says where and what was expected"},
    {errc::truncated, "truncated", 400, false, "the input ends before it is complete",
     "send it whole"},
    {errc::too_deep, "too_deep", 400, false, "the input is nested deeper than the limit",
     "send flatter data"},
    {errc::too_large, "too_large", 413, false, "the input is larger than the limit",
     "send less at a time"},
    {errc::trailing_data, "trailing_data", 400, false, "something follows the complete input",
     "send one value alone"},
    {errc::unsupported_format, "unsupported_format", 400, false,
     "the format or its version is unknown here", "upgrade the older side"},
    {errc::checksum_mismatch, "checksum_mismatch", 400, false, "the bytes changed on the way",
     "send it again"},
    {errc::type_mismatch, "type_mismatch", 400, false, "a value has another type than its field",
     "send the type that the field was declared with"},
    {errc::out_of_range, "out_of_range", 400, false, "a number does not fit its field",
     "send a number in the range that the error names"},
    {errc::invalid_value, "invalid_value", 400, false, "a value breaks a rule of its field",
     "send a value that the declaration allows"},
    {errc::missing_field, "missing_field", 400, false, "a field that must be there is missing",
     "send it"},
    {errc::duplicate_field, "duplicate_field", 400, false, "a member appears twice",
     "send it once"},
    {errc::unknown_field, "unknown_field", 400, false, "the entity has no such field",
     "leave it out, or declare it"},
    {errc::unknown_entity, "unknown_entity", 400, false, "the schema has no such entity",
     "use an entity of the schema"},
    {errc::forbidden_field, "forbidden_field", 400, false, "a field that this side may not set",
     "leave it out; the server gives it its value"},
    {errc::schema_mismatch, "schema_mismatch", 409, false,
     "the two sides' schemas differ in more than additions", "bring both to one version"},
    {errc::unauthorized, "unauthorized", 401, false, "no valid token", "sign in again"},
    {errc::forbidden, "forbidden", 403, false, "the token's roles do not allow this",
     "ask for the role"},
    {errc::not_found, "not_found", 404, false, "there is no such row", "check the key"},
    {errc::already_exists, "already_exists", 409, false, "a unique value is taken",
     "choose another value"},
    {errc::conflict, "conflict", 409, false, "the row was changed on both sides",
     "resolve the conflict"},
    {errc::already_running, "already_running", 409, true, "another run has not ended yet",
     "wait for it"},
    {errc::resynchronise, "resynchronise", 410, false, "the cursor's history is gone",
     "make a full sync; unsent work is kept"},
    {errc::rate_limited, "rate_limited", 429, true, "too many requests",
     "wait as long as the answer says"},
    {errc::timed_out, "timed_out", 504, true, "the deadline passed; it may have taken effect",
     "repeat it with the same operation id"},
    {errc::cancelled, "cancelled", 499, false, "the caller gave up", "start it again"},
    {errc::busy, "busy", 503, true, "the database is locked by others", "try again"},
    {errc::unavailable, "unavailable", 503, true, "the database can't be reached",
     "check that it runs and can be reached"},
    {errc::commit_unknown, "commit_unknown", 503, true,
     "the answer of a commit was lost; it may have taken effect",
     "repeat the whole transaction, if it is one that may run twice"},
    {errc::peer_unavailable, "peer_unavailable", 502, true, "the other side can't be reached",
     "nothing: it is tried again"},
    {errc::read_only, "read_only", 503, false, "the storage can't be written",
     "check its permissions"},
    {errc::storage_full, "storage_full", 503, true, "there is no room left", "make room"},
    {errc::corrupted, "corrupted", 500, false, "the stored data is damaged",
     "restore a backup, or resynchronise"},
    {errc::internal, "internal", 500, false, "a defect of this program", "report it"},
};

[[nodiscard]] constexpr const error_description& describe(errc code) noexcept {
    return error_descriptions[static_cast<std::size_t>(code) - 1];
}

static_assert(
    [] {
        for (const error_description& each : error_descriptions)
            if (describe(each.code).code != each.code) return false;
        return true;
    }(),
    "syncfw: error_descriptions must stand in the order of errc");

/// One failure: a code to branch on, a message for people, and the place it is about. Parts that
/// are unknown stay empty (0 for line and column, which count from 1).
struct error {
    errc code = errc::internal;
    std::string message{};
    std::string entity{};
    std::string key{};
    std::string field{};  ///< The field, or the path into the input: `items[3].title`.
    std::size_t line = 0;
    std::size_t column = 0;
    std::string cause{};  ///< What the layer below said, for logs; never a user's value.

    friend bool operator==(const error&, const error&) = default;
};

/// Whether the same call may succeed later without anybody changing anything.
[[nodiscard]] inline bool is_retryable(const error& e) noexcept {
    return describe(e.code).retryable;
}

/// The whole error as one sentence: `book.pages (line 3, column 9): expected an integer`.
[[nodiscard]] inline std::string to_string(const error& e) {
    std::string text = e.entity;
    if (!e.key.empty()) text += "[" + e.key + "]";
    const bool joins = !text.empty() && !e.field.starts_with('[');
    if (!e.field.empty()) text += (joins ? "." : "") + e.field;
    if (e.line != 0) {
        text += text.empty() ? "" : " ";
        text += "(line " + std::to_string(e.line) + ", column " + std::to_string(e.column) + ")";
    }
    if (!text.empty()) text += ": ";
    text += e.message.empty() ? std::string(describe(e.code).meaning) : e.message;
    if (!e.cause.empty()) text += " (" + e.cause + ")";
    return text;
}

}  // namespace syncfw
