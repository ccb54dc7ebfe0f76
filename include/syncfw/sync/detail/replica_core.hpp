// SPDX-License-Identifier: BSL-1.0
// What the parts of a replica share: its store, its clock and its name.
#pragma once

#include <syncfw/sync/detail/replica_store.hpp>
#include <syncfw/sync/environment.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace syncfw {

struct sync_options {
    std::int64_t operations_max = 500;      ///< Of one push.
    std::int64_t rows_max = 1'000;          ///< Of the first page; pages grow up to 10,000 rows,
    std::int64_t rows_max_behind = 50'000;  ///< or a tenth of what is behind, but never over this.
    /// So often an operation is sent again to a server that can't take it for reasons of its own;
    /// then it waits for a person.
    std::int32_t attempts_max = 20;
    /// What is subscribed to: of the entities named here the rows that fit; none: everything. It
    /// may change from one start to the next: `{to_filter(where(…)), to_filter(all<shelf>())}`.
    std::vector<filter> filters{};
    /// Several processes have the store open, and one synchronises at a time: for so long the
    /// others wait for one that died. 0: there is one process.
    std::int64_t lease_microseconds = 0;
};

namespace detail {

/// A replica must be able to store whatever the server has, in whatever order it comes.
template <class Schema, class Storage>
[[nodiscard]] result<void> require_free_store(const Storage& store) {
    if (!has_unique_fields<Schema> || !keeps_unique(store)) return {};
    return error{.code = errc::schema_mismatch,
                 .message =
                     "a replica's store must not keep values unique itself, or a page of the "
                     "server's may not fit: open it with .unique = false (the replica looks "
                     "at its own writes, the server at all)"};
}

template <class World>
class replica_core {
  public:
    using storage_type = typename World::storage_type;
    using environment_type = typename World::environment_type;
    using schema_type = typename World::schema_type;

    replica_core(storage_type& store, tenant_id whose, sync_options options, environment_type from)
        : store_(&store),
          whose_(std::move(whose)),
          options_(std::move(options)),
          from_(std::move(from)) {}

    [[nodiscard]] storage_type& store() noexcept { return *store_; }
    [[nodiscard]] const tenant_id& tenant() const noexcept { return whose_; }
    [[nodiscard]] const sync_options& options() const noexcept { return options_; }
    [[nodiscard]] environment_type& environment() noexcept { return from_; }
    [[nodiscard]] timestamp now() { return from_.now(); }
    [[nodiscard]] uuid new_id() { return make_id(ids_, from_); }

    /// Reads who this replica is; the first write transaction gives it its name.
    template <class Transaction>
    [[nodiscard]] result<void> know_self(Transaction& tx) {
        if (is_known_) return {};
        if (auto fits = detail::require_free_store<schema_type>(*store_); !fits) return fits;
        auto identity = store_->identity();
        if (!identity) return identity.error();
        auto kept = get_self(tx);
        if (!kept) return kept.error();
        // What a copied or restored store did since is not known here: as another replica it can't
        // contradict itself.
        is_known_ = *kept && (*kept)->history == identity->history;
        if (is_known_) {
            clock_.emplace((*kept)->id, (*kept)->newest);
            history_ = identity->history;
            return {};
        }
        history_ = identity->history;
        if (!clock_) {
            std::uint64_t drawn = 0;
            while (drawn == 0) drawn = from_.random();
            clock_.emplace(replica_id(drawn), *kept ? (*kept)->newest : stamp());
        }
        return put_self(tx, {clock_->origin(), clock_->last(), history_});
    }

    /// Later than everything that this replica knows, so also than what the row had before.
    [[nodiscard]] stamp next_stamp(const stamp& seen) {
        if (seen.value() != 0) clock_->observe(seen, now());
        return clock_->tick(now());
    }
    /// Takes note of the server's clock, for good.
    template <class Transaction>
    [[nodiscard]] result<void> observe(Transaction& tx, const stamp& seen) {
        clock_->observe(seen, now());
        return put_self(tx, {clock_->origin(), clock_->last(), history_});
    }
    [[nodiscard]] replica_id id() const noexcept { return clock_->origin(); }

    [[nodiscard]] result<void> begin_renewal() {
        auto tx = begin_write(*store_, whose_);
        if (!tx) return tx.error();
        auto position = get_position(*tx);
        if (!position) return position.error();
        position->phase = pull_phase::doubting;
        if (auto done = tx->put(record<feed_position>{*position}); !done) return done;
        return tx->commit();
    }

    [[nodiscard]] result<void> retry(const uuid& operation) {
        return with_failed(
            operation,
            [&]<class T>(auto& tx, outbox_operation& failed, record<T> row) -> result<void> {
                row.set_status(sync_status::pending);
                if (auto done = tx.put(row); !done) return done;
                return queue_again(tx, std::move(failed), new_id());
            });
    }

    [[nodiscard]] result<void> drop(const uuid& operation) {
        return with_failed(
            operation,
            [&]<class T>(auto& tx, outbox_operation& failed, record<T> row) -> result<void> {
                auto base = base_of<T>(failed, keys_in(tx));
                if (!base) return base.error();
                return back_to_base(tx, failed, std::move(*base), row);
            });
    }

  private:
    template <class F>
    [[nodiscard]] result<void> with_failed(const uuid& operation, F&& f) {
        auto tx = begin_write(*store_, whose_);
        if (!tx) return tx.error();
        auto found = tx->template get<outbox_operation>(operation);
        if (!found) return found.error();
        if (!*found || (*found)->value.state != outbox_state::failed)
            return error{.code = errc::not_found,
                         .message = "there is no refused operation of this id"};
        outbox_operation& failed = (*found)->value;
        auto done = schema_type::visit(failed.entity_name, [&]<class T>(of<T>) -> result<void> {
            auto at = parse_row_key<T>(failed.row_key);
            if (!at) return at.error();
            auto row = tx->template get<T>(*at);
            if (!row) return row.error();
            if (!*row) return missing_row(failed);
            return f.template operator()<T>(*tx, failed, std::move(**row));
        });
        if (!done) return done;
        return tx->commit();
    }

    storage_type* store_;
    tenant_id whose_;
    sync_options options_;
    environment_type from_;
    uuid_v7_generator ids_{};
    std::optional<hybrid_clock> clock_{};
    uuid history_{};
    bool is_known_ = false;
};

}  // namespace detail
}  // namespace syncfw
