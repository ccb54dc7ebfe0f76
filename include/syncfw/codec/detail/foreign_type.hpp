// SPDX-License-Identifier: BSL-1.0
// Types of fields that are unknown here, read from a peer's layout once, so that each of their
// values costs no more than its bytes to read over.
#pragma once

#include <syncfw/codec/detail/binary_values.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace syncfw::detail::binary {

enum class foreign_kind : unsigned char {
    flag,
    number,
    word_32,
    word_64,
    uuid,
    bytes,
    counter,
    document,
    optional,
    list,
    set,
    structure,
};

// A type in prefix order: the types inside of one follow it.
struct foreign_node {
    foreign_kind kind{};
    std::uint32_t after = 0;  // the place behind the whole type
};
using foreign_type = std::vector<foreign_node>;

// Takes the next item of a list, up to a comma outside of all brackets and quotes.
inline std::string_view take_item(std::string_view& list) {
    int open = 0;
    bool is_quoted = false;
    std::size_t at = 0;
    for (; at < list.size(); ++at) {
        const char c = list[at];
        if (c == '"') is_quoted = !is_quoted;
        if (is_quoted) continue;
        if (c == '[' || c == '{' || c == '(') ++open;
        if (c == ']' || c == '}' || c == ')') --open;
        if (c == ',' && open == 0) break;
    }
    const std::string_view item = list.substr(0, at);
    list.remove_prefix(at < list.size() ? at + 1 : at);
    return item;
}

class foreign_type_reader {
  public:
    // Whether the text is a type that is known here; then it is appended.
    [[nodiscard]] bool read(std::string_view text, bool is_sealed) {
        is_sealed_ = is_sealed;
        bool has_bytes = false;
        return read(text, has_bytes, 0);
    }
    [[nodiscard]] foreign_type take() { return std::move(nodes_); }

  private:
    static constexpr int depth_max = 16;

    // `has_bytes` tells whether each value has a byte or more.
    bool read(std::string_view text, bool& has_bytes, int depth) {
        if (depth > depth_max) return false;
        const std::size_t place = nodes_.size();
        nodes_.emplace_back();
        foreign_kind kind{};
        bool is_known = false;
        has_bytes = true;
        if (text.ends_with('?')) {
            kind = foreign_kind::optional;
            is_known = read_inside(text.substr(0, text.size() - 1), false, depth);
        } else if (text.ends_with(']') && text.starts_with('[')) {
            kind = foreign_kind::list;
            is_known = read_inside(text.substr(1, text.size() - 2), true, depth);
        } else if (text.ends_with(')') && text.starts_with("set(")) {
            kind = foreign_kind::set;
            is_known = read_inside(text.substr(4, text.size() - 5), true, depth);
        } else if (text.ends_with('}') && text.starts_with('{')) {
            kind = foreign_kind::structure;
            is_known = read_members(text.substr(1, text.size() - 2), has_bytes, depth);
        } else {
            is_known = read_plain(text, kind);
        }
        nodes_[place] = {kind, static_cast<std::uint32_t>(nodes_.size())};
        return is_known;
    }

    // A list of values without bytes could have any count: nothing would pay for the work.
    bool read_inside(std::string_view text, bool needs_bytes, int depth) {
        bool has_bytes = false;
        return read(text, has_bytes, depth + 1) && (has_bytes || !needs_bytes);
    }

    bool read_members(std::string_view members, bool& has_bytes, int depth) {
        has_bytes = false;
        while (!members.empty()) {
            const std::string_view member = take_item(members);
            const std::size_t colon = member.find(':');
            bool this_has_bytes = false;
            if (colon == std::string_view::npos ||
                !read(member.substr(colon + 1), this_has_bytes, depth + 1))
                return false;
            has_bytes = has_bytes || this_has_bytes;
        }
        return true;
    }

    bool read_plain(std::string_view text, foreign_kind& kind) const {
        struct plain {
            std::string_view text;
            foreign_kind kind;
        };
        using enum foreign_kind;
        constexpr plain all[] = {{"text", bytes},       {"bytes", bytes},      {"bool", flag},
                                 {"int8", number},      {"int16", number},     {"int32", number},
                                 {"int64", number},     {"uint8", number},     {"uint16", number},
                                 {"uint32", number},    {"timestamp", number}, {"float32", word_32},
                                 {"float64", word_64},  {"uuid", uuid},        {"counter", counter},
                                 {"document", document}};
        if (text.starts_with("enum(") && text.ends_with(')')) {
            kind = bytes;
            return !is_sealed_;
        }
        for (const plain& each : all)
            if (each.text == text) {
                kind = each.kind;
                return !is_sealed_ || kind == bytes;
            }
        return false;
    }

