// SPDX-License-Identifier: BSL-1.0
// Writes on a replica: the row, and the note in the outbox that it has work to send, in one
// transaction of the store.
#pragma once

#include <syncfw/entity/validation.hpp>
#include <syncfw/storage/find_live.hpp>
#include <syncfw/sync/detail/outbox.hpp>
#include <syncfw/sync/detail/replica_core.hpp>
#include <syncfw/sync/detail/row_keys.hpp>

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace syncfw::detail {

template <class World>
class local_edit {
  public:
    using storage_type = typename World::storage_type;
    using transaction_type = write_transaction<storage_type>;

    [[nodiscard]] static result<local_edit> begin(replica_core<World>& core) {
        auto tx = begin_write(core.store(), core.tenant());
        if (!tx) return tx.error();
        if (auto known = core.know_self(*tx); !known) return known.error();
        return local_edit(core, std::move(*tx));
    }

    template <class T>
    result<void> put(const T& given) {
        auto here = tx_.template get<T>(key(given));
        if (!here) return here.error();
        record<T> row = *here ? **here : record<T>{};
        assign_fields(row.value, given, writable_fields<T> | key_fields<T> | only_here<T>);
        set_deleted(row, is_deleted(given));
        return write(*here ? &**here : nullptr, std::move(row));
    }

    template <class T, class F>
    result<void> patch(const key_of<T>& at, F&& change) {
        auto here = live<T>(at);
        if (!here) return here.error();
        T value = here->value;
        change(value);
        if (key(value) != at)
            return error{.code = errc::invalid_value,
                         .message = "a patch can't change the key; put another row",
                         .entity = std::string(entity_of<T>.name),
                         .key = key_text(at)};
        return put(value);
    }

    template <class T>
    result<void> remove(const key_of<T>& at) {
        auto here = live<T>(at);
        if (!here) return here.error();
        record<T> row = *here;
        set_deleted(row, true);
        return write(&*here, std::move(row));
    }

    template <class T>
    result<void> restore(const key_of<T>& at) {
        auto here = tx_.template get<T>(at);
        if (!here) return here.error();
        if (!*here) return nothing_at<T>(at);
        if (!(*here)->is_deleted()) return {};
        record<T> row = **here;
        set_deleted(row, false);
        return write(&**here, std::move(row));
    }

    /// Resolves a conflict that was parked by taking one side.
    result<void> resolve(const uuid& conflict, side taken) {
        auto parked = find_conflict(conflict);
        if (!parked) return parked.error();
        return World::schema_type::visit(parked->entity_name, [&]<class T>(of<T>) -> result<void> {
            auto at = parse_row_key<T>(parked->row_key);
            if (!at) return at.error();
            auto here = tx_.template get<T>(*at);
            if (!here) return here.error();
            if (!*here) return resolve_without_row<T>(*parked, taken);
            auto row = resolved_row<T>(*parked, **here, taken, keys_in(tx_));
            if (!row) return row.error();
            return write(&**here, std::move(*row), conflict);
        });
    }
    /// The same with a row of one's own.
    template <class T>
    result<void> resolve(const uuid& conflict, const T& value) {
        auto parked = find_conflict(conflict);
        if (!parked) return parked.error();
        if (parked->entity_name != entity_of<T>.name || parked->row_key != row_key(value))
            return error{.code = errc::invalid_value,
                         .message = "the conflict is of another row",
                         .entity = parked->entity_name,
                         .key = parked->row_key};
        auto here = tx_.template get<T>(key(value));
        if (!here) return here.error();
        record<T> row = *here ? **here : record<T>{};
        assign_fields(row.value, value, writable_fields<T> | key_fields<T> | only_here<T>);
        set_deleted(row, is_deleted(value));
        if constexpr (has_mergeable_members<T>) {
            // Of what this side did to counters and sets, the row here knows nothing.
            auto sides = read_conflict<T>(*parked, keys_in(tx_));
            if (!sides) return sides.error();
            merge_members(row.value, sides->mine.value);
        }
        return write(*here ? &**here : nullptr, std::move(row), conflict);
    }

    template <class T>
    [[nodiscard]] result<std::optional<T>> get(const key_of<T>& at) {
        auto row = tx_.template get<T>(at);
        if (!row) return row.error();
        if (!*row || (*row)->is_deleted()) return std::optional<T>();
        return std::optional<T>(std::move((*row)->value));
    }
    template <class T, auto Shape>
    [[nodiscard]] result<std::vector<T>> find(const query<T, Shape>& asked) {
        return find<T>(asked.view());
    }
    template <class T>
    [[nodiscard]] result<std::vector<T>> find(const query_view& asked) {
        return syncfw::find_live<T>(tx_, asked);
    }

    result<void> commit() {
        if (auto joined = join_transactions(); !joined) return joined;
        return tx_.commit();
    }

  private:
    local_edit(replica_core<World>& core, transaction_type tx)
        : core_(&core), tx_(std::move(tx)), transaction_(core.new_id()) {}

    template <class T>
    [[nodiscard]] static error nothing_at(const key_of<T>& at) {
        return {.code = errc::not_found,
                .message = "there is no such row",
                .entity = std::string(entity_of<T>.name),
                .key = key_text(at)};
    }
    template <class T>
    [[nodiscard]] result<record<T>> live(const key_of<T>& at) {
        auto here = tx_.template get<T>(at);
        if (!here) return here.error();
        if (!*here || (*here)->is_deleted()) return nothing_at<T>(at);
        return std::move(**here);
    }

    // The server has the row no more: it is written anew, or stays away.
    template <class T>
    result<void> resolve_without_row(const parked_conflict& parked, side taken) {
        auto sides = read_conflict<T>(parked, keys_in(tx_));
        if (!sides) return sides.error();
        if (taken == side::theirs || sides->mine.is_deleted())
            return close_conflict(tx_, parked.id, "the row is gone", core_->now());
        return write<T>(nullptr, {.value = sides->mine.value}, parked.id);
    }
    [[nodiscard]] result<parked_conflict> find_conflict(const uuid& id) {
        auto found = tx_.template get<parked_conflict>(id);
        if (!found) return found.error();
        if (!*found || (*found)->value.resolved_at) return no_conflict();
        return std::move((*found)->value);
    }

    // `before` is the row as it was, null for none; `resolves` a conflict, nil for none.
    template <class T>
    result<void> write(const record<T>* before, record<T> row, const uuid& resolves = {}) {
        set_tenant(row.value, core_->tenant());
        if (auto known = take_parked_additions(before, row); !known) return known;
        attribute_fields(row.value, before != nullptr ? &before->value : nullptr, core_->id());
        if (auto fits = validate(row.value); !fits) return fits;
        const bool travels =
            resolves != uuid() || before == nullptr || before->is_deleted() != row.is_deleted() ||
            !(changed_fields(before->value, row.value) & writable_fields<T>).empty();
        if (auto free = check_unique(before, row); !free) return free;
        if (!travels) {
            const bool is_same = changed_fields(before->value, row.value).empty();
            return is_same ? result<void>() : tx_.put(row);
        }
        row.set_written(core_->next_stamp(before != nullptr ? before->written() : stamp()));
        row.set_sequence(before != nullptr ? before->sequence() : 0);
        set_times(row, before == nullptr);
        auto unsent = find_unsent<T>(tx_, row.value);
        if (!unsent) return unsent.error();
        if (*unsent) {
            if (resolves != uuid()) (*unsent)->value.resolves.push_back(resolves);
            return write_again(std::move(row), std::move((*unsent)->value), resolves != uuid());
        }
        row.set_status(sync_status::pending);
        if (auto done = tx_.put(row); !done) return done;
        return note<T>(row, before, resolves);
    }

    // A parked conflict has counts and insertions of this device that the row has not. What is
    // added now goes on from them: none is ever given twice.
    template <class T>
    result<void> take_parked_additions(const record<T>* before, record<T>& row) {
        if constexpr (has_mergeable_members<T>) {
            if (before == nullptr || unlike_members(before->value, row.value).empty()) return {};
            auto all = conflicts_of<T>(tx_, row_key(row.value));
            if (!all) return all.error();
            for (const record<parked_conflict>& each : *all) {
                if (each.value.resolved_at) continue;
                auto sides = read_conflict<T>(each.value, keys_in(tx_));
                if (!sides) return sides.error();
                merge_members(row.value, sides->mine.value);
            }
        }
        return {};
    }

    // The store doesn't look at it: a page of the server's must never fail because of what is here.
    // What is written here can still be refused at once, as far as this device knows.
    template <class T>
    result<void> check_unique(const record<T>* before, const record<T>& row) {
        if (row.is_deleted()) return {};
        const field_mask all = field_mask::first(entity_of<T>.fields.size());
        const bool is_here = before != nullptr && !before->is_deleted();
        const field_mask changed = is_here ? changed_fields(before->value, row.value) : all;
        for (std::size_t place = 0; place < entity_of<T>.fields.size(); ++place)
            if ((unique_fields<T> & changed).test(place))
                if (auto free = check_free(row, place); !free) return free;
        return {};
    }
    template <class T>
    result<void> check_free(const record<T>& row, std::size_t place) {
        value wanted;
        visit_field(row.value, place, [&](const value_view& seen) { wanted = value(seen); });
        if (wanted.is_null) return {};
        const query_node is_it{
            .op = query_op::equal, .place = static_cast<std::uint8_t>(place), .count = 1};
        auto rows = tx_.template scan<T>(
            query_view{.entity = entity_of<T>, .nodes = {&is_it, 1}, .values = {&wanted, 1}});
        if (!rows) return rows.error();
        for (const record<T>& other : *rows)
            if (!other.is_deleted() && key(other.value) != key(row.value))
                return error{.code = errc::already_exists,
                             .message = "another row has this value",
                             .entity = std::string(entity_of<T>.name),
                             .key = key_text(key(row.value)),
                             .field = std::string(entity_of<T>.fields[place].name)};
        return {};
    }

    // The row has work in the outbox already, which now is more, or comes to nothing.
    template <class T>
    result<void> write_again(record<T> row, outbox_operation unsent, bool is_noted) {
        auto base = base_of<T>(unsent, keys_in(tx_));
        if (!base) return base.error();
        const bool is_work =
            !unsent.resolves.empty() || work_between(*base ? &**base : nullptr, row);
        if (!is_work) return back_to_base(tx_, unsent, std::move(*base), row);
        row.set_status(sync_status::pending);
        if (auto done = tx_.put(row); !done) return done;
        if (unsent.transaction != transaction_) joined_.insert(unsent.transaction);
        ++writes_;
        if (unsent.state != outbox_state::failed)
            return is_noted ? tx_.put(record<outbox_operation>{std::move(unsent)}) : result<void>();
        // It is something else now.
        return queue_again(tx_, std::move(unsent), core_->new_id());
    }

    template <class T>
    result<void> note(const record<T>& row, const record<T>* before, const uuid& resolves) {
        auto position = tx_.next_sequence(1);
        if (!position) return position.error();
        record<outbox_operation> made{.value = {.id = core_->new_id(),
                                                .position = *position,
                                                .transaction = transaction_,
                                                .entity_name = std::string(entity_of<T>.name),
                                                .row_key = row_key(row.value),
                                                .written_at = core_->now()}};
        if (resolves != uuid()) made.value.resolves.push_back(resolves);
        if (before != nullptr) {
            auto image = to_image(*before, keys_in(tx_));
            if (!image) return image.error();
            made.value.base = std::move(*image);
        }
        ++writes_;
        return tx_.put(made);
    }

    // Work that was added to by this transaction takes effect together with it.
    result<void> join_transactions() {
        using annotations::field;
        if (writes_ < 2 || joined_.empty()) return {};
        for (const uuid& each : joined_) {
            auto rows = tx_.scan(where(field<&outbox_operation::transaction> == each));
            if (!rows) return rows.error();
            for (record<outbox_operation>& row : *rows) {
                if (row.value.state == outbox_state::in_flight) continue;
                row.value.transaction = transaction_;
                if (auto done = tx_.put(row); !done) return done;
            }
        }
        return {};
    }

    replica_core<World>* core_;
    transaction_type tx_;
    uuid transaction_;
    std::set<uuid> joined_{};
    std::size_t writes_ = 0;
};

}  // namespace syncfw::detail
