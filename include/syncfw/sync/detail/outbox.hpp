// SPDX-License-Identifier: BSL-1.0
// The outbox: which rows have work that the other side has not answered, and what that work is.
// It is found by comparing a row with its base, so a row that was edited ten times before it was
// sent travels once, and one that came back to its base not at all.
#pragma once

#include <syncfw/codec/delta.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/storage/system_entities.hpp>
#include <syncfw/sync/detail/engine_fields.hpp>
#include <syncfw/sync/detail/message_bytes.hpp>
#include <syncfw/sync/detail/row_image.hpp>
#include <syncfw/sync/detail/row_key.hpp>
#include <syncfw/sync/detail/row_keys.hpp>
#include <syncfw/sync/operation.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// All of a row's work: what is on its way, and what was not sent or was refused.
template <class T, class Transaction>
[[nodiscard]] result<std::vector<record<outbox_operation>>> work_on(Transaction& tx,
                                                                    const T& value) {
    using annotations::field;
    return tx.scan(where(field<&outbox_operation::row_key> == row_key(value) &&
                         field<&outbox_operation::entity_name> == std::string(entity_of<T>.name)));
}

/// A row's work that was not sent, or that was refused; null where there is none.
template <class T, class Transaction>
[[nodiscard]] result<std::optional<record<outbox_operation>>> find_unsent(Transaction& tx,
                                                                          const T& value) {
    auto work = work_on(tx, value);
    if (!work) return work.error();
    for (record<outbox_operation>& each : *work)
        if (each.value.state != outbox_state::in_flight) return std::optional(std::move(each));
    return std::optional<record<outbox_operation>>();
}

/// Whether an operation of the row is on its way.
template <class T, class Transaction>
[[nodiscard]] result<bool> is_in_flight(Transaction& tx, const T& value) {
    auto work = work_on(tx, value);
    if (!work) return work.error();
    for (const record<outbox_operation>& each : *work)
        if (each.value.state == outbox_state::in_flight) return true;
    return false;
}

/// The base as it was kept; nothing for a row that is new.
template <class T>
[[nodiscard]] result<std::optional<record<T>>> base_of(const outbox_operation& unsent,
                                                       const cipher_view& keys) {
    if (!unsent.base) return std::optional<record<T>>();
    auto row = from_image<T>(*unsent.base, keys);
    if (!row) return row.error();
    return std::optional(std::move(*row));
}

/// What was done to a row since its base; nothing where it came back to it.
template <class T>
[[nodiscard]] std::optional<operation<T>> work_between(const record<T>* base,
                                                       const record<T>& row) {
    operation<T> op{.written = row.written(), .before = row.value, .after = row.value};
    const bool was_live = base != nullptr && !base->is_deleted();
    if (row.is_deleted() && !was_live) return {};
    if (base != nullptr) {
        op.base_version = base->version();
        op.before = base->value;
    }
    if (row.is_deleted()) {
        op.kind = operation_kind::remove;
    } else if (!was_live) {
        op.kind = base == nullptr ? operation_kind::put : operation_kind::restore;
        op.changed = writable_fields<T>;
    } else {
        op.changed = changed_fields(base->value, row.value) & writable_fields<T>;
        if (op.changed.empty()) return {};
    }
    return op;
}

/// An operation as the outbox keeps it while it travels.
template <class T>
[[nodiscard]] result<blob> to_sent(const operation<T>& op, const cipher_view& keys) {
    buffer out, heads, rows;
    section_writer section{heads, rows, keys};
    begin_rows(section, op);
    append_item(section, op);
    if (section.failed) return *section.failed;
    wire_writer writer(out);
    writer.fixed(op.written.origin().value());
    writer.text(heads.view());
    writer.text(rows.view());
    return to_blob(out.view());
}
template <class T>
[[nodiscard]] result<operation<T>> from_sent(const outbox_operation& from,
                                             const cipher_view& keys) {
    wire_reader in(to_view(from.sent));
    const replica_id origin(in.fixed());
    const std::string_view heads = in.text(), rows = in.text();
    section_reader section{wire_reader(heads), rows, keys};
    std::vector<operation<T>> read;
    const auto done = read_items(section, 1, read);
    if (!in.is_good() || !done || read.size() != 1)
        return error{.code = errc::corrupted,
                     .message = "an operation of the outbox can't be read",
                     .entity = std::string(entity_of<T>.name),
                     .key = from.row_key,
                     .cause = done ? "" : to_string(done.error())};
    operation<T> op = std::move(read.front());
    op.written = stamp(op.written.value(), origin);
    return op;
}

/// What was made of a row's work: how the row stands now, and whether work is left.
template <class T>
struct unsent_work {
    record<T> row{};
    std::optional<record<outbox_operation>> left{};
};

/// The work goes on from another base: what came from the server.
template <class T>
[[nodiscard]] result<unsent_work<T>> rebase(const outbox_operation& unsent, record<T> row,
                                            const record<T>& base, const cipher_view& keys) {
    const auto work = work_between(&base, row);
    if (!work && unsent.resolves.empty()) {
        // What was done here has been done there, or is nothing any more.
        record<T> settled = base;
        assign_fields(settled.value, row.value, only_here<T>);
        settled.set_status(sync_status::synced);
        return unsent_work<T>{std::move(settled), std::nullopt};
    }
    unsent_work<T> made{std::move(row), record<outbox_operation>{unsent}};
    auto image = to_image(base, keys);
    if (!image) return image.error();
    made.left->value.base = std::move(*image);
    return made;
}

}  // namespace syncfw::detail
