// SPDX-License-Identifier: BSL-1.0
// The compact binary form of rows.
//
//     std::string bytes = binary::encode(dune);                    // one row, for good
//     result<book> back = binary::decode<book>(bytes);
//
//     syncfw::buffer page;                                          // many rows, one layout
//     binary::append_layout<book>(page);
//     for (const book& b : books) binary::append_row(page, b);
//     auto reader = binary::row_reader<book>::open(page.view());
//     while (const book* b = reader->next()) …
//
// A row is its fields' values in declared order, nothing else: a `book` of the benchmarks takes
// 132 bytes. What the values are is said once before the rows, by their layout as text, or by its
// fingerprint where the reader is known to have the same. So rows of an older or newer program are
// read as well: fields unknown here are read over, missing ones get their default, and a field of
// another type is refused with a sentence. docs/reference/binary-format.md has the whole format.
#pragma once

#include <syncfw/codec/detail/binary_rows.hpp>
#include <syncfw/codec/detail/layout_header.hpp>
#include <syncfw/codec/detail/row_layout.hpp>
#include <syncfw/codec/detail/row_plan.hpp>
#include <syncfw/entity/fingerprint.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncfw::binary {

/// The layout of T's rows on a route, `id:uuid,title:text`.
template <class T, route Way = local>
inline constexpr std::string_view row_layout = detail::row_layout<T, Way>;

/// Begins a sequence of rows: says their layout.
template <class T, route Way = local>
void append_layout(buffer& out) {
    constexpr std::string_view layout = row_layout<T, Way>;
    char* end = out.room(1 + detail::binary::varint_max + layout.size());
    *end++ = layout_in_full;
    out.set_end(detail::binary::put_bytes(end, layout.data(), layout.size()));
}

/// The same in 9 bytes, for a reader that is known to have this layout.
template <class T, route Way = local>
void append_fingerprint(buffer& out) {
    char* end = out.room(9);
    *end++ = layout_by_fingerprint;
    out.set_end(detail::binary::put_fixed(end, fingerprint_of_layout(row_layout<T, Way>)));
}

/// One row, without its layout.
template <route Way = local, class T>
void append_row(buffer& out, const T& row) {
    static_assert(detail::require_codec<T, detail::no_cipher>());
    detail::binary::append_row<T, Way>(out, row);
}
/// The same of an entity with encrypted fields. On failure nothing is appended.
template <route Way = local, class T, field_cipher Cipher>
result<void> append_row(buffer& out, const T& row, const Cipher& cipher) {
    static_assert(detail::require_codec<T, Cipher>());
    const std::size_t before = out.size();
    auto done =
        detail::binary::append_sealed_fields(out, row, detail::binary::travelling<T, Way>, cipher);
    if (!done) out.truncate(before);
    return done;
}

/// One row with its layout: complete in itself, for files and for later versions.
template <route Way = local, class T>
[[nodiscard]] std::string encode(const T& row) {
    static_assert(detail::require_codec<T, detail::no_cipher>());
    buffer out;
    append_layout<T, Way>(out);
    append_row<Way>(out, row);
    return std::string(out.view());
}
template <route Way = local, class T, field_cipher Cipher>
[[nodiscard]] result<std::string> encode(const T& row, const Cipher& cipher) {
    buffer out;
    append_layout<T, Way>(out);
    if (auto done = append_row<Way>(out, row, cipher); !done) return done.error();
    return std::string(out.view());
}

/// Reads rows one after the other into a row of its own, whose memory is used again, so that what
/// the caller holds is never half written. The bytes must outlive it.
template <class T, route Way = local, class Cipher = detail::no_cipher>
class row_reader {
    static_assert(detail::require_codec<T, Cipher>());

  public:
    /// Reads the layout. It fails where the layout is none, or has a field of another type.
    [[nodiscard]] static result<row_reader> open(std::string_view bytes, const Cipher& cipher = {});

