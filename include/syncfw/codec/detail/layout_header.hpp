// SPDX-License-Identifier: BSL-1.0
// What says of which layout rows and deltas are, and what all their readers share.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/detail/row_layout.hpp>
#include <syncfw/codec/detail/row_plan.hpp>
#include <syncfw/entity/fingerprint.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::binary {

/// The first byte of all that is written here.
inline constexpr char layout_in_full = '\1';
inline constexpr char layout_by_fingerprint = '\2';
/// The longest layout that is read.
inline constexpr std::size_t layout_size_max = 64 * 1024;

}  // namespace syncfw::binary

namespace syncfw::detail::binary {

[[nodiscard]] inline error refuse_layout(const entity_info& entity, errc code, const char* why) {
    return error{.code = code, .message = why, .entity = std::string(entity.name)};
}

// Reads the layout at `at` and moves behind it. The plan stays empty where the layout is ours.
inline result<void> read_layout(const char*& at, decoder& d, const entity_info& entity, route way,
                                std::string_view mine, std::optional<row_plan>& plan) {
    const auto refuse = [&](errc code, const char* why) {
        return refuse_layout(entity, code, why);
    };
    if (at == d.end) return refuse(errc::truncated, "expected a layout, found the end");
    const char form = *at++;
    if (form == syncfw::binary::layout_by_fingerprint) {
        std::uint64_t theirs = 0;
        at = get_fixed(at, d, theirs);
        if (at == nullptr) return refuse(errc::truncated, "the layout's fingerprint is cut off");
        if (theirs != fingerprint_of_layout(mine))
            return refuse(errc::schema_mismatch,
                          "the rows have another layout than this side; exchange the layouts");
        return {};
    }
    if (form != syncfw::binary::layout_in_full)
        return refuse(errc::unsupported_format, "these are no rows, or of a newer format");
    std::size_t size = 0;
    at = get_size(at, d, size);
    if (at == nullptr) return refuse(d.code, "the layout is cut off");
    if (size > syncfw::binary::layout_size_max)
        return refuse(errc::too_large, "the layout is over 64 KiB");
    const std::string_view layout(at, size);
    at += size;
    if (layout == mine) return {};
    auto made = plan_maker(entity, way).make(layout);
    if (!made) return made.error();
    plan = std::move(*made);
    return {};
}

// What the decoder says of the field at `place`.
[[nodiscard]] [[gnu::cold]] [[gnu::noinline]] inline error failure_of(const decoder& d,
                                                                      const entity_info& entity,
                                                                      std::size_t place) {
    error failure{.code = d.code,
                  .message = std::string("expected ") + d.expected + " at byte " +
                             std::to_string(d.at - d.begin),
                  .entity = std::string(entity.name)};
    if (!d.why.empty()) failure.message += ": " + d.why;
    if (place != no_field) failure.field = entity.fields[place].json;
    return failure;
}

// One row behind its layout and nothing else: all of it that is not about the row's type.
struct lone_row {
    const entity_info& entity;
    decoder d;
    const char* at;
    std::optional<row_plan> plan{};
    field_mask present{};
    std::size_t place = no_field;
    std::optional<error> failure{};

    lone_row(std::string_view bytes, const entity_info& its_entity)
        : entity(its_entity), d{bytes.data(), bytes.data() + bytes.size()}, at(bytes.data()) {}

    [[nodiscard]] bool begin(route way, std::string_view mine) {
        if (auto done = read_layout(at, d, entity, way, mine, plan); !done)
            failure = std::move(done).error();
        else if (at == d.end)
            failure = refuse_layout(entity, errc::truncated, "expected a row, found the end");
        return !failure;
    }
    void end(const char* after) {
        if (after == nullptr)
            failure = failure_of(d, entity, place);
        else if (after != d.end)
            failure = refuse_layout(entity, errc::trailing_data, "something follows the row");
    }
};

}  // namespace syncfw::detail::binary
