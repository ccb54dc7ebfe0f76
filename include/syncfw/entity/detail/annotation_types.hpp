// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/fixed_string.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>

namespace syncfw {

/// How a field that was changed on both sides is merged; see `annotations::merge`.
enum class merge_rule : unsigned char {
    none,
    latest,
    maximum,
    minimum,
    counter,
    set,
    document,
    text,
    all,
    function,
};

/// What a field means; one for each annotation. No field has the same one twice, but for
/// `alias` and `satisfies`.
enum class meaning : unsigned char {
    primary_key,
    tenant,
    version,
    sync_state,
    server_synced,
    created_at,
    updated_at,
    last_sync_at,
    soft_delete,
    encrypted,
    server_owned,
    immutable,
    local_only,
    references,
    indexed,
    unique,
    column,
    json,
    alias,
    default_value,
    merge,
    required,
    length,
    range,
    one_of,
    email,
    pattern,
    satisfies,
};

namespace detail {

// An annotation that says all by its type.
template <meaning Means>
struct mark {
    static constexpr auto means = Means;
};

using primary_key_t = mark<meaning::primary_key>;
using tenant_t = mark<meaning::tenant>;
using version_t = mark<meaning::version>;
using sync_state_t = mark<meaning::sync_state>;
using server_synced_t = mark<meaning::server_synced>;
using created_at_t = mark<meaning::created_at>;
using updated_at_t = mark<meaning::updated_at>;
using last_sync_at_t = mark<meaning::last_sync_at>;
using server_owned_t = mark<meaning::server_owned>;
using immutable_t = mark<meaning::immutable>;
using local_only_t = mark<meaning::local_only>;
using indexed_t = mark<meaning::indexed>;
using unique_t = mark<meaning::unique>;
using required_t = mark<meaning::required>;
using email_t = mark<meaning::email>;

struct encrypted_t : mark<meaning::encrypted> {};
struct encrypted_revealing_equality_t : mark<meaning::encrypted> {};

template <class V>
struct soft_delete_value_t {
    static constexpr auto means = meaning::soft_delete;
    V value{};
};
struct soft_delete_t : mark<meaning::soft_delete> {
    template <class V>
    constexpr soft_delete_value_t<V> operator()(V deleted) const {
        return {deleted};
    }
};

template <auto Key>
struct references_t : mark<meaning::references> {};

struct column_t {
    static constexpr auto means = meaning::column;
    std::string_view name{};
};
struct json_t {
    static constexpr auto means = meaning::json;
    std::string_view name{};
};
struct alias_t {
    static constexpr auto means = meaning::alias;
    std::string_view name{};
};
template <class V>
struct default_value_t {
    static constexpr auto means = meaning::default_value;
    V value{};
};

template <merge_rule Rule>
struct merge_rule_t : mark<meaning::merge> {
    static constexpr auto rule = Rule;
};
template <class F>
struct merge_function_t {
    static constexpr auto means = meaning::merge;
    static constexpr auto rule = merge_rule::function;
    F function;
};

template <std::size_t Min, std::size_t Max>
struct length_t : mark<meaning::length> {};
template <class V>
struct range_t {
    static constexpr auto means = meaning::range;
    V min{};
    V max{};
};
template <class V, std::size_t N>
struct one_of_t {
    static constexpr auto means = meaning::one_of;
    std::array<V, N> values{};
};
template <fixed_string Pattern>
struct pattern_t : mark<meaning::pattern> {};
template <class F>
struct satisfies_t {
    static constexpr auto means = meaning::satisfies;
    std::string_view words{};
    F rule;
};

template <class A>
concept is_annotation = requires {
    { A::means } -> std::convertible_to<meaning>;
};

}  // namespace detail
}  // namespace syncfw
