// SPDX-License-Identifier: BSL-1.0
// Writes layouts, and reads them back: exactly those texts that the writer gives are read.
#pragma once

#include <syncfw/core/detail/algorithm.hpp>
#include <syncfw/core/detail/text_sink.hpp>
#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/entity/entity.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace syncfw::detail {

// What a layout says of a field behind its type, in this order.
enum class layout_mark : unsigned char {
    key,
    tenant,
    version,
    deleted,
    state,
    server,
    encrypted,
    equality,
    defaulted,
};
struct layout_mark_text {
    std::string_view mark;
    std::string_view words;
};
inline constexpr layout_mark_text layout_marks[] = {
    {"key", "belongs to the key"},         {"tenant", "is the tenant"},
    {"version", "is the version"},         {"deleted", "says what is deleted"},
    {"state", "is the state of the sync"}, {"server", "is owned by the server"},
    {"encrypted", "is encrypted"},         {"equality", "is encrypted revealing equality"},
    {"defaulted", "has a default"},
};

constexpr unsigned layout_mark_bit(layout_mark mark) {
    return 1u << static_cast<unsigned>(mark);
}

constexpr unsigned layout_marks_of(const field_info& field) {
    unsigned marks = 0;
    const auto mark_if = [&](bool is_so, layout_mark mark) {
        if (is_so) marks |= layout_mark_bit(mark);
    };
    mark_if(field.has(meaning::primary_key), layout_mark::key);
    mark_if(field.has(meaning::tenant), layout_mark::tenant);
    mark_if(field.has(meaning::version), layout_mark::version);
    mark_if(field.has(meaning::soft_delete), layout_mark::deleted);
    mark_if(field.has(meaning::sync_state) || field.has(meaning::server_synced) ||
                field.has(meaning::last_sync_at),
            layout_mark::state);
    mark_if(field.has(meaning::server_owned), layout_mark::server);
    mark_if(field.cipher == encryption::randomised, layout_mark::encrypted);
    mark_if(field.cipher == encryption::equality, layout_mark::equality);
    mark_if(field.has(meaning::default_value), layout_mark::defaulted);
    return marks;
}

constexpr bool is_plain_name(std::string_view name) {
    for (char c : name)
        if (!is_name_character(c) && c != '-' && c != '.') return false;
    return true;
}

// A name may have any printable character but the quote.
constexpr void write_layout_name(text_sink& out, std::string_view name) {
    if (is_plain_name(name))
        out << name;
    else
        out << "\"" << name << "\"";
}

constexpr void write_layout(text_sink& out, const entity_info& entity) {
    write_layout_name(out, entity.name);
    out << "(";
    bool is_first = true;
    for (const field_info& field : entity.fields) {
        if (field.has(meaning::local_only)) continue;
        out << (is_first ? "" : ",");
        is_first = false;
        write_layout_name(out, field.json);
        out << ":" << field.type;
        const unsigned marks = layout_marks_of(field);
        for (std::size_t i = 0; i < std::size(layout_marks); ++i)
            if ((marks >> i & 1) != 0) out << " " << layout_marks[i].mark;
    }
    out << ")";
}

template <class T>
inline constexpr auto layout_writer = [](text_sink& out) { write_layout(out, entity_of<T>); };

