// SPDX-License-Identifier: BSL-1.0
// A record as the values of its table's columns, and back. Lists, sets, counters, documents and
// nested structs are JSON; encrypted fields are ciphertext.
#pragma once

#include <syncfw/codec/json.hpp>
#include <syncfw/core/tenant.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/entity/value.hpp>
#include <syncfw/query/detail/value_text.hpp>
#include <syncfw/storage/detail/sql_table.hpp>
#include <syncfw/storage/detail/storable.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace syncfw::detail {

// --- writing ------------------------------------------------------------------------------------

/// Calls f with what the column of this member holds; good only inside of f. `scratch` is used
/// where there is nothing to point at.
template <class V, class F>
void visit_column(const V& held, buffer& scratch, F&& f) {
    if constexpr (kind_of<V>() != value_kind::json) {
        visit_value(held, f);
    } else if constexpr (is_nullable<V>) {
        if (held)
            visit_column(*held, scratch, f);
        else
            f(value_view{});
    } else {
        scratch.clear();
        scratch.set_end(json::put(scratch.room(json::bound(held)), held));
        f(value_view{.is_null = false, .text = scratch.view()});
    }
}

/// The same of an encrypted member.
template <class V, class Cipher, class F>
result<void> visit_sealed_column(const V& held, const sealed_field& label, const Cipher& cipher,
                                 F&& f) {
    value_view seen{.kind = value_kind::bytes};
    std::string sealed;
    if constexpr (is_nullable<V>) {
        if (!held) {
            f(seen);
            return {};
        }
    }
    if (auto done = cipher.seal(label, binary::content_of(held), sealed); !done) return done;
    seen.is_null = false;
    seen.text = sealed;
    f(seen);
    return {};
}

/// The hidden columns of T's table, looked up once.
template <class T>
inline constexpr auto hidden_of = [] {
    constexpr std::size_t fields = entity_of<T>.fields.size();
    std::array<sql::hidden_column, sql::column_count(entity_of<T>) - fields> found{};
    std::size_t count = 0;
    for (const sql::hidden_column& each : sql::hidden_columns)
        if (sql::has_hidden(entity_of<T>, each.part)) found[count++] = each;
    return found;
}();

/// The value of a hidden column. What the struct has a field for is not asked for.
template <class T>
[[nodiscard]] value_view hidden_value(sql::hidden part, const record<T>& row,
                                      const tenant_id& whose) noexcept {
    value_view seen{.kind = value_kind::integer, .is_null = false};
    switch (part) {
        case sql::hidden::tenant:
            seen.kind = value_kind::text;
            seen.text = whose.name();
            break;
        case sql::hidden::version: seen.integer = row.beside.version; break;
        case sql::hidden::stamp:
            seen.integer = std::bit_cast<std::int64_t>(row.beside.written.value());
            break;
        case sql::hidden::origin:
            seen.integer = std::bit_cast<std::int64_t>(row.beside.written.origin().value());
            break;
        case sql::hidden::sequence: seen.integer = row.beside.sequence; break;
        case sql::hidden::deleted:
            seen.kind = value_kind::boolean;
            seen.integer = row.beside.is_deleted;
            break;
        case sql::hidden::status: seen.integer = static_cast<int>(row.beside.status); break;
    }
    return seen;
}

/// Calls `bind(i, view)` for each column, in their order, from 0.
template <class T, class Cipher, class Bind>
result<void> write_columns(const record<T>& row, const tenant_id& whose, const Cipher& cipher,
                           buffer& scratch, Bind&& bind) {
    result<void> done;
    with_placed_members(row.value, [&]<std::size_t... I>(std::index_sequence<I...>,
                                                         const auto&... members) {
        const auto write = [&]<std::size_t Place>(const auto& member) {
            const auto bind_it = [&](const value_view& seen) { bind(Place, seen); };
            if constexpr (entity_of<T>.fields[Place].cipher != encryption::none)
                done = visit_sealed_column(member, binary::label_of<T, Place>(), cipher, bind_it);
            else
                visit_column(member, scratch, bind_it);
            return done.has_value();
        };
        (void)(write.template operator()<I>(members) && ...);
    });
    std::size_t i = entity_of<T>.fields.size();
    for (const sql::hidden_column& each : hidden_of<T>)
        bind(i++, hidden_value(each.part, row, whose));
    return done;
}

