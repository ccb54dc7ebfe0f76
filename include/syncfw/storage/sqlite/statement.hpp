// SPDX-License-Identifier: BSL-1.0
// A prepared statement, bound and read by views without a copy.
#pragma once

#include <syncfw/config.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/value.hpp>
#include <syncfw/query/detail/value_text.hpp>

#include <sqlite3.h>

#include <cstddef>
#include <memory>
#include <utility>

namespace syncfw::sqlite::detail {

/// Whether what is bound is still there when the statement runs.
enum class lifetime : unsigned char { until_run, of_the_call };

class statement {
  public:
    statement() = default;
    explicit statement(sqlite3_stmt* handle)
        : handle_(handle), uuids_(new char[uuid_places(handle) * uuid::text_size]) {}
    statement(statement&& other) noexcept
        : handle_(std::exchange(other.handle_, nullptr)), uuids_(std::move(other.uuids_)) {}
    statement& operator=(statement&& other) noexcept {
        std::swap(handle_, other.handle_);
        std::swap(uuids_, other.uuids_);
        return *this;
    }
    ~statement() { sqlite3_finalize(handle_); }

    /// Parameters count from 0, as columns do. A failure is told by the next step.
    void bind(std::size_t place, const value_view& given, lifetime lives) noexcept {
        const int number = static_cast<int>(place) + 1;
        keep(given.is_null ? sqlite3_bind_null(handle_, number) : bind_value(number, given, lives));
    }
    void bind_integer(std::size_t place, std::int64_t given) noexcept {
        keep(sqlite3_bind_int64(handle_, static_cast<int>(place) + 1, given));
    }
    void bind_text(std::size_t place, std::string_view given) noexcept {
        bind(place, {.kind = value_kind::text, .is_null = false, .text = given},
             lifetime::until_run);
    }

    /// SQLITE_ROW, SQLITE_DONE or why not.
    [[nodiscard]] int step() noexcept {
        return bound_ == SQLITE_OK ? sqlite3_step(handle_) : bound_;
    }

    /// A column of the row. One of another type than the kind's is null, and remembered.
    // Inlined, because where many rows are read the kind is a constant.
    [[nodiscard]] SYNCFW_INLINE value_view column(std::size_t place, value_kind kind) noexcept {
        // One look-up for type and value; the connection is ours alone while a row is read.
        sqlite3_value* const found = sqlite3_column_value(handle_, static_cast<int>(place));
        const int type = sqlite3_value_type(found);
        value_view seen{.kind = kind};
        if (type != column_type(kind)) {
            is_odd_ = is_odd_ || type != SQLITE_NULL;
            return seen;
        }
        seen.is_null = false;
        if (type == SQLITE_INTEGER)
            seen.integer = sqlite3_value_int64(found);
        else if (type == SQLITE_FLOAT)
            seen.real = sqlite3_value_double(found);
        else
            seen.text = syncfw::detail::bytes_of(
                sqlite3_value_blob(found), static_cast<std::size_t>(sqlite3_value_bytes(found)));
        return seen;
    }
    /// Whether a column was of a type that the schema's tables don't have there.
    [[nodiscard]] bool is_odd() const noexcept { return is_odd_; }

    [[nodiscard]] std::int64_t integer() noexcept { return sqlite3_column_int64(handle_, 0); }

    /// Ready for another run, with the parameters as they are.
    void reset() noexcept {
        sqlite3_reset(handle_);
        bound_ = SQLITE_OK;
    }
    /// Ends the use, and every reference to what was bound.
    void clear() noexcept {
        reset();
        sqlite3_clear_bindings(handle_);
        is_odd_ = false;
    }

    [[nodiscard]] sqlite3_stmt* handle() const noexcept { return handle_; }

  private:
    static std::size_t uuid_places(sqlite3_stmt* handle) noexcept {
        return static_cast<std::size_t>(sqlite3_bind_parameter_count(handle));
    }
    static constexpr int column_type(value_kind kind) noexcept {
        switch (kind) {
            case value_kind::boolean:
            case value_kind::integer:
            case value_kind::timestamp: return SQLITE_INTEGER;
            case value_kind::real: return SQLITE_FLOAT;
            case value_kind::bytes: return SQLITE_BLOB;
            default: return SQLITE_TEXT;
        }
    }

    int bind_value(int number, const value_view& given, lifetime lives) noexcept {
        const auto destroy = lives == lifetime::until_run ? SQLITE_STATIC : SQLITE_TRANSIENT;
        // A null pointer would bind a null.
        const char* const text = given.text.data() == nullptr ? "" : given.text.data();
        switch (given.kind) {
            case value_kind::boolean:
            case value_kind::integer:
            case value_kind::timestamp: return sqlite3_bind_int64(handle_, number, given.integer);
            case value_kind::real: return sqlite3_bind_double(handle_, number, given.real);
            case value_kind::bytes:
                return sqlite3_bind_blob64(handle_, number, text, given.text.size(), destroy);
            case value_kind::uuid: {
                char* const place =
                    uuids_.get() + static_cast<std::size_t>(number - 1) * uuid::text_size;
                syncfw::detail::uuid_in(given.text).write(place);
                return sqlite3_bind_text64(handle_, number, place, uuid::text_size, SQLITE_STATIC,
                                           SQLITE_UTF8);
            }
            default:
                return sqlite3_bind_text64(handle_, number, text, given.text.size(), destroy,
                                           SQLITE_UTF8);
        }
    }
    void keep(int code) noexcept {
        if (code != SQLITE_OK) bound_ = code;
    }

    sqlite3_stmt* handle_ = nullptr;
    std::unique_ptr<char[]> uuids_{};  // The text of a uuid bound, for each parameter.
    int bound_ = SQLITE_OK;
    bool is_odd_ = false;
};

/// Clears the statement when its use ends, however that comes.
class statement_use {
  public:
    explicit statement_use(statement& used) noexcept : used_(used) {}
    statement_use(const statement_use&) = delete;
    statement_use& operator=(const statement_use&) = delete;
    ~statement_use() { used_.clear(); }

  private:
    statement& used_;
};

}  // namespace syncfw::sqlite::detail
