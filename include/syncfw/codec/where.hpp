// SPDX-License-Identifier: BSL-1.0
// The bytes of a condition that travels; query/filter.hpp has what it means, and `check` has to
// see what was decoded before anything is done with it.
//
//     std::string text = json::encode_filter(to_filter(where(field<&book::pages> > 300)));
//     result<filter> received = json::decode_filter(text);
//     result<checked_filter> ours = check<book>(*received);
#pragma once

#include <syncfw/codec/binary.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/query/filter.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace syncfw {

/// A value of a condition, as JSON and binary have it. Uuids and times are texts, as everywhere in
/// JSON; `check` knows from the field which texts are which. Bytes are `{"base64": "…"}`.
template <>
struct value_traits<value> {
    using storage_type = document;

    static document to_storage(const value& v) {
        if (v.is_null) return nullptr;
        switch (v.kind) {
            case value_kind::boolean: return v.integer != 0;
            case value_kind::integer: return v.integer;
            case value_kind::real: return v.real;
            case value_kind::uuid: return uuid_text(v.text);
            case value_kind::timestamp: return to_string(timestamp::from_microseconds(v.integer));
            case value_kind::bytes: return document::object({{"base64", base64(v.text)}});
            default: return v.text;
        }
    }
    static result<value> from_storage(const document& d) {
        if (d.is_null()) return value();
        if (const auto* flag = d.boolean()) return value::of(*flag);
        if (const auto* integer = d.integer()) return value::of(*integer);
        if (const auto* real = d.real()) return value::of(*real);
        if (const auto* text = d.text()) return value::of(*text);
        const document* coded = d.members() != nullptr ? d.find("base64") : nullptr;
        value v{value_view{.kind = value_kind::bytes, .is_null = false}};
        if (coded != nullptr && coded->text() != nullptr &&
            detail::read_base64(*coded->text(), v.text))
            return v;
        return error{.code = errc::type_mismatch,
                     .message =
                         "a condition's value is null, true or false, a number, a text or "
                         "{\"base64\": …}"};
    }

  private:
    static std::string uuid_text(std::string_view bytes) {
        std::array<std::uint8_t, 16> id{};
        std::memcpy(id.data(), bytes.data(), bytes.size() < 16 ? bytes.size() : 16);
        return to_string(uuid(id));
    }
    static std::string base64(std::string_view bytes) {
        std::string text(detail::base64_size(bytes.size()), '\0');
        detail::write_base64(text.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                             bytes.size());
        return text;
    }
};

/// More than any filter within `query_limits` that a person or program would write.
inline constexpr std::size_t filter_size_max = 256 * 1024;

// Templates, so that programs that send no conditions don't compile these codecs.

namespace json {

template <std::same_as<filter> Filter>
[[nodiscard]] std::string encode_filter(const Filter& f) {
    buffer out;
    out.set_end(detail::json::put(out.room(detail::json::bound(f)), f));
    return std::string(out.view());
}

template <std::same_as<filter> Filter = filter>
[[nodiscard]] result<Filter> decode_filter(std::string_view text) {
    const options rules{.unknown = members::refused, .depth_max = 8, .size_max = filter_size_max};
    return detail::json::decode_value<Filter>(text, rules, "filter");
}

}  // namespace json

namespace binary {

template <std::same_as<filter> Filter>
[[nodiscard]] std::string encode_filter(const Filter& f) {
    buffer out;
    out.set_end(detail::binary::put(out.room(detail::binary::bound(f)), f));
    return std::string(out.view());
}

template <std::same_as<filter> Filter = filter>
[[nodiscard]] result<Filter> decode_filter(std::string_view bytes) {
    const auto refuse = [](errc code, std::string message) {
        return error{.code = code, .message = std::move(message), .entity = "filter"};
    };
    if (bytes.size() > filter_size_max) return refuse(errc::too_large, "it is over 256 KiB");
    detail::binary::decoder d{bytes.data(), bytes.data() + bytes.size()};
    Filter f;
    const char* const end = detail::binary::get(bytes.data(), d, f);
    if (end == nullptr)
        return refuse(d.code, std::string("expected ") + d.expected + " at byte " +
                                  std::to_string(d.at - d.begin));
    if (end != d.end) return refuse(errc::trailing_data, "bytes follow the filter");
    return f;
}

}  // namespace binary
}  // namespace syncfw
