// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/config.hpp>
#include <syncfw/core/detail/storage.hpp>
#include <syncfw/core/error.hpp>

#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace syncfw {

/// Thrown by `result::value()` alone, when there is an error in place of the value.
class bad_result : public std::runtime_error {
  public:
    explicit bad_result(syncfw::error e) : std::runtime_error(to_string(e)), error_(std::move(e)) {}
    [[nodiscard]] const syncfw::error& error() const noexcept { return error_; }

  private:
    syncfw::error error_;
};

/// A value, or the error that took its place.
///
///     auto book = json::decode<book>(text);
///     if (!book) return book.error();
///     use(*book);
///
/// Reading the value of an error (or the error of a value) with `*`, `->` or `error()` is a
/// programming mistake and asserts; `value()` throws `bad_result` instead.
template <class T>
class [[nodiscard]] result {
  public:
    using value_type = T;

    result(T&& value) : has_value_(true), value_(static_cast<T&&>(value)) {}
    result(const T& value)
        requires std::is_copy_constructible_v<T>
        : has_value_(true), value_(value) {}
    result(syncfw::error e) : has_value_(false), error_(std::move(e)) {}

    result(const result& other)
        requires std::is_copy_constructible_v<T>
        : has_value_(other.has_value_) {
        if (has_value_)
            ::new (static_cast<void*>(&value_)) T(other.value_);
        else
            detail::construct(error_, other.error_);
    }
    result(result&& other) noexcept : has_value_(other.has_value_) {
        if (has_value_)
            ::new (static_cast<void*>(&value_)) T(static_cast<T&&>(other.value_));
        else
            detail::construct(error_, std::move(other.error_));
    }
    result& operator=(result other) noexcept {
        this->~result();
        return *::new (static_cast<void*>(this)) result(static_cast<result&&>(other));
    }
    ~result() {
        if (has_value_)
            value_.~T();
        else
            detail::destroy(error_);
    }

    [[nodiscard]] bool has_value() const noexcept { return has_value_; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value_; }

    [[nodiscard]] T& operator*() & noexcept { return checked(); }
    [[nodiscard]] const T& operator*() const& noexcept {
        return const_cast<result*>(this)->checked();
    }
    // By value, so that `for (const book& b : *find_books())` does not walk through a dead result.
    [[nodiscard]] T operator*() && noexcept { return std::move(checked()); }
    [[nodiscard]] T* operator->() noexcept { return &checked(); }
    [[nodiscard]] const T* operator->() const noexcept {
        return &const_cast<result*>(this)->checked();
    }

    [[nodiscard]] T& value() & { return has_value_ ? value_ : thrown(); }
    [[nodiscard]] const T& value() const& { return const_cast<result*>(this)->value(); }
    T value() && { return std::move(value()); }

    [[nodiscard]] T value_or(T other) const& { return has_value() ? **this : std::move(other); }

    [[nodiscard]] const syncfw::error& error() const& noexcept {
        SYNCFW_ASSERT(!has_value(), "error() of a result that holds a value");
        return error_;
    }
    [[nodiscard]] syncfw::error error() && noexcept {
        SYNCFW_ASSERT(!has_value(), "error() of a result that holds a value");
        return std::move(error_);
    }

  private:
    T& checked() noexcept {
        SYNCFW_ASSERT(has_value(), "the value of a result that holds an error");
        return value_;
    }
    [[noreturn]] T& thrown() { throw bad_result(error_); }

    // By hand: std::variant would cost 20 ms of compilation for each T.
    bool has_value_;
    union {
        T value_;
        syncfw::error error_;
    };
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] result<void> {
  public:
    using value_type = void;

    result() noexcept = default;
    result(syncfw::error e) : error_(std::move(e)) {}

    [[nodiscard]] bool has_value() const noexcept { return !error_; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

    void value() const {
        if (error_) throw bad_result(*error_);
    }
    [[nodiscard]] const syncfw::error& error() const& noexcept {
        SYNCFW_ASSERT(error_.has_value(), "error() of a result that holds a value");
        return *error_;
    }
    [[nodiscard]] syncfw::error error() && noexcept {
        SYNCFW_ASSERT(error_.has_value(), "error() of a result that holds a value");
        return std::move(*error_);
    }

  private:
    std::optional<syncfw::error> error_;
};

}  // namespace syncfw
