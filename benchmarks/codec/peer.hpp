// SPDX-License-Identifier: BSL-1.0
// What the benchmark asks of each codec. One .cpp per codec, which registers itself, so that each
// compiles alone and a missing library costs no more than its rows.
#pragma once

#include "../workload.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace bench {

struct codec {
    std::string_view name;
    /// All books as one document; JSON is an array of them. Its buffer is reused: the bytes are
    /// valid until the next call.
    std::string_view (*encode_all)(std::span<const book>);
    /// New books from a document that holds `count` of them, which each codec may use to reserve.
    /// 64 bytes behind the document are readable, as simdjson wants. Throws what is malformed.
    std::vector<book> (*decode_all)(std::string_view document, std::size_t count) = nullptr;
    /// Decodes one book after the other over the same object; returns the sum of their pages.
    /// Null where the library has no such thing.
    std::int64_t (*decode_over)(std::string_view document) = nullptr;
};

inline std::vector<codec>& codecs() {
    static std::vector<codec> all;
    return all;
}

struct registered {
    explicit registered(const codec& c) { codecs().push_back(c); }
};

/// Null when its library was missing.
inline const codec* find_codec(std::string_view name) {
    for (const codec& c : codecs())
        if (c.name == name) return &c;
    return nullptr;
}

[[noreturn]] inline void malformed() {
    throw std::runtime_error("malformed document");
}

/// The status by its name; throws for any other text, as all codecs must.
inline syncfw::sync_status status_named(std::string_view name) {
    syncfw::sync_status status{};
    if (!parse_sync_status(name, status)) malformed();
    return status;
}

}  // namespace bench
