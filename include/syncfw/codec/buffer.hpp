// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/algorithm.hpp>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

/// Bytes that encoders append to. It grows by doubling and keeps its memory when cleared, so that
/// encoding into a used buffer allocates nothing.
///
///     syncfw::buffer out;
///     for (const book& b : books) json::append(out, b);
///     send(out.view());
class buffer {
  public:
    buffer() = default;
    buffer(buffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    buffer& operator=(buffer&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    ~buffer() { std::free(data_); }

    [[nodiscard]] std::string_view view() const noexcept { return {data_, size_}; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    /// Forgets the content and keeps the memory.
    void clear() noexcept { size_ = 0; }
    /// Forgets what was appended after `size()` was `size`.
    void truncate(std::size_t size) noexcept { size_ = detail::smaller(size, size_); }

    void append(std::string_view text) {
        char* const to = room(text.size());
        if (!text.empty()) std::memcpy(to, text.data(), text.size());
        size_ += text.size();
    }

    /// The end of the content, with room for `count` bytes that have no values yet; follow it by
    /// `set_end`.
    [[nodiscard]] char* room(std::size_t count) {
        if (capacity_ - size_ < count) grow(count);
        return data_ + size_;
    }
    /// Room for `capacity` bytes in all and not for more, where the most is known beforehand.
    void reserve(std::size_t capacity) {
        if (capacity > capacity_) resize(capacity);
    }
    /// Takes what was written after `room` into the content.
    void set_end(const char* end) noexcept { size_ = static_cast<std::size_t>(end - data_); }

  private:
    void grow(std::size_t count) {
        if (count > static_cast<std::size_t>(-1) / 2 - size_) throw std::bad_alloc();
        resize(detail::larger<std::size_t>(detail::larger<std::size_t>(256, capacity_ * 2),
                                           size_ + count));
    }
    void resize(std::size_t capacity) {
        void* const data = std::realloc(data_, capacity);
        if (data == nullptr) throw std::bad_alloc();
        data_ = static_cast<char*>(data);
        capacity_ = capacity;
    }

    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace syncfw
