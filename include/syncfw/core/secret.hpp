// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/wipe.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace syncfw {

namespace detail {

/// A string or vector of plain elements: its contents are one block of memory.
template <class T>
concept wipeable_block = requires(T& block) {
    typename T::value_type;
    block.resize(block.capacity());
    block.clear();
    { block.data() } -> std::same_as<typename T::value_type*>;
} && std::is_trivially_copyable_v<typename T::value_type>;

}  // namespace detail

/// What `secret` can guard: strings, vectors of plain elements, and plain values.
template <class T>
concept secret_content = detail::wipeable_block<T> || std::is_trivially_copyable_v<T>;

/// A value that must not leak: a token, a key, a password, an encrypted field's plain text. It is
/// never printed, never converted by itself, and its memory is zeroed when it is destroyed,
/// assigned or moved away. Only what goes through `reveal()` can be seen, which is easy to find
/// in a review. It can't wipe copies that others hold: the `std::string` that it was copied from,
/// or what a reader of `reveal()` makes of it.
///
///     syncfw::secret<std::string> token(read_token());
///     request.set("Authorization", "Bearer " + token.reveal());
template <class T>
class secret {
    static_assert(secret_content<T>,
                  "syncfw: secret<T> needs a std::string, a std::vector of plain elements, or a "
                  "trivially copyable T; anything else it can't wipe");

  public:
    using value_type = T;

    secret() = default;
    explicit secret(const T& value) : value_(value) {}
    /// Wipes what the move leaves behind in `value` (short strings are copied by a move).
    explicit secret(T&& value) noexcept : value_(std::move(value)) { wipe(value); }

    secret(const secret& other) = default;
    secret(secret&& other) noexcept : secret(std::move(other.value_)) {}
    secret& operator=(const secret& other) {
        if (this != &other) *this = secret(other);
        return *this;
    }
    secret& operator=(secret&& other) noexcept {
        if (this == &other) return *this;
        wipe(value_);
        value_ = std::move(other.value_);
        wipe(other.value_);
        return *this;
    }
    ~secret() { wipe(value_); }

    [[nodiscard]] const T& reveal() const noexcept { return value_; }

    /// Takes the same time wherever the contents differ; only their lengths can be told apart.
    [[nodiscard]] friend bool operator==(const secret& left, const secret& right) noexcept
        requires detail::wipeable_block<T> || std::has_unique_object_representations_v<T>
    {
        if constexpr (detail::wipeable_block<T>) {
            return left.value_.size() == right.value_.size() &&
                   detail::equal_in_constant_time(left.value_.data(), right.value_.data(),
                                                  left.value_.size() * element_size);
        } else {
            return detail::equal_in_constant_time(&left.value_, &right.value_, sizeof(T));
        }
    }

  private:
    static constexpr std::size_t element_size = [] {
        if constexpr (detail::wipeable_block<T>) return sizeof(typename T::value_type);
        return std::size_t{1};
    }();

    static void wipe(T& value) noexcept {
        if constexpr (detail::wipeable_block<T>) {
            // Within its capacity it neither allocates nor throws; it reaches the spare room.
            value.resize(value.capacity());
            detail::wipe_memory(value.data(), value.size() * element_size);
            value.clear();
        } else {
            detail::wipe_memory(&value, sizeof value);
        }
    }

    T value_{};
};

/// A secret has no printed form, in any stream: say `reveal()` where it must really go out.
template <class Stream, class T>
Stream& operator<<(Stream& stream, const secret<T>& value) = delete;

}  // namespace syncfw
