// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/result.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace syncfw {

/// What a document is, in the order of its alternatives.
enum class document_kind : unsigned char { null, boolean, integer, real, text, array, object };

/// A JSON value whose shape the schema doesn't know. It has one canonical form, so that equal
/// contents are equal documents, whatever stores and texts they went through:
///
/// - an object's members are unique and sorted by the bytes of their keys;
/// - integers are 64-bit signed, reals are finite doubles and -0.0 is 0.0;
/// - the integer 1 and the real 1.0 are *different*: stores and the wire keep the kind.
///
/// Its decoders allow a depth of 64; every operation here recurses that deep.
///
///     document settings = document::object({{"theme", "dark"}, {"sizes", document::array(1, 2)}});
///     settings.set("beta", true);
///     if (const std::string* theme = settings.find("theme")->text()) use(*theme);
class document {
  public:
    struct member;

    document() noexcept;
    document(std::nullptr_t) noexcept;

    // The templates take exactly their kind: no pointer becomes a boolean, no character a number.
    template <std::same_as<bool> Boolean>
    document(Boolean value) noexcept : document(std::in_place, value) {}

    /// An unsigned number above the largest `std::int64_t` is a programming mistake.
    template <std::integral Integer>
        requires(!std::same_as<Integer, bool> && !std::same_as<Integer, char> &&
                 !std::same_as<Integer, wchar_t> && !std::same_as<Integer, char8_t> &&
                 !std::same_as<Integer, char16_t> && !std::same_as<Integer, char32_t>)
    document(Integer value) noexcept : document(std::in_place, static_cast<std::int64_t>(value)) {
        SYNCFW_ASSERT(std::in_range<std::int64_t>(value),
                      "a document's integers are 64-bit signed");
    }

    /// Infinities and NaN are a programming mistake: JSON has no text for them.
    template <std::floating_point Real>
    document(Real value) noexcept : document(std::in_place, static_cast<double>(value) + 0.0) {
        SYNCFW_ASSERT(*real() - *real() == 0.0, "a document's reals are finite");
    }

    document(std::string text) noexcept;
    document(std::string_view text);
    document(const char* text);

    document(const document& other);
    /// The source becomes null.
    document(document&& other) noexcept;
    document& operator=(const document& other);
    document& operator=(document&& other) noexcept;
    ~document();

    /// `document::array(1, "two", nullptr)`: the elements in this order.
    template <std::convertible_to<document>... Elements>
    [[nodiscard]] static document array(Elements&&... elements);
    [[nodiscard]] static document array_of(std::vector<document> elements) noexcept;

    /// `document::object({{"a", 1}, {"b", 2}})`, in any order. The same key twice is a programming
    /// mistake.
    [[nodiscard]] static document object(std::initializer_list<member> members = {});
    /// The same for decoders, in n log n: fails with `errc::duplicate_field`, naming the key.
    [[nodiscard]] static result<document> object_of(std::vector<member> members);

    [[nodiscard]] document_kind kind() const noexcept {
        return static_cast<document_kind>(value_.index());
    }
    [[nodiscard]] bool is_null() const noexcept { return kind() == document_kind::null; }

    // The value, when it is of this kind; nullptr when it is of another.
    [[nodiscard]] const bool* boolean() const noexcept { return std::get_if<bool>(&value_); }
    [[nodiscard]] const std::int64_t* integer() const noexcept {
        return std::get_if<std::int64_t>(&value_);
    }
    [[nodiscard]] const double* real() const noexcept { return std::get_if<double>(&value_); }
    [[nodiscard]] const std::string* text() const noexcept {
        return std::get_if<std::string>(&value_);
    }
    [[nodiscard]] std::string* text() noexcept { return std::get_if<std::string>(&value_); }
    [[nodiscard]] const std::vector<document>* elements() const noexcept {
        return std::get_if<std::vector<document>>(&value_);
    }
    [[nodiscard]] std::vector<document>* elements() noexcept {
        return std::get_if<std::vector<document>>(&value_);
    }
    /// Sorted by key. Only their values can be changed, through `find` and `set`.
    [[nodiscard]] const std::vector<member>* members() const noexcept {
        return std::get_if<std::vector<member>>(&value_);
    }

    /// An object's member of this key; nullptr when there is none, or this is no object.
    [[nodiscard]] const document* find(std::string_view key) const noexcept;
    [[nodiscard]] document* find(std::string_view key) noexcept {
        return const_cast<document*>(std::as_const(*this).find(key));
    }

    /// Adds or replaces a member. Null becomes an object; another kind is a programming mistake.
    document& set(std::string key, document value);
    /// Whether there was such a member.
    bool erase(std::string_view key) noexcept;
    /// Appends an element. Null becomes an array; another kind is a programming mistake.
    document& push_back(document element);

    friend bool operator==(const document& left, const document& right) noexcept;

