// SPDX-License-Identifier: BSL-1.0
// What messages are made of in JSON, apart from rows: objects with known members, ids, stamps.
#pragma once

#include <syncfw/codec/detail/json_foreign.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/core/stamp.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/sync/messages.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace syncfw::detail::json {

// --- writing
// --------------------------------------------------------------------------------------

// A text that came in binary may be none. What JSON can't hold is shown as question marks.
[[nodiscard]] inline std::string fit_text(std::string_view text) {
    std::string fit(text);
    const char* at = fit.data();
    const char* const end = at + fit.size();
    while ((at = find_invalid_text(at, end)) != end)
        fit[static_cast<std::size_t>(at - fit.data())] = '?';
    return fit;
}

/// Writes one object, member by member.
class object_writer {
  public:
    explicit object_writer(buffer& out) : out_(out) { out_.append("{"); }
    object_writer(const object_writer&) = delete;
    object_writer& operator=(const object_writer&) = delete;

    /// The name; whoever calls it writes the value.
    buffer& member(std::string_view name) {
        out_.append(is_first_ ? "\"" : ",\"");
        out_.append(name);
        out_.append("\":");
        is_first_ = false;
        return out_;
    }
    template <class V>
    void put(std::string_view name, const V& v) {
        member(name);
        out_.set_end(json::put(out_.room(bound(v)), v));
    }
    void text(std::string_view name, std::string_view v) {
        member(name);
        const std::string fit = fit_text(v);
        out_.set_end(
            put_text(out_.room(bound_text(fit.data(), fit.size())), fit.data(), fit.size()));
    }
    /// 16 hexadecimal digits, since scripts have no numbers of 64 bits.
    void word(std::string_view name, std::uint64_t v) {
        member(name);
        out_.set_end(put_replica(out_.room(replica_id::text_size + 2), replica_id(v)));
    }
    void ids(std::string_view name, const std::vector<uuid>& v) {
        if (!v.empty()) put(name, v);
    }
    void end() { out_.append("}"); }

  private:
    buffer& out_;
    bool is_first_ = true;
};

// `2026-11-20T21:34:00.123000Z`, and `#7` where it is not the first of its millisecond. What no
// calendar has is 16 hexadecimal digits.
[[nodiscard]] inline std::string stamp_text(std::uint64_t value) {
    const stamp s(value, {});
    const auto last = static_cast<std::uint64_t>(timestamp::max().milliseconds_since_epoch());
    if (s.milliseconds() > last) return to_string(replica_id(value));
    std::string text = to_string(s.moment());
    if (s.count() != 0) text += '#' + std::to_string(s.count());
    return text;
}

inline void put_stamp(object_writer& out, std::string_view name, const stamp& s) {
    object_writer both(out.member(name));
    both.text("at", stamp_text(s.value()));
    both.word("by", s.origin().value());
    both.end();
}

inline void append_foreign_fields(buffer& out, const std::vector<foreign_field>& fields) {
    out.append("[");
    for (const foreign_field& each : fields) {
        if (&each != fields.data()) out.append(",");
        object_writer one(out);
        one.text("field", each.item);
        buffer value;
        if (append_foreign(value, each.item, each.bytes))
            one.member("value").append(value.view());
        else
            one.put("base64", to_blob(each.bytes));
        one.end();
    }
    out.append("]");
}

// --- reading ---------------------------------------------------------------------------------

/// The members of an object that has these and no others, each once at most: calls
/// `read(place of the name, in)`. `seen` tells which there were.
template <class Read>
const char* get_known_members(const char* in, reader& r, std::span<const std::string_view> names,
                              std::uint32_t& seen, Read&& read) {
    return get_each_member(in, r, [&](std::string_view name, const char* at, const char* start) {
        std::size_t i = 0;
        while (i < names.size() && names[i] != name) ++i;
        if (i == names.size()) {
            const std::string shown = fit_text(name.substr(0, 63));
            fail(r, start, errc::unknown_field, "there is no such member");
            return in_member(r, shown);
        }
        if ((seen >> i & 1) != 0) {
            fail(r, start, errc::duplicate_field, "the member comes twice");
            return in_member(r, names[i]);
        }
        seen |= std::uint32_t{1} << i;
        at = read(i, at);
        return at != nullptr ? at : in_member(r, names[i]);
    });
}

inline const char* fail_missing(reader& r, const char* at, std::string_view name,
                                const char* why = "it is missing") {
    fail(r, at, errc::missing_field, why);
    return in_member(r, name);
}

inline const char* get_protocol(const char* in, reader& r) {
    const char* const start = in;
    std::int64_t version = 0;
    in = get_integer(in, r, version);
    if (in == nullptr || version == protocol_version) return in;
    return fail(r, start, errc::unsupported_format,
                "this side speaks version " + std::to_string(protocol_version));
}

