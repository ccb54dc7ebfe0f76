// SPDX-License-Identifier: BSL-1.0
// Values in PostgreSQL's binary form: parameters, arrays of them, and columns of results.
#pragma once

#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/value.hpp>
#include <syncfw/query/dialects.hpp>

#include <libpq-fe.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace syncfw::postgres::detail {

/// A type of the server, by the number that it has in every database, and that of its arrays.
struct server_type {
    Oid itself;
    Oid array;
};
[[nodiscard]] constexpr server_type type_of(value_kind kind) noexcept {
    switch (kind) {
        case value_kind::boolean: return {16, 1000};
        case value_kind::integer: return {20, 1016};
        case value_kind::real: return {701, 1022};
        case value_kind::bytes: return {17, 1001};
        case value_kind::uuid: return {2950, 2951};
        case value_kind::timestamp: return {1184, 1185};
        case value_kind::json: return {3802, 3807};
        case value_kind::text: break;
    }
    return {25, 1009};
}

// The server counts time from 2000 on.
inline constexpr std::int64_t epoch_difference = 946'684'800'000'000;

template <class N>
void append_number(std::string& out, N number) {
    for (int shift = static_cast<int>(sizeof(N)) * 8 - 8; shift >= 0; shift -= 8)
        out += static_cast<char>(number >> shift);
}
[[nodiscard]] inline std::uint64_t read_number(const char* from, std::size_t size) noexcept {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < size; ++i)
        number = number << 8 | static_cast<unsigned char>(from[i]);
    return number;
}

/// Appends the bytes of a value that isn't null.
inline void append_value(std::string& out, const value_view& given) {
    switch (given.kind) {
        case value_kind::boolean: out += given.integer != 0 ? '\1' : '\0'; break;
        case value_kind::integer:
            append_number(out, static_cast<std::uint64_t>(given.integer));
            break;
        case value_kind::timestamp:
            append_number(out, static_cast<std::uint64_t>(given.integer) -
                                   static_cast<std::uint64_t>(epoch_difference));
            break;
        case value_kind::real: append_number(out, std::bit_cast<std::uint64_t>(given.real)); break;
        case value_kind::json: out += '\1'; [[fallthrough]];  // The form's version.
        default: out += given.text;
    }
}

/// Whether the server has room for it: its times end before ours.
[[nodiscard]] inline bool fits_server(const value_view& given) noexcept {
    constexpr std::int64_t first = -210'866'803'200'000'000;  // 4714 BC, where its times begin
    return given.is_null || given.kind != value_kind::timestamp ||
           (given.integer >= first && given.integer < INT64_MAX - epoch_difference);
}

/// What goes with a statement.
class parameters {
  public:
    void clear() {
        bytes_.clear();
        places_.clear();
        types_.clear();
        formats_.clear();
    }
    void add(const value_view& given) {
        begin(type_of(given.kind).itself, 1);
        if (given.is_null) {
            places_.back().length = -1;
        } else {
            append_value(bytes_, given);
            end();
        }
    }
    void add_integer(std::int64_t given) {
        add({.kind = value_kind::integer, .is_null = false, .integer = given});
    }
    void add_text(std::string_view given) {
        add({.kind = value_kind::text, .is_null = false, .text = given});
    }
    void add(const sql::parameter& given) {
        if (!given.is_array) return add(given.bound.view());
        // A literal of an array, as text.
        begin(type_of(given.bound.kind).array, 0);
        bytes_ += given.bound.text;
        bytes_ += '\0';
        end();
    }
    /// An array in its binary form: `content` is made by `array_content`.
    void add_array(value_kind kind, std::size_t count, bool has_null, std::string_view content) {
        const server_type type = type_of(kind);
        begin(type.array, 1);
        append_number(bytes_, std::uint32_t{count == 0 ? 0U : 1U});
        append_number(bytes_, std::uint32_t{has_null ? 1U : 0U});
        append_number(bytes_, static_cast<std::uint32_t>(type.itself));
        if (count > 0) {
            append_number(bytes_, static_cast<std::uint32_t>(count));
            append_number(bytes_, std::uint32_t{1});
        }
        bytes_ += content;
        end();
    }

    [[nodiscard]] int count() const noexcept { return static_cast<int>(types_.size()); }
    [[nodiscard]] const Oid* types() const noexcept { return types_.data(); }
    [[nodiscard]] const int* formats() const noexcept { return formats_.data(); }
    [[nodiscard]] const std::vector<const char*>& values() {
        values_.clear();
        for (const place& each : places_)
            values_.push_back(each.length < 0 ? nullptr : bytes_.data() + each.at);
        return values_;
    }
    [[nodiscard]] const std::vector<int>& lengths() {
        lengths_.clear();
        for (const place& each : places_) lengths_.push_back(each.length < 0 ? 0 : each.length);
        return lengths_;
    }

  private:
    struct place {
        std::size_t at = 0;
        int length = 0;
    };

    void begin(Oid type, int format) {
        types_.push_back(type);
        formats_.push_back(format);
        places_.push_back({.at = bytes_.size()});
    }
    void end() { places_.back().length = static_cast<int>(bytes_.size() - places_.back().at); }

    std::string bytes_{};
    std::vector<place> places_{};
    std::vector<Oid> types_{};
    std::vector<int> formats_{};
    std::vector<const char*> values_{};
    std::vector<int> lengths_{};
};

/// The elements of an array, one behind the other.
class array_content {
  public:
    void add(const value_view& given) {
        ++count_;
        kind_ = given.kind;
        if (given.is_null) {
            has_null_ = true;
            append_number(bytes_, std::uint32_t{0xFFFF'FFFF});
            return;
        }
        const std::size_t at = bytes_.size();
        append_number(bytes_, std::uint32_t{0});
        append_value(bytes_, given);
        const auto size = static_cast<std::uint32_t>(bytes_.size() - at - 4);
        for (std::size_t i = 0; i < 4; ++i)
            bytes_[at + i] = static_cast<char>(size >> (24 - 8 * i));
    }
    void add_to(parameters& to, value_kind kind) const {
        to.add_array(kind, count_, has_null_, bytes_);
    }
    void clear() {
        bytes_.clear();
        count_ = 0;
        has_null_ = false;
    }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.size(); }

  private:
    std::string bytes_{};
    std::size_t count_ = 0;
    value_kind kind_{};
    bool has_null_ = false;
};

/// The column of a row that came in binary form; of another size than the kind's it is null.
[[nodiscard]] inline value_view column_of(const PGresult* from, int row, int column,
                                          value_kind kind) noexcept {
    value_view seen{.kind = kind};
    if (PQgetisnull(from, row, column) != 0) return seen;
    const char* const bytes = PQgetvalue(from, row, column);
    const auto size = static_cast<std::size_t>(PQgetlength(from, row, column));
    seen.is_null = false;
    switch (kind) {
        case value_kind::boolean: seen.integer = size == 1 && bytes[0] != 0; break;
        case value_kind::integer:
            seen.integer = static_cast<std::int64_t>(read_number(bytes, size));
            break;
        case value_kind::timestamp:
            seen.integer = static_cast<std::int64_t>(read_number(bytes, size) +
                                                     static_cast<std::uint64_t>(epoch_difference));
            break;
        case value_kind::real: seen.real = std::bit_cast<double>(read_number(bytes, size)); break;
        case value_kind::json: seen.text = {bytes + 1, size - 1}; break;
        default: seen.text = {bytes, size};
    }
    return seen;
}

}  // namespace syncfw::postgres::detail