// FNV-1a of one line.
constexpr std::uint64_t hash_of_line(std::string_view line) noexcept {
    std::uint64_t hash = 0xCBF2'9CE4'8422'2325;
    for (char c : line) hash = (hash ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01B3;
    return hash;
}

// Mixes, so that every bit of the lines moves every bit of the fingerprint.
constexpr std::uint64_t join_fingerprint(std::uint64_t all, std::uint64_t hash) noexcept {
    hash ^= all * 0x9E37'79B9'7F4A'7C15;
    hash = (hash ^ hash >> 33) * 0xFF51'AFD7'ED55'8CCD;
    hash = (hash ^ hash >> 33) * 0xC4CE'B9FE'1A85'EC53;
    return hash ^ hash >> 33;
}

// One field of a layout that was read; all views go into the text.
struct layout_field {
    std::string_view name{};
    std::string_view type{};
    unsigned marks = 0;

    // Whether the side that has the field can fill it in a row that comes without it.
    [[nodiscard]] bool may_be_missing() const {
        constexpr unsigned filled =
            layout_mark_bit(layout_mark::tenant) | layout_mark_bit(layout_mark::version) |
            layout_mark_bit(layout_mark::deleted) | layout_mark_bit(layout_mark::state) |
            layout_mark_bit(layout_mark::defaulted);
        if ((marks & layout_mark_bit(layout_mark::key)) != 0) return false;
        return type.back() == '?' || (marks & filled) != 0;
    }
};

struct layout_entity {
    std::string_view name{};
    std::vector<layout_field> fields{};

    [[nodiscard]] const layout_field* find(std::string_view wanted) const {
        for (const layout_field& each : fields)
            if (each.name == wanted) return &each;
        return nullptr;
    }
};

// Reads what a peer sent: whatever it is, the work is linear in its size (but for the at most 128
// fields of one entity) and the depth bounded.
class layout_reader {
  public:
    static constexpr std::size_t size_max = std::size_t{1} << 20;
    static constexpr std::size_t depth_max = 64;

    explicit layout_reader(std::string_view text) : text_(text) {}

    result<std::vector<layout_entity>> read() {
        if (text_.size() > size_max)
            return error{.code = errc::too_large, .message = "a layout has at most 1 MiB"};
        const char* const end = text_.data() + text_.size();
        if (find_invalid_text(text_.data(), end) != end)
            return error{.code = errc::malformed, .message = "a layout is valid UTF-8"};
        std::vector<layout_entity> all;
        while (expected_.empty()) {
            all.push_back(entity());
            if (all.size() > 1 && !(all[all.size() - 2].name < all.back().name))
                expect("entities sorted by name, each once");
            if (at_ == text_.size() || !take('\n')) break;
        }
        if (expected_.empty() && at_ != text_.size()) expect("a new line or the end");
        if (expected_.empty()) return all;
        return error{.code = errc::malformed,
                     .message = "this is no layout: expected " + std::string(expected_) +
                                " at character " + std::to_string(at_ + 1)};
    }

  private:
    [[nodiscard]] bool take(char c) {
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    // Only the first thing that was expected in vain is told.
    void expect(std::string_view what) {
        if (expected_.empty()) expected_ = what;
    }

    layout_entity entity() {
        layout_entity made{.name = name()};
        if (!take('(')) expect("'('");
        if (take(')')) return made;
        while (expected_.empty()) {
            const layout_field next = field();
            if (made.find(next.name) != nullptr) expect("each field once");
            if (made.fields.size() == field_mask::fields_max) expect("at most 128 fields");
            made.fields.push_back(next);
            if (take(')')) break;
            if (!take(',')) expect("',' or ')'");
        }
        return made;
    }

    layout_field field() {
        layout_field made{.name = name()};
        if (!take(':')) expect("':'");
        made.type = type();
        std::size_t next = 0;
        while (expected_.empty() && take(' ')) {
            const std::string_view mark = word();
            while (next < std::size(layout_marks) && layout_marks[next].mark != mark) ++next;
            if (next == std::size(layout_marks)) {
                expect("a known mark, in order");
                break;
            }
            made.marks |= 1u << next++;
        }
        return made;
    }

    std::string_view name() {
        if (!take('"')) {
            const std::string_view plain = word();
            if (!is_good_name(plain)) expect("a name of at most 63 characters");
            return plain;
        }
        const std::size_t end = smaller(text_.find('"', at_), text_.size());
        const std::string_view quoted = text_.substr(at_, end - at_);
        if (!is_good_name(quoted) || is_plain_name(quoted)) expect("a name that needs quotes");
        at_ = end;
        if (!take('"')) expect("'\"'");
        return quoted;
    }

    std::string_view word() {
        const std::size_t first = at_;
        while (at_ < text_.size() && is_plain_name(text_.substr(at_, 1))) ++at_;
        return text_.substr(first, at_ - first);
    }

    // A type is compared as it stands; only its brackets must be balanced.
    std::string_view type() {
        const std::size_t first = at_;
        std::string open;
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '(' || c == '[' || c == '{') {
                if (open.size() == depth_max) break;
                open += c == '(' ? ')' : c == '[' ? ']' : '}';
            } else if (c == ')' || c == ']' || c == '}') {
                if (open.empty() || open.back() != c) break;
                open.pop_back();
            } else if (c == ',' || c == ':' || c == '|') {
                if (open.empty()) break;
            } else if (!is_name_character(c) && c != '?' && (c & 0x80) == 0) {
                break;
            }
        }
        if (at_ == first || !open.empty()) expect("a type");
        return text_.substr(first, at_ - first);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string_view expected_{};
};

}  // namespace syncfw::detail
