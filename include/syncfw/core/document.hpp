// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/algorithm.hpp>
#include <syncfw/core/detail/storage.hpp>
#include <syncfw/core/result.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
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

    [[nodiscard]] document_kind kind() const noexcept { return kind_; }
    [[nodiscard]] bool is_null() const noexcept { return kind_ == document_kind::null; }

    // The value, when it is of this kind; nullptr when it is of another.
    [[nodiscard]] const bool* boolean() const noexcept {
        return kind_ == document_kind::boolean ? &boolean_ : nullptr;
    }
    [[nodiscard]] const std::int64_t* integer() const noexcept {
        return kind_ == document_kind::integer ? &integer_ : nullptr;
    }
    [[nodiscard]] const double* real() const noexcept {
        return kind_ == document_kind::real ? &real_ : nullptr;
    }
    [[nodiscard]] const std::string* text() const noexcept {
        return kind_ == document_kind::text ? &text_ : nullptr;
    }
    [[nodiscard]] std::string* text() noexcept {
        return kind_ == document_kind::text ? &text_ : nullptr;
    }
    [[nodiscard]] const std::vector<document>* elements() const noexcept {
        return kind_ == document_kind::array ? &elements_ : nullptr;
    }
    [[nodiscard]] std::vector<document>* elements() noexcept {
        return kind_ == document_kind::array ? &elements_ : nullptr;
    }
    /// Sorted by key. Only their values can be changed, through `find` and `set`.
    [[nodiscard]] const std::vector<member>* members() const noexcept {
        return kind_ == document_kind::object ? &members_ : nullptr;
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

    // In here, so that comparisons of other things don't try to make documents of them.
    friend bool operator==(const document& left, const document& right) noexcept {
        return left.equals(right);
    }

  private:
    document(std::in_place_t, bool value) noexcept;
    document(std::in_place_t, std::int64_t value) noexcept;
    document(std::in_place_t, double value) noexcept;

    [[nodiscard]] bool equals(const document& other) const noexcept;
    void copy(const document& other);
    void take(document& other) noexcept;
    void become_null() noexcept;

    /// Where the key stands or would stand.
    [[nodiscard]] static std::size_t place_of(const std::vector<member>& members,
                                              std::string_view key) noexcept;

    // By hand: a std::variant of these would cost a tenth of a second of compilation.
    document_kind kind_ = document_kind::null;
    union {
        bool boolean_;
        std::int64_t integer_;
        double real_;
        std::string text_;
        std::vector<document> elements_;
        std::vector<member> members_;
    };
};

/// One key of an object and its value.
struct document::member {
    std::string key;
    document value;

    [[nodiscard]] friend bool operator==(const member&, const member&) noexcept = default;
};

// Out here, because only now is a member complete.
inline document::document() noexcept {}
inline document::document(std::nullptr_t) noexcept {}
inline document::document(std::in_place_t, bool value) noexcept
    : kind_(document_kind::boolean), boolean_(value) {}
inline document::document(std::in_place_t, std::int64_t value) noexcept
    : kind_(document_kind::integer), integer_(value) {}
inline document::document(std::in_place_t, double value) noexcept
    : kind_(document_kind::real), real_(value) {}
inline document::document(std::string text) noexcept
    : kind_(document_kind::text), text_(std::move(text)) {}
inline document::document(std::string_view text) : document(std::string(text)) {}
inline document::document(const char* text) : document(std::string(text)) {}
inline document::document(const document& other) {
    copy(other);
}
inline document::document(document&& other) noexcept {
    take(other);
}
inline document& document::operator=(const document& other) {
    return *this = document(other);  // A copy first: `other` may be a part of this.
}
inline document& document::operator=(document&& other) noexcept {
    document taken(std::move(other));  // In case that `other` is a part of this, or this.
    become_null();
    take(taken);
    return *this;
}
inline document::~document() {
    become_null();
}

