// SPDX-License-Identifier: BSL-1.0
// What an older server keeps for newer devices: the values of fields that it doesn't know, as they
// came. It gives them back with their rows, and makes them its own when its program has learned the
// fields.
#pragma once

#include <syncfw/codec/delta.hpp>
#include <syncfw/storage/storage.hpp>
#include <syncfw/sync/detail/message_bytes.hpp>
#include <syncfw/sync/detail/row_image.hpp>
#include <syncfw/sync/detail/row_key.hpp>
#include <syncfw/sync/detail/row_keys.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// Whether a tenant has such values at all, so that nobody looks for them in vain.
inline constexpr std::string_view foreign_name = "syncfw.foreign";

template <class Transaction>
[[nodiscard]] result<bool> has_foreign(Transaction& tx) {
    auto kept = tx.get_value(foreign_name);
    if (!kept) return kept.error();
    return kept->has_value();
}

[[nodiscard]] inline std::string_view name_in(std::string_view item) {
    binary::layout_item known;
    return known.read(item) ? known.name : item;
}

[[nodiscard]] inline bool is_sealed_item(std::string_view item) {
    binary::layout_item known;
    return known.read(item) && known.is_sealed;
}

/// The foreign values of these rows, in their order.
template <class T, class Transaction>
[[nodiscard]] result<std::vector<std::vector<foreign_field>>> foreign_of(
    Transaction& tx, const std::vector<const T*>& rows) {
    std::vector<key_of<foreign_values>> keys;
    for (const T* each : rows) keys.emplace_back(std::string(entity_of<T>.name), row_key(*each));
    auto found =
        tx.template get_many<foreign_values>(std::span<const key_of<foreign_values>>(keys));
    if (!found) return found.error();
    std::vector<std::vector<foreign_field>> all(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!(*found)[i]) continue;
        wire_reader in(to_view((*found)[i]->value.fields));
        all[i] = read_foreign(in);
    }
    return all;
}

/// Later values replace earlier ones of the same field.
inline void add_foreign(std::vector<foreign_field>& kept, const std::vector<foreign_field>& later) {
    for (const foreign_field& each : later) {
        std::erase_if(kept, [&](const foreign_field& old) {
            return name_in(old.item) == name_in(each.item);
        });
        kept.push_back(each);
    }
    // No layout has more, so these are of programs that nobody has.
    if (kept.size() > field_mask::fields_max)
        kept.erase(kept.begin(), kept.end() - field_mask::fields_max);
}

/// What is known here by now becomes part of the row; true if anything did.
template <class T>
bool adopt_foreign(T& row, std::vector<foreign_field>& kept, const cipher_view& keys) {
    return std::erase_if(kept, [&](const foreign_field& each) {
               return binary::take_foreign<T, to_server>(row, each.item, each.bytes, keys) !=
                      no_field;
           }) > 0;
}

/// What is kept beside a row, but for what became part of it.
struct foreign_left {
    std::vector<foreign_field> fields{};
    bool is_fewer = false;  ///< Some of it did: who writes the row has to keep the rest.
};

/// Makes of rows as they are stored rows as this program knows them. Gives what is left beside
/// each.
template <class T, class Transaction>
[[nodiscard]] result<std::vector<foreign_left>> adopt_each(Transaction& tx,
                                                           const std::vector<T*>& rows) {
    auto found = foreign_of<T>(tx, {rows.begin(), rows.end()});
    if (!found) return found.error();
    std::vector<foreign_left> left(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        left[i].fields = std::move((*found)[i]);
        left[i].is_fewer = adopt_foreign(*rows[i], left[i].fields, keys_in(tx));
    }
    return left;
}
/// The same, with no more than one look where nothing was ever kept beside a row.
template <class T, class Transaction>
[[nodiscard]] result<std::vector<foreign_left>> adopt_many(Transaction& tx,
                                                           const std::vector<T*>& rows) {
    auto keeps = has_foreign(tx);
    if (!keeps) return keeps.error();
    if (!*keeps || rows.empty()) return std::vector<foreign_left>(rows.size());
    return adopt_each(tx, rows);
}
template <class T, class Transaction>
[[nodiscard]] result<void> adopt_all(Transaction& tx, std::vector<record<T>>& rows) {
    std::vector<T*> values;
    for (record<T>& each : rows) values.push_back(&each.value);
    auto left = adopt_each(tx, values);
    return left ? result<void>() : result<void>(left.error());
}
template <class T, class Transaction>
[[nodiscard]] result<foreign_left> adopt_one(Transaction& tx, T& row) {
    auto left = adopt_each(tx, std::vector<T*>{&row});
    if (!left) return left.error();
    return std::move(left->front());
}

template <class T>
[[nodiscard]] record<foreign_values> foreign_record(const T& row,
                                                    const std::vector<foreign_field>& kept) {
    buffer out;
    wire_writer writer(out);
    append_foreign(writer, kept);
    return {.value = {.entity_name = std::string(entity_of<T>.name),
                      .row_key = row_key(row),
                      .fields = to_blob(out.view())}};
}

/// The row was written with what it adopted: that is kept beside it no more.
template <class T, class Transaction>
[[nodiscard]] result<void> keep_left(Transaction& tx, const T& row, const foreign_left& left) {
    return left.is_fewer ? tx.put(foreign_record(row, left.fields)) : result<void>();
}

}  // namespace syncfw::detail
