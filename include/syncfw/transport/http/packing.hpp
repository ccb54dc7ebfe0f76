// SPDX-License-Identifier: BSL-1.0
// How bodies look while they are on their way: packed, by gzip for one. A client knows this
// interface alone, so that it needs no library to pack with.
//
//     auto link = syncfw::http_link::make(address, {.packing = syncfw::http::gzip_packing()});
//
// `gzip_packing` is in <syncfw/transport/http/gzip_bodies.hpp>.
#pragma once

#include <syncfw/core/result.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace syncfw::http {

/// Any thread may use it, several at a time as well.
class body_packing {
  public:
    virtual ~body_packing() = default;

    /// Its name in `Accept-Encoding` and `Content-Encoding`.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    /// A request's body in its packed form; nothing where it goes out as it is.
    [[nodiscard]] virtual std::optional<std::string> pack(std::string_view body) const = 0;
    /// The plain form of what came packed. Fails where that is more than so many bytes, before
    /// more than these are there.
    [[nodiscard]] virtual result<std::string> unpack(std::string_view body,
                                                     std::size_t bytes_max) const = 0;
};

}  // namespace syncfw::http
