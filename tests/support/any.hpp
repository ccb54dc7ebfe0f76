// SPDX-License-Identifier: BSL-1.0
// Generators of random values of every field type, and so of every entity: `any<book>()`.
#pragma once

#include "everything.hpp"
#include <syncfw/core/document.hpp>
#include <syncfw/entity/detail/reflect.hpp>
#include <syncfw/entity/value_traits.hpp>

#include <rapidcheck.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tests {

/// Whether reals may be NaN or infinite, which JSON has no text for.
enum class reals { any, finite };

inline void append_utf8(std::string& out, std::uint32_t code) {
    const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
        add(code);
    } else if (code < 0x800) {
        add(0xC0 | code >> 6), add(0x80 | (code & 0x3F));
    } else if (code < 0x1'0000) {
        add(0xE0 | code >> 12), add(0x80 | (code >> 6 & 0x3F)), add(0x80 | (code & 0x3F));
    } else {
        add(0xF0 | code >> 18), add(0x80 | (code >> 12 & 0x3F));
        add(0x80 | (code >> 6 & 0x3F)), add(0x80 | (code & 0x3F));
    }
}

/// Any Unicode but NUL, in all lengths of UTF-8.
inline rc::Gen<std::uint32_t> any_character() {
    return rc::gen::weightedOneOf<std::uint32_t>(
        {{8, rc::gen::inRange<std::uint32_t>(' ', 0x7F)},
         {2, rc::gen::inRange<std::uint32_t>(1, 0x80)},
         {1, rc::gen::element<std::uint32_t>('"', '\\', '/', 0x7F, 0xFEFF, 0xFFFD, 0x2028)},
         {1, rc::gen::inRange<std::uint32_t>(0x80, 0x800)},
         {1, rc::gen::inRange<std::uint32_t>(0x800, 0xD800)},
         {1, rc::gen::inRange<std::uint32_t>(0xE000, 0x1'0000)},
         {1, rc::gen::inRange<std::uint32_t>(0x1'0000, 0x11'0000)}});
}

inline rc::Gen<std::string> any_text() {
    const auto short_text =
        rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(any_character()),
                     [](const std::vector<std::uint32_t>& characters) {
                         std::string text;
                         for (const std::uint32_t each : characters) append_utf8(text, each);
                         return text;
                     });
    const auto long_text = rc::gen::apply(
        [](const std::string& part, std::size_t count) {
            std::string text;
            for (std::size_t i = 0; i < count; ++i) text += part;
            return text;
        },
        short_text, rc::gen::inRange<std::size_t>(0, 200));
    return rc::gen::weightedOneOf<std::string>(
        {{1, rc::gen::just(std::string())}, {8, short_text}, {1, long_text}});
}

template <class V>
rc::Gen<V> any_integer() {
    using limits = std::numeric_limits<V>;
    return rc::gen::weightedOneOf<V>({{4, rc::gen::arbitrary<V>()},
                                      {1, rc::gen::element<V>(limits::min(), limits::max(), 0, 1)},
                                      {2, rc::gen::inRange<V>(0, 120)}});
}

template <class V>
rc::Gen<V> any_real(reals which) {
    using limits = std::numeric_limits<V>;
    const auto ordinary =
        rc::gen::map(rc::gen::arbitrary<V>(), [](V v) { return std::isfinite(v) ? v : V{0}; });
    const auto finite = rc::gen::element<V>(V{0}, -V{0}, V(0.1), limits::min(), limits::max(),
                                            limits::lowest(), limits::denorm_min(), V(1e15));
    if (which == reals::finite) return rc::gen::oneOf(ordinary, finite);
    return rc::gen::oneOf(ordinary, finite,
                          rc::gen::element<V>(limits::infinity(), -limits::infinity(),
                                              limits::quiet_NaN(), -limits::quiet_NaN()));
}

inline syncfw::document make_document(int depth) {
    using syncfw::document;
    switch (*rc::gen::inRange(0, depth > 3 ? 5 : 7)) {
        case 0: return nullptr;
        case 1: return *rc::gen::arbitrary<bool>();
        case 2: return *any_integer<std::int64_t>();
        case 3: return *any_real<double>(reals::finite);
        case 4: return *any_text();
        case 5: {
            document made = document::array();
            for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
                made.push_back(make_document(depth + 1));
            return made;
        }
        default: {
            document made = document::object();
            for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
                made.set(*any_text(), make_document(depth + 1));
            return made;
        }
    }
}

template <class V>
rc::Gen<V> any(reals which = reals::any);

template <class V>
V make_set(reals which) {
    V made;
    for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
        const auto value = *any<typename V::value_type>(which);
        made.insert(value);
        if (*rc::gen::inRange(0, 4) == 0) made.erase(value);
        if (*rc::gen::inRange(0, 2) == 0)
            made.attribute_to(syncfw::replica_id(*rc::gen::inRange<std::uint64_t>(1, 4)));
    }
    return made;
}

inline syncfw::counter make_counter() {
    syncfw::counter made;
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
        made.add(syncfw::replica_id(*rc::gen::inRange<std::uint64_t>(0, 4)),
                 *any_integer<std::int64_t>());
    return made;
}

template <class V>
V make(reals which) {
    using enum syncfw::detail::value_shape;
    constexpr auto shape = syncfw::detail::shape_v<V>;
    using inner = syncfw::detail::inner_t<V>;
    if constexpr (shape == uuid) {
        return syncfw::uuid(*rc::gen::arbitrary<std::array<std::uint8_t, 16>>());
    } else if constexpr (shape == timestamp) {
        return V::from_microseconds(*any_integer<std::int64_t>());
    } else if constexpr (shape == enumeration) {
        const auto& all = syncfw::detail::enumerators<V>;
        return all[*rc::gen::inRange<std::size_t>(0, all.size())].value;
    } else if constexpr (shape == optional) {
        return *rc::gen::inRange(0, 3) == 0 ? V() : V(*any<inner>(which));
    } else if constexpr (shape == vector || shape == bytes) {
        V made;
        for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
            if constexpr (shape == bytes)
                made.push_back(static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>()));
            else
                made.push_back(*any<inner>(which));
        }
        return made;
    } else if constexpr (shape == set) {
        return make_set<V>(which);
    } else if constexpr (shape == counter) {
        return make_counter();
    } else if constexpr (shape == document) {
        return make_document(0);
    } else if constexpr (shape == secret) {
        return V(*any<inner>(which));
    } else if constexpr (std::is_same_v<V, isbn>) {
        return isbn(std::to_string(*rc::gen::inRange<std::int64_t>(0, 9'999'999'999'999)));
    } else if constexpr (shape == custom) {
        using stored = typename syncfw::value_traits<V>::storage_type;
        return syncfw::value_traits<V>::from_storage(*any<stored>(which)).value();
    } else {
        V made{};
        syncfw::detail::with_members(
            made, [&](auto&... m) { ((m = *any<std::remove_cvref_t<decltype(m)>>(which)), ...); });
        return made;
    }
}

/// Any value that a field of this type may have; also a whole struct or entity.
template <class V>
rc::Gen<V> any(reals which) {
    using enum syncfw::detail::value_shape;
    constexpr auto shape = syncfw::detail::shape_v<V>;
    if constexpr (shape == boolean)
        return rc::gen::arbitrary<bool>();
    else if constexpr (shape == integer)
        return any_integer<V>();
    else if constexpr (shape == real)
        return any_real<V>(which);
    else if constexpr (shape == text)
        return any_text();
    else
        return rc::gen::exec([which] { return make<V>(which); });
}

}  // namespace tests
