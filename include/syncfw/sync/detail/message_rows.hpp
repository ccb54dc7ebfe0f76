// SPDX-License-Identifier: BSL-1.0
// The rows in a message. They have a section for each entity, and where fields are encrypted, these
// are sealed on the way in and opened on the way out.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/cipher.hpp>
#include <syncfw/codec/delta.hpp>
#include <syncfw/codec/detail/wire.hpp>

#include <optional>
#include <string_view>

namespace syncfw::detail {

struct section_writer {
    buffer& heads_bytes;
    buffer& rows;
    cipher_view keys{};
    std::optional<error> failed{};  ///< Why an encrypted field couldn't be sealed.
    wire_writer heads{heads_bytes};
};

template <route Way, class T>
void append_fields(section_writer& out, const T& row, field_mask which) {
    if constexpr (has_encrypted_fields<T>) {
        auto done = syncfw::binary::append_delta<Way>(out.rows, row, which, out.keys);
        if (!done && !out.failed) out.failed = done.error();
    } else {
        syncfw::binary::append_delta<Way>(out.rows, row, which);
    }
}
template <class T, route Way>
using fields_reader = syncfw::binary::delta_reader<T, Way, cipher_of_rows<T>>;

/// The heads of a section that is read, and what it may give in return.
struct section_reader {
    wire_reader heads;
    std::string_view rows;
    cipher_view keys{};
};

/// What writes a message that has rows, and reads one.
struct message_writer : wire_writer {
    using wire_writer::wire_writer;
    cipher_view keys{};
    std::optional<error> failed{};
};
struct message_reader : wire_reader {
    using wire_reader::wire_reader;
    cipher_view keys{};
};

}  // namespace syncfw::detail