// --- reading ------------------------------------------------------------------------------------

/// Sets the member to what its column holds. Null, or why that can't be.
template <class V>
[[nodiscard]] const char* set_from_column(V& v, const value_view& seen) {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    if constexpr (shape == optional) {
        v.reset();
        return seen.is_null ? nullptr : set_from_column(v.emplace(), seen);
    } else {
        if (seen.is_null) return "the column is null, the field is not";
        if constexpr (shape == boolean) {
            v = seen.integer != 0;
        } else if constexpr (shape == integer) {
            if (!std::in_range<V>(seen.integer)) return "the number is beyond its field";
            v = static_cast<V>(seen.integer);
        } else if constexpr (shape == real) {
            v = static_cast<V>(seen.real);
        } else if constexpr (shape == text) {
            v.assign(seen.text);
        } else if constexpr (shape == enumeration) {
            if (!enum_from_name(seen.text, v)) return "the field has no such enumerator";
        } else if constexpr (shape == bytes) {
            const auto* const from = reinterpret_cast<const std::byte*>(seen.text.data());
            v.assign(from, from + seen.text.size());
        } else if constexpr (shape == uuid) {
            if (seen.text.size() == 16)
                v = uuid_in(seen.text);
            else if (!syncfw::uuid::parse(seen.text, v))
                return "the text is no uuid";
        } else if constexpr (shape == timestamp) {
            v = syncfw::timestamp::from_microseconds(seen.integer);
        } else if constexpr (shape == secret) {
            inner_t<V> plain{};
            if (const char* why = set_from_column(plain, seen)) return why;
            v = V(std::move(plain));
        } else if constexpr (shape == custom) {
            typename value_traits<V>::storage_type stored{};
            if (const char* why = set_from_column(stored, seen)) return why;
            auto made = value_traits<V>::from_storage(std::move(stored));
            if (!made) return "the field's type refuses the value";
            v = std::move(*made);
        } else {
            auto made = json::decode_value<V>(seen.text, syncfw::json::options{}, {});
            if (!made) return "the JSON does not fit its field";
            v = std::move(*made);
        }
        return nullptr;
    }
}

template <class V, class Cipher>
[[nodiscard]] const char* set_from_sealed(V& v, const value_view& seen, const sealed_field& label,
                                          const Cipher& cipher, std::string& why) {
    if constexpr (is_nullable<V>) {
        v.reset();
        return seen.is_null ? nullptr : set_from_sealed(v.emplace(), seen, label, cipher, why);
    } else {
        if (seen.is_null) return "the column is null, the field is not";
        std::string content;
        if (auto opened = cipher.open(label, seen.text, content); !opened) {
            why = opened.error().message;
            return why.c_str();
        }
        return binary::take_content(std::move(content), v) ? nullptr
                                                           : "the content does not fit its field";
    }
}

template <class T>
void set_hidden(sql::hidden part, record<T>& row, const value_view& seen) noexcept {
    bookkeeping& b = row.beside;
    const auto unsigned_value = std::bit_cast<std::uint64_t>(seen.integer);
    switch (part) {
        case sql::hidden::tenant: break;
        case sql::hidden::version: b.version = seen.integer; break;
        case sql::hidden::stamp: b.written = stamp(unsigned_value, b.written.origin()); break;
        case sql::hidden::origin:
            b.written = stamp(b.written.value(), replica_id(unsigned_value));
            break;
        case sql::hidden::sequence: b.sequence = seen.integer; break;
        case sql::hidden::deleted: b.is_deleted = seen.integer != 0; break;
        case sql::hidden::status: b.status = static_cast<sync_status>(seen.integer & 3); break;
    }
}

