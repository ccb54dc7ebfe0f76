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

template <class T, route Way, class Cipher>
result<void> append_sealed_object(buffer& out, const T& row, const Cipher& cipher) {
    using keys = entity_object<T, Way>;
    result<void> done;
    bool is_first = true;
    with_members(row, [&](const auto&... m) {
        const auto append = [&]<std::size_t I>(const auto& v) {
            if (!keys::travelling.test(I)) return true;
            constexpr std::string_view key = key_text<keys::names>(I);
            out.append(is_first ? "{" : ",");
            out.append(key.substr(1));
            is_first = false;
            if constexpr (keys::cipher(I) != encryption::none)
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

// Reads encrypted members of T.
template <class T, class Cipher>
struct sealed_by {
    const Cipher& cipher;

    template <std::size_t I, class V>
    const char* get(const char* in, reader& r, V& v) const {
        if constexpr (is_nullable<V>) {
            v.reset();
            if (take_word(in, r, "null")) return in;
            return get<I>(in, r, v.emplace());
        } else {
            const char* const start = in;
            std::string sealed, content;
            in = get_parsed(in, r, "base64 of a ciphertext",
                            [&](std::string_view t) { return read_base64(t, sealed); });
            if (in == nullptr) return nullptr;
            if (!cipher.open(binary::label_of<T, I>(), sealed, content))
                return fail(r, start, errc::invalid_value, "the ciphertext does not open");
            if (!binary::take_content(std::move(content), v))
                return fail(r, start, errc::invalid_value, "the content is no text");
            return in;
        }
    }
};

}  // namespace syncfw::detail::json