    foreign_type nodes_{};
    bool is_sealed_ = false;
};

// --- reading over -------------------------------------------------------------------------------

inline const char* skip_bytes(const char* in, decoder& d) {
    std::size_t size = 0;
    in = get_size(in, d, size);
    return in == nullptr ? nullptr : in + size;
}

inline const char* skip_fixed(const char* in, decoder& d, std::ptrdiff_t size) {
    if (d.end - in < size) return fail(d, in, errc::truncated, "a value of fixed size");
    return in + size;
}

inline const char* skip_dots(const char* in, decoder& d) {
    std::uint64_t number = 0;
    std::size_t count = 0;
    in = get_size(in, d, count);
    for (std::size_t i = 0; in != nullptr && i < count; ++i) {
        in = skip_fixed(in, d, 8);
        if (in != nullptr) in = get_varint(in, d, number);
    }
    return in;
}

inline const char* skip_counter(const char* in, decoder& d) {
    std::uint64_t number = 0;
    std::size_t count = 0;
    in = get_size(in, d, count);
    for (std::size_t i = 0; in != nullptr && i < count; ++i) {
        in = skip_fixed(in, d, 8);
        if (in != nullptr) in = get_varint(in, d, number);
        if (in != nullptr) in = get_varint(in, d, number);
    }
    return in;
}

inline const char* skip_document(const char* in, decoder& d, int depth = 0) {
    if (in == d.end) return fail(d, in, errc::truncated, "a document");
    if (depth > document_depth_max)
        return fail(d, in, errc::too_deep, "a document at most 64 deep");
    std::uint64_t number = 0;
    std::size_t count = 0;
    const char* const start = in;
    const auto kind = static_cast<document_kind>(*in++);
    switch (kind) {
        case document_kind::null: return in;
        case document_kind::boolean: return skip_fixed(in, d, 1);
        case document_kind::integer: return get_varint(in, d, number);
        case document_kind::real: return skip_fixed(in, d, 8);
        case document_kind::text: return skip_bytes(in, d);
        case document_kind::array:
        case document_kind::object:
            in = get_size(in, d, count);
            for (std::size_t i = 0; in != nullptr && i < count; ++i) {
                if (kind == document_kind::object) in = skip_bytes(in, d);
                if (in != nullptr) in = skip_document(in, d, depth + 1);
            }
            return in;
    }
    return fail(d, start, errc::malformed, "a document");
}

inline const char* skip(const char* in, decoder& d, const foreign_type& type, std::size_t place);

inline const char* skip_list(const char* in, decoder& d, const foreign_type& type,
                             std::size_t place) {
    const bool is_set = type[place].kind == foreign_kind::set;
    std::size_t count = 0;
    in = get_size(in, d, count);
    for (std::size_t i = 0; in != nullptr && i < count; ++i) {
        in = skip(in, d, type, place + 1);
        if (in != nullptr && is_set) in = skip_dots(in, d);
    }
    return in != nullptr && is_set ? skip_dots(in, d) : in;
}

// Reads over one value of the type that stands at `place`.
inline const char* skip(const char* in, decoder& d, const foreign_type& type, std::size_t place) {
    std::uint64_t number = 0;
    bool is_there = false;
    switch (type[place].kind) {
        case foreign_kind::flag: return get_flag(in, d, is_there);
        case foreign_kind::number: return get_varint(in, d, number);
        case foreign_kind::word_32: return skip_fixed(in, d, 4);
        case foreign_kind::word_64: return skip_fixed(in, d, 8);
        case foreign_kind::uuid: return skip_fixed(in, d, 16);
        case foreign_kind::bytes: return skip_bytes(in, d);
        case foreign_kind::counter: return skip_counter(in, d);
        case foreign_kind::document: return skip_document(in, d);
        case foreign_kind::optional:
            in = get_flag(in, d, is_there);
            return in != nullptr && is_there ? skip(in, d, type, place + 1) : in;
        case foreign_kind::list:
        case foreign_kind::set: return skip_list(in, d, type, place);
        case foreign_kind::structure:
            for (std::size_t at = place + 1; in != nullptr && at != type[place].after;
                 at = type[at].after)
                in = skip(in, d, type, at);
            return in;
    }
    return in;
}

}  // namespace syncfw::detail::binary
