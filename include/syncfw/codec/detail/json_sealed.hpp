// SPDX-License-Identifier: BSL-1.0
// Encrypted fields in JSON: base64 of the ciphertext, null for an optional without value.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/detail/binary_rows.hpp>
#include <syncfw/codec/detail/json_read.hpp>
#include <syncfw/codec/detail/json_write.hpp>

#include <string>
#include <utility>

namespace syncfw::detail::json {

template <class V, class Cipher>
result<void> append_sealed(buffer& out, const V& v, const sealed_field& label,
                           const Cipher& cipher) {
    if constexpr (is_nullable<V>) {
        if (!v) return out.append("null"), result<void>();
    }
    std::string sealed;
    if (auto done = cipher.seal(label, binary::content_of(v), sealed); !done) return done;
    char* const end = out.room(base64_size(sealed.size()) + 2);
    out.set_end(put_base64(end, sealed.data(), sealed.size()));
    return {};
}

/// Those of the fields that travel this way.
template <class T, route Way, class Cipher>
result<void> append_sealed_fields(buffer& out, const T& row, const field_mask& which,
                                  const Cipher& cipher) {
    using keys = entity_object<T, Way>;
    result<void> done;
    bool is_first = true;
    with_members(row, [&](const auto&... m) {
        const auto append = [&]<std::size_t I>(const auto& v) {
            if (!keys::travelling.test(I) || !which.test(I)) return true;
            constexpr std::string_view key = key_texts<keys>[I];
            out.append(is_first ? "{" : ",");
            out.append(key.substr(1));
            is_first = false;
            if constexpr (entity_of<T>.fields[I].cipher != encryption::none)
                done = append_sealed(out, v, binary::label_of<T, I>(), cipher);
            else
                out.set_end(put(out.room(bound(v)), v));
            return done.has_value();
        };
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (void)(append.template operator()<I>(m) && ...);
        }(std::make_index_sequence<sizeof...(m)>());
    });
    if (is_first) out.append("{");
    out.append("}");
    return done;
}
template <class T, route Way, class Cipher>
result<void> append_sealed_object(buffer& out, const T& row, const Cipher& cipher) {
    return append_sealed_fields<T, Way>(out, row, entity_object<T, Way>::travelling, cipher);
}

// Stands for an encrypted member while it is read.
template <class V, class Cipher>
struct sealed_member {
    V& value;
    sealed_field label;
    const Cipher& cipher;
};

[[gnu::cold]] inline std::string why_not_opened(const sealed_field& label, const error& why) {
    return std::string(label.entity).append(".").append(label.field) +
           " does not open: " + why.message;
}

template <class V, class Cipher>
const char* get_content(const char* in, reader& r, V& v, const sealed_member<V, Cipher>& m) {
    const char* const start = in;
    std::string sealed, content;
    in = get_parsed(in, r, "base64 of a ciphertext",
                    [&](std::string_view t) { return read_base64(t, sealed); });
    if (in == nullptr) return nullptr;
    if (auto opened = m.cipher.open(m.label, sealed, content); !opened)
        return fail(r, start, errc::invalid_value, why_not_opened(m.label, opened.error()));
    if (!binary::take_content(std::move(content), v))
        return fail(r, start, errc::invalid_value, "the content is no text");
    return in;
}

template <class V, class Cipher>
const char* get_value(const char* in, reader& r, sealed_member<V, Cipher>& m) {
    if constexpr (is_nullable<V>) {
        m.value.reset();
        if (take_word(in, r, "null")) return in;
        inner_t<V>& inside = m.value.emplace();
        return get_content(in, r, inside,
                           sealed_member<inner_t<V>, Cipher>{inside, m.label, m.cipher});
    } else {
        return get_content(in, r, m.value, m);
    }
}

template <class T, class Cipher>
struct sealed_by {
    const Cipher& cipher;

    template <std::size_t I, class V>
    decltype(auto) at(V& v) const {
        if constexpr (entity_of<T>.fields[I].cipher != encryption::none)
            return sealed_member<V, Cipher>{v, binary::label_of<T, I>(), cipher};
        else
            return (v);
    }

    const char* get_at(const char* in, reader& r, T& row, std::size_t place) const {
        with_placed_members(row, [&]<std::size_t... I>(std::index_sequence<I...>, auto&... m) {
            const auto read = [&](auto&& member) {
                in = get_value(in, r, member);
                return true;
            };
            (void)((I == place && read(at<I>(m))) || ...);
        });
        return in;
    }
};

}  // namespace syncfw::detail::json