inline const char* get_word(const char* in, reader& r, std::uint64_t& v) {
    replica_id word;
    in = get_replica(in, r, word);
    if (in != nullptr) v = word.value();
    return in;
}

inline const char* get_ids(const char* in, reader& r, std::vector<uuid>& ids) {
    ids.clear();
    return get_array(in, r, [&](const char* at, std::size_t i) {
        if (i == conflicts_max)
            return fail(r, at, errc::too_large,
                        "there are more than " + std::to_string(conflicts_max));
        return get(at, r, ids.emplace_back());
    });
}

[[nodiscard]] inline bool parse_stamp(std::string_view text, std::uint64_t& value) {
    replica_id word;
    if (replica_id::parse(text, word)) return value = word.value(), true;
    const std::size_t mark = text.find('#');
    timestamp at;
    if (!timestamp::parse(text.substr(0, mark), at) || at < timestamp()) return false;
    std::uint16_t count = 0;
    if (mark != std::string_view::npos) {
        const char* const end = text.data() + text.size();
        const auto read = std::from_chars(text.data() + mark + 1, end, count);
        if (read.ec != std::errc() || read.ptr != end) return false;
    }
    value = static_cast<std::uint64_t>(at.milliseconds_since_epoch()) << 16 | count;
    return true;
}
inline const char* get_stamp_value(const char* in, reader& r, std::uint64_t& value) {
    return get_parsed(in, r, "a time from 1970 on, as 2026-11-20T21:34:00.123Z",
                      [&](std::string_view text) { return parse_stamp(text, value); });
}
inline const char* get_stamp(const char* in, reader& r, stamp& s) {
    constexpr std::string_view names[] = {"at", "by"};
    std::uint64_t value = 0, origin = 0;
    std::uint32_t seen = 0;
    in = get_known_members(in, r, names, seen, [&](std::size_t i, const char* at) {
        return i == 0 ? get_stamp_value(at, r, value) : get_word(at, r, origin);
    });
    s = stamp(value, replica_id(origin));
    return in;
}

[[gnu::cold]] inline const char* fail_name(const char* at, reader& r,
                                           std::span<const std::string_view> names) {
    std::string all = "one of";
    for (const std::string_view each : names) all.append(" \"").append(each).append("\"");
    return fail_expected(r, at, all.c_str(), errc::invalid_value);
}
template <class Enum, std::size_t N>
const char* get_name_of(const char* in, reader& r, const std::string_view (&names)[N], Enum& v) {
    const char* const start = in;
    std::string_view text;
    if (in == r.end || *in != '"') return fail_name(in, r, names);
    in = get_text(in + 1, r, text, r.scratch);
    if (in == nullptr) return nullptr;
    for (std::size_t i = 0; i < N; ++i)
        if (names[i] == text) return v = static_cast<Enum>(i), in;
    return fail_name(start, r, names);
}

// A value by its type's text, which stands beside it.
inline const char* get_foreign_value(const char* in, reader& r, std::string_view item,
                                     std::string& bytes) {
    const std::string_view type = foreign_type_in(item);
    if (type.empty())
        return fail(r, in, errc::unsupported_format, "its field has a type that is unknown here");
    buffer out;
    in = foreign_to_binary(in, r, type, out);
    if (in != nullptr) bytes = out.view();
    return in;
}

inline const char* get_foreign_field(const char* in, reader& r, foreign_field& to) {
    constexpr std::string_view names[] = {"field", "value", "base64"};
    const char* const start = in;
    const char* value = nullptr;
    std::uint32_t seen = 0;
    in = get_known_members(in, r, names, seen, [&](std::size_t i, const char* at) {
        if (i == 0) return get_string(at, r, to.item);
        if (i == 1) return skip_value(value = at, r);
        return get_parsed(at, r, "base64",
                          [&](std::string_view text) { return read_base64(text, to.bytes); });
    });
    if (in == nullptr) return nullptr;
    if ((seen & 1) == 0 || seen == 1 || seen == 7)
        return fail(r, start, errc::missing_field,
                    "it needs its \"field\", and either its \"value\" or its \"base64\"");
    if (value == nullptr) return in;
    ++r.depth;
    if (get_foreign_value(value, r, to.item, to.bytes) == nullptr) return in_member(r, "value");
    --r.depth;
    return in;
}

inline const char* get_foreign_fields(const char* in, reader& r,
                                      std::vector<foreign_field>& fields) {
    return get_array(in, r, [&](const char* at, std::size_t) {
        if (fields.size() == field_mask::fields_max)
            return fail(r, at, errc::too_large, "no row has so many fields");
        return get_foreign_field(at, r, fields.emplace_back());
    });
}

}  // namespace syncfw::detail::json
