// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/core/error.hpp>
#include <syncfw/core/result.hpp>

#include <concepts>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace syncfw {

/// Makes blocks of bytes smaller. Each block is packed by itself, so that memory stays bounded and
/// a reader needs nothing of the blocks before it. An object may keep its working memory from one
/// block to the next; no two threads use one at a time.
template <class C>
concept block_compression =
    std::default_initializable<C> && std::movable<C> &&
    requires(C& compression, std::string_view bytes, buffer& out, char* to, std::size_t size) {
        // Names it in a file's header: 0 to 127 are the library's own, 128 to 255 yours.
        { C::id } -> std::convertible_to<unsigned char>;
        // The same for people.
        { C::name } -> std::convertible_to<std::string_view>;
        // Appends the packed form.
        { compression.compress(bytes, out) } -> std::same_as<result<void>>;
        // Writes exactly `size` bytes to `to`; an error when the packed form has more or fewer.
        { compression.decompress(bytes, to, size) } -> std::same_as<result<void>>;
    };

/// Leaves blocks as they are.
struct no_compression {
    static constexpr unsigned char id = 0;
    static constexpr std::string_view name = "no compression";

    result<void> compress(std::string_view bytes, buffer& out) {
        out.append(bytes);
        return {};
    }
    result<void> decompress(std::string_view bytes, char* to, std::size_t size) {
        if (bytes.size() != size)
            return error{.code = errc::malformed,
                         .message = "a block has another size than it says"};
        if (size != 0) std::memcpy(to, bytes.data(), size);
        return {};
    }
};

}  // namespace syncfw
