// SPDX-License-Identifier: BSL-1.0
// Chance that a seed decides: the same on every machine and with every standard library.
#pragma once

#include <syncfw/core/blob.hpp>
#include <syncfw/core/counter.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/core/sync_status.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/entity.hpp>
#include <syncfw/entity/field_mask.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw::testing {

/// SplitMix64 (Steele, Lea, Flood).
class random_source {
  public:
    explicit random_source(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t next() noexcept {
        state_ += 0x9e37'79b9'7f4a'7c15;
        std::uint64_t z = state_;
        z = (z ^ z >> 30) * 0xbf58'476d'1ce4'e5b9;
        z = (z ^ z >> 27) * 0x94d0'49bb'1331'11eb;
        return z ^ z >> 31;
    }
    /// From 0 to n - 1.
    std::uint64_t below(std::uint64_t n) noexcept { return n == 0 ? 0 : next() % n; }
    /// In so many of a thousand cases.
    bool chance(std::uint64_t thousandths) noexcept { return below(1'000) < thousandths; }

  private:
    std::uint64_t state_;
};

namespace detail {

template <class V>
void randomise(V& value, random_source& random);

inline std::string random_text(random_source& random) {
    static constexpr const char* pieces[] = {
        "a",  "Zz", "\xC3\xA9",         "'", "\"",  "\\", " ",
        "\n", "%",  "\xF0\x9F\x93\x9A", "0", ";--", "{}", "\xE2\x80\xAE"};
    std::string text;
    for (std::uint64_t left = random.below(6); left > 0; --left)
        text += pieces[random.below(std::size(pieces))];
    return text;
}

template <class V>
void randomise_enum(V& value, random_source& random) {
    std::vector<V> all;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<V>>(
        [&](auto each) { all.push_back(each.value); });
    if (!all.empty()) value = all[random.below(all.size())];
}

template <class V>
void randomise(V& value, random_source& random) {
    if constexpr (std::is_same_v<V, bool>) {
        value = random.chance(500);
    } else if constexpr (std::is_same_v<V, sync_status>) {
        value = static_cast<sync_status>(random.below(4));
    } else if constexpr (std::is_enum_v<V>) {
        randomise_enum(value, random);
    } else if constexpr (std::is_integral_v<V>) {
        value = static_cast<V>(random.below(100));
    } else if constexpr (std::is_floating_point_v<V>) {
        value = static_cast<V>(random.below(1'000)) / 4;
    } else if constexpr (std::is_same_v<V, std::string>) {
        value = random_text(random);
    } else if constexpr (std::is_same_v<V, timestamp>) {
        value = timestamp::from_microseconds(
            static_cast<std::int64_t>(random.below(4'000'000'000'000'000)));
    } else if constexpr (std::is_same_v<V, uuid>) {
        std::array<std::uint8_t, 16> bytes{};
        for (std::uint8_t& each : bytes) each = static_cast<std::uint8_t>(random.next());
        value = make_uuid_v4(bytes);
    } else if constexpr (std::is_same_v<V, counter>) {
        value += static_cast<std::int64_t>(random.below(9)) - 3;
    } else if constexpr (std::is_same_v<V, document>) {
        value = document::object({{"n", static_cast<std::int64_t>(random.below(10))}});
    } else if constexpr (std::is_same_v<V, blob>) {
        value.assign(random.below(4), static_cast<std::byte>(random.below(256)));
    } else if constexpr (requires {
                             value.has_value();
                             typename V::value_type;
                         }) {
        if (random.chance(300)) return value.reset();
        typename V::value_type inner{};
        randomise(inner, random);
        value = std::move(inner);
    } else if constexpr (requires { value.attribute_to(replica_id()); }) {
        typename V::value_type element{};
        randomise(element, random);
        if (random.chance(300))
            value.erase(element);
        else
            value.insert(std::move(element));
    } else if constexpr (requires {
                             value.resize(1);
                             typename V::value_type;
                         }) {
        value.resize(random.below(4));
        for (auto&& each : value) randomise(each, random);
    }
}

template <class V>
void set_key_part(V& value, std::uint64_t index) {
    if constexpr (std::is_same_v<V, uuid>) {
        std::array<std::uint8_t, 16> bytes{};
        bytes[15] = static_cast<std::uint8_t>(index);
        bytes[14] = static_cast<std::uint8_t>(index >> 8);
        value = make_uuid_v4(bytes);
    } else if constexpr (std::is_same_v<V, std::string>) {
        value = "key " + std::to_string(index);
    } else if constexpr (std::is_enum_v<V>) {
        random_source random(index);
        randomise_enum(value, random);
    } else if constexpr (std::is_same_v<V, timestamp>) {
        value = timestamp::from_microseconds(static_cast<std::int64_t>(index));
    } else if constexpr (std::is_integral_v<V>) {
        value = static_cast<V>(index);
    }
}

}  // namespace detail

/// Gives the value the key of this number.
template <class T>
void set_key(T& value, std::uint64_t index) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        const auto set = [&]<std::size_t Place>(std::integral_constant<std::size_t, Place>) {
            if constexpr (entity_of<T>.fields[Place].has(meaning::primary_key))
                detail::set_key_part(syncfw::detail::member_at<Place>(value), index);
        };
        (set(std::integral_constant<std::size_t, I>()), ...);
    }(std::make_index_sequence<syncfw::detail::member_count<T>>());
}

/// Other values for these of its fields.
template <class T>
void randomise_fields(T& value, const field_mask& which, random_source& random) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        ((which.test(I) ? detail::randomise(syncfw::detail::member_at<I>(value), random) : void()),
         ...);
    }(std::make_index_sequence<syncfw::detail::member_count<T>>());
}

}  // namespace syncfw::testing
