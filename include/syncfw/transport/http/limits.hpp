// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace syncfw::http {

/// What a peer may cost. Whoever goes beyond is told so, and disconnected.
struct limits {
    std::size_t head_bytes = 8 << 10;    ///< Request line and fields together (431).
    std::size_t target_bytes = 4 << 10;  ///< The path with its query (414).
    std::size_t fields = 100;            ///< Header fields (431).
    std::size_t body_bytes = 10 << 20;   ///< As sent, and as unpacked (413).
    std::int64_t head_seconds = 10;      ///< From a request's first byte to its head's end (408).
    std::int64_t body_seconds = 60;      ///< The same for its body (408),
    std::int64_t body_bytes_second = 1024;  ///< which comes at least this fast.
    std::int64_t idle_seconds = 60;         ///< Between two requests.
    std::int64_t write_seconds = 60;        ///< For an answer that isn't read.
};

}  // namespace syncfw::http