    /// For rows that follow no layout and are known to have ours.
    [[nodiscard]] static row_reader of_rows(std::string_view rows, const Cipher& cipher = {}) {
        return row_reader(rows, cipher);
    }

    /// Goes on with other rows of the same layout. A failure stays.
    void read_on(std::string_view rows) noexcept {
        decoder_.begin = at_ = rows.data();
        decoder_.end = rows.data() + rows.size();
    }

    /// The next row, or null at the end and at a failure, which `failure()` tells apart. The row is
    /// there until the next call.
    [[nodiscard]] const T* next();

    /// Appends all rows that are left, without a copy in between. On failure `to` is as before.
    result<void> read_all(std::vector<T>& to);

    /// What went wrong, if anything did.
    [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }
    /// The fields of the last row that the sender wrote; the others have their defaults.
    [[nodiscard]] field_mask present() const noexcept { return present_; }
    /// What is left unread.
    [[nodiscard]] std::string_view rest() const noexcept {
        return {at_, static_cast<std::size_t>(decoder_.end - at_)};
    }
    /// The last row, moved out.
    [[nodiscard]] T take() { return std::move(row_); }

  private:
    row_reader(std::string_view bytes, const Cipher& cipher)
        : decoder_{bytes.data(), bytes.data() + bytes.size()}, at_(bytes.data()), cipher_(cipher) {}

    bool read_into(T& row);

    detail::binary::decoder decoder_;
    const char* at_;
    Cipher cipher_;
    T row_{};
    field_mask present_ = detail::binary::travelling<T, Way>;
    std::optional<detail::binary::row_plan> plan_{};
    std::optional<error> failure_{};
};

/// One row that `encode` wrote. Something behind it is an error.
template <class T, route Way = local, class Cipher = detail::no_cipher>
[[nodiscard]] result<T> decode(std::string_view bytes, const Cipher& cipher = {}) {
    static_assert(detail::require_codec<T, Cipher>());
    detail::binary::lone_row input(bytes, entity_of<T>);
    T row{};
    if (input.begin(Way, row_layout<T, Way>))
        input.end(detail::binary::get_next<T, Way>(input.at, input.d, row, input.plan,
                                                   input.present, input.place, cipher));
    if (input.failure) return *std::move(input.failure);
    return row;
}

// --- how it is done ------------------------------------------------------------------------------

template <class T, route Way, class Cipher>
result<row_reader<T, Way, Cipher>> row_reader<T, Way, Cipher>::open(std::string_view bytes,
                                                                    const Cipher& cipher) {
    row_reader reader(bytes, cipher);
    if (auto done = detail::binary::read_layout(reader.at_, reader.decoder_, entity_of<T>, Way,
                                                row_layout<T, Way>, reader.plan_);
        !done)
        return done.error();
    return reader;
}

template <class T, route Way, class Cipher>
const T* row_reader<T, Way, Cipher>::next() {
    if (failure_ || at_ == decoder_.end) return nullptr;
    if (plan_) row_ = T{};
    return read_into(row_) ? &row_ : nullptr;
}

template <class T, route Way, class Cipher>
result<void> row_reader<T, Way, Cipher>::read_all(std::vector<T>& to) {
    const std::size_t before = to.size();
    while (!failure_ && at_ != decoder_.end)
        if (!read_into(to.emplace_back())) to.resize(before);
    if (failure_) return *failure_;
    return {};
}

template <class T, route Way, class Cipher>
bool row_reader<T, Way, Cipher>::read_into(T& row) {
    std::size_t place = no_field;
    const char* const after =
        detail::binary::get_next<T, Way>(at_, decoder_, row, plan_, present_, place, cipher_);
    if (after == nullptr)
        failure_ = detail::binary::failure_of(decoder_, entity_of<T>, place);
    else
        at_ = after;
    return after != nullptr;
}

}  // namespace syncfw::binary