  private:
    using alternatives = std::variant<std::monostate, bool, std::int64_t, double, std::string,
                                      std::vector<document>, std::vector<member>>;

    document(std::in_place_t, bool value) noexcept;
    document(std::in_place_t, std::int64_t value) noexcept;
    document(std::in_place_t, double value) noexcept;

    /// Where the key stands or would stand.
    [[nodiscard]] static std::size_t place_of(const std::vector<member>& members,
                                              std::string_view key) noexcept;

    alternatives value_;
};

/// One key of an object and its value.
struct document::member {
    std::string key;
    document value;

    [[nodiscard]] friend bool operator==(const member&, const member&) noexcept = default;
};

// Out here, because only now is a member complete.
inline document::document() noexcept : value_() {}
inline document::document(std::nullptr_t) noexcept : value_() {}
inline document::document(std::in_place_t, bool value) noexcept : value_(value) {}
inline document::document(std::in_place_t, std::int64_t value) noexcept : value_(value) {}
inline document::document(std::in_place_t, double value) noexcept : value_(value) {}
inline document::document(std::string text) noexcept : value_(std::move(text)) {}
inline document::document(std::string_view text) : value_(std::string(text)) {}
inline document::document(const char* text) : value_(std::string(text)) {}
inline document::document(const document&) = default;
inline document::document(document&& other) noexcept : value_(std::move(other.value_)) {
    other.value_.emplace<std::monostate>();
}
inline document& document::operator=(const document& other) {
    return *this = document(other);  // A copy first: `other` may be a part of this.
}
inline document& document::operator=(document&& other) noexcept {
    document taken(std::move(other));  // In case that `other` is a part of this, or this.
    value_ = std::move(taken.value_);
    return *this;
}
inline document::~document() = default;

inline bool operator==(const document& left, const document& right) noexcept {
    return left.value_ == right.value_;
}

template <std::convertible_to<document>... Elements>
document document::array(Elements&&... elements) {
    std::vector<document> all;
    all.reserve(sizeof...(elements));
    (all.emplace_back(std::forward<Elements>(elements)), ...);
    return array_of(std::move(all));
}

inline document document::array_of(std::vector<document> elements) noexcept {
    document made;
    made.value_ = std::move(elements);
    return made;
}

inline document document::object(std::initializer_list<member> members) {
    result<document> made = object_of(members);
    SYNCFW_ASSERT(made.has_value(), "an object's keys are unique");
    return std::move(*made);
}

inline result<document> document::object_of(std::vector<member> members) {
    const auto by_key = [](const member& a, const member& b) { return a.key < b.key; };
    if (!std::is_sorted(members.begin(), members.end(), by_key))
        std::sort(members.begin(), members.end(), by_key);
    const auto twin =
        std::adjacent_find(members.begin(), members.end(),
                           [](const member& a, const member& b) { return a.key == b.key; });
    if (twin != members.end())
        return error{.code = errc::duplicate_field,
                     .message = "the object has this member twice",
                     .field = std::move(twin->key)};
    document made;
    made.value_ = std::move(members);
    return made;
}

inline std::size_t document::place_of(const std::vector<member>& members,
                                      std::string_view key) noexcept {
    const auto found =
        std::lower_bound(members.begin(), members.end(), key,
                         [](const member& m, std::string_view k) { return m.key < k; });
    return static_cast<std::size_t>(found - members.begin());
}

inline const document* document::find(std::string_view key) const noexcept {
    const std::vector<member>* all = members();
    if (all == nullptr) return nullptr;
    const std::size_t at = place_of(*all, key);
    return at < all->size() && (*all)[at].key == key ? &(*all)[at].value : nullptr;
}

inline document& document::set(std::string key, document value) {
    if (is_null()) value_ = std::vector<member>{};
    auto* all = std::get_if<std::vector<member>>(&value_);
    SYNCFW_ASSERT(all != nullptr, "set() needs an object");
    const std::size_t at = place_of(*all, key);
    if (at < all->size() && (*all)[at].key == key) return (*all)[at].value = std::move(value);
    const auto here = all->begin() + static_cast<std::ptrdiff_t>(at);
    return all->insert(here, member{std::move(key), std::move(value)})->value;
}

inline bool document::erase(std::string_view key) noexcept {
    auto* all = std::get_if<std::vector<member>>(&value_);
    if (all == nullptr || find(key) == nullptr) return false;
    all->erase(all->begin() + static_cast<std::ptrdiff_t>(place_of(*all, key)));
    return true;
}

inline document& document::push_back(document element) {
    if (is_null()) value_ = std::vector<document>{};
    std::vector<document>* all = elements();
    SYNCFW_ASSERT(all != nullptr, "push_back() needs an array");
    return all->emplace_back(std::move(element));
}

}  // namespace syncfw