/// A stored row that its entity can't hold: somebody else wrote it, or the file is damaged.
template <class T>
[[gnu::cold]] [[gnu::noinline]] error unreadable_column(std::size_t place, const char* why) {
    return {.code = errc::corrupted,
            .message = why,
            .entity = std::string(entity_of<T>.name),
            .field = std::string(entity_of<T>.fields[place].column)};
}

/// Sets the record from its columns: `column(i, kind)` gives the view of the i-th, of this kind
/// (bytes for ciphertext), or null.
template <class T, class Cipher, class Column>
[[nodiscard]] result<void> read_columns(record<T>& row, const Cipher& cipher, Column&& column) {
    const char* why = nullptr;
    [[maybe_unused]] std::conditional_t<has_encrypted_fields<T>, std::string, no_cipher> said{};
    std::size_t place = 0;
    with_placed_members(
        row.value, [&]<std::size_t... I>(std::index_sequence<I...>, auto&... members) {
            const auto read = [&]<std::size_t Place>(auto& member) {
                constexpr const field_info& field = entity_of<T>.fields[Place];
                if constexpr (field.cipher != encryption::none)
                    why = set_from_sealed(member, column(Place, value_kind::bytes),
                                          binary::label_of<T, Place>(), cipher, said);
                else
                    why = set_from_column(member, column(Place, field.kind));
                place = Place;
                return why == nullptr;
            };
            (void)(read.template operator()<I>(members) && ...);
        });
    if (why != nullptr) return unreadable_column<T>(place, why);
    std::size_t i = entity_of<T>.fields.size();
    for (const sql::hidden_column& each : hidden_of<T>)
        set_hidden(each.part, row, column(i++, each.kind));
    return {};
}

// --- keys ---------------------------------------------------------------------------------------

/// A tenant's name as its column has it: text, or the integer or uuid that the entity's own tenant
/// field is.
template <class T>
class tenant_value {
  public:
    explicit tenant_value(const tenant_id& whose) {
        const std::string& name = whose.name();
        seen_.is_null = false;
        if constexpr (kind == value_kind::integer) {
            seen_.kind = kind;
            const char* const end = name.data() + name.size();
            const auto parsed = std::from_chars(name.data(), end, seen_.integer);
            fits_ = parsed.ec == std::errc() && parsed.ptr == end;
        } else if constexpr (kind == value_kind::uuid) {
            seen_.kind = kind;
            fits_ = uuid::parse(name, uuid_);
            seen_.text = bytes_of(uuid_.bytes().data(), 16);
        } else {
            seen_.kind = value_kind::text;
            seen_.text = name;
        }
    }
    tenant_value(const tenant_value&) = delete;
    tenant_value& operator=(const tenant_value&) = delete;

    /// False when no row of T can be of this tenant, because its name is no such number or uuid.
    [[nodiscard]] bool fits() const noexcept { return fits_; }
    [[nodiscard]] const value_view& view() const noexcept { return seen_; }

  private:
    static constexpr value_kind kind =
        tenant_place<T> == no_field ? value_kind::text : entity_of<T>.fields[tenant_place<T>].kind;

    value_view seen_{};
    uuid uuid_{};
    bool fits_ = true;
};

/// Calls `bind(i, view)` for the parameters of a key's condition: the tenant's, from 0, and those
/// of the key's other fields.
template <class T, class Bind>
void write_key(const key_of<T>& key, const tenant_value<T>& whose, Bind&& bind) {
    bind(std::size_t{0}, whose.view());
    std::size_t number = 1;
    const auto add = [&]<std::size_t I>(const auto& part) {
        if constexpr (!entity_of<T>.fields[key_places<T>[I]].has(meaning::tenant))
            visit_value(part, [&](const value_view& seen) { bind(number++, seen); });
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        if constexpr (sizeof...(I) == 1)
            add.template operator()<0>(key);
        else
            (add.template operator()<I>(std::get<I>(key)), ...);
    }(std::make_index_sequence<key_size<T>>());
}

}  // namespace syncfw::detail