// Both begin from null, and the kind is set last: a copy that throws leaves null.
inline void document::copy(const document& other) {
    switch (other.kind_) {
        case document_kind::null: break;
        case document_kind::boolean: boolean_ = other.boolean_; break;
        case document_kind::integer: integer_ = other.integer_; break;
        case document_kind::real: real_ = other.real_; break;
        case document_kind::text: detail::construct(text_, other.text_); break;
        case document_kind::array: detail::construct(elements_, other.elements_); break;
        case document_kind::object: detail::construct(members_, other.members_); break;
    }
    kind_ = other.kind_;
}
inline void document::take(document& other) noexcept {
    switch (other.kind_) {
        case document_kind::null: break;
        case document_kind::boolean: boolean_ = other.boolean_; break;
        case document_kind::integer: integer_ = other.integer_; break;
        case document_kind::real: real_ = other.real_; break;
        case document_kind::text: detail::construct(text_, std::move(other.text_)); break;
        case document_kind::array: detail::construct(elements_, std::move(other.elements_)); break;
        case document_kind::object: detail::construct(members_, std::move(other.members_)); break;
    }
    kind_ = other.kind_;
    other.become_null();
}
inline void document::become_null() noexcept {
    if (kind_ == document_kind::text) detail::destroy(text_);
    if (kind_ == document_kind::array) detail::destroy(elements_);
    if (kind_ == document_kind::object) detail::destroy(members_);
    kind_ = document_kind::null;
}

inline bool document::equals(const document& other) const noexcept {
    if (kind_ != other.kind_) return false;
    switch (kind_) {
        case document_kind::null: return true;
        case document_kind::boolean: return boolean_ == other.boolean_;
        case document_kind::integer: return integer_ == other.integer_;
        case document_kind::real: return real_ == other.real_;
        case document_kind::text: return text_ == other.text_;
        case document_kind::array: return elements_ == other.elements_;
        case document_kind::object: return members_ == other.members_;
    }
    return false;
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
    detail::construct(made.elements_, std::move(elements));
    made.kind_ = document_kind::array;
    return made;
}

inline document document::object(std::initializer_list<member> members) {
    result<document> made = object_of(members);
    SYNCFW_ASSERT(made.has_value(), "an object's keys are unique");
    return std::move(*made);
}

inline result<document> document::object_of(std::vector<member> members) {
    const auto by_key = [](const member& a, const member& b) { return a.key < b.key; };
    detail::sort_by(members, by_key);
    for (std::size_t i = 1; i < members.size(); ++i)
        if (members[i - 1].key == members[i].key)
            return error{.code = errc::duplicate_field,
                         .message = "the object has this member twice",
                         .field = std::move(members[i].key)};
    document made;
    detail::construct(made.members_, std::move(members));
    made.kind_ = document_kind::object;
    return made;
}

inline std::size_t document::place_of(const std::vector<member>& members,
                                      std::string_view key) noexcept {
    const auto found =
        detail::first_not(members, [&](const member& each) { return each.key < key; });
    return static_cast<std::size_t>(found - members.begin());
}

inline const document* document::find(std::string_view key) const noexcept {
    const std::vector<member>* all = members();
    if (all == nullptr) return nullptr;
    const std::size_t at = place_of(*all, key);
    return at < all->size() && (*all)[at].key == key ? &(*all)[at].value : nullptr;
}

inline document& document::set(std::string key, document value) {
    if (is_null()) *this = object();
    SYNCFW_ASSERT(kind_ == document_kind::object, "set() needs an object");
    auto* const all = &members_;
    const std::size_t at = place_of(*all, key);
    if (at < all->size() && (*all)[at].key == key) return (*all)[at].value = std::move(value);
    const auto here = all->begin() + static_cast<std::ptrdiff_t>(at);
    return all->insert(here, member{std::move(key), std::move(value)})->value;
}

inline bool document::erase(std::string_view key) noexcept {
    if (find(key) == nullptr) return false;
    auto* const all = &members_;
    all->erase(all->begin() + static_cast<std::ptrdiff_t>(place_of(*all, key)));
    return true;
}

inline document& document::push_back(document element) {
    if (is_null()) *this = array_of({});
    std::vector<document>* all = elements();
    SYNCFW_ASSERT(all != nullptr, "push_back() needs an array");
    return all->emplace_back(std::move(element));
}

}  // namespace syncfw
