// SPDX-License-Identifier: BSL-1.0
// One sync at a time of a store that several processes have open. Two would lose nothing; they
// would do the same work twice. Who dies with a lease keeps the others waiting until it ends.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/detail/wire.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/storage/storage.hpp>

#include <cstdint>
#include <string_view>

namespace syncfw::detail {

inline constexpr std::string_view lease_name = "syncfw.lease";

class lease {
  public:
    lease(std::uint64_t holder, std::int64_t microseconds)
        : holder_(holder), microseconds_(microseconds) {}

    /// Takes it, or takes it for longer. `errc::busy` while somebody else has it.
    template <class Storage>
    [[nodiscard]] result<void> take(Storage& store, const tenant_id& whose, timestamp now) const {
        auto tx = begin_write(store, whose);
        if (!tx) return tx.error();
        auto kept = tx->get_value(lease_name);
        if (!kept) return kept.error();
        if (*kept) {
            wire_reader in(**kept);
            const std::uint64_t other = in.fixed();
            const std::int64_t left = in.signed_number() - now.microseconds_since_epoch();
            // A lease cannot have longer to run than it was given for: then a clock has jumped.
            if (in.is_good() && other != holder_ && left > 0 && left <= in.signed_number())
                return error{.code = errc::busy,
                             .message = "another process synchronises this store"};
        }
        buffer out;
        wire_writer writer(out);
        writer.fixed(holder_);
        writer.signed_number(now.microseconds_since_epoch() + microseconds_);
        writer.signed_number(microseconds_);
        if (auto done = tx->put_value(lease_name, out.view()); !done) return done;
        return tx->commit();
    }

    template <class Storage>
    void give_back(Storage& store, const tenant_id& whose) const {
        auto tx = begin_write(store, whose);
        if (!tx) return;  // Then it ends by itself.
        auto kept = tx->get_value(lease_name);
        if (!kept || !*kept || wire_reader(**kept).fixed() != holder_) return;
        if (tx->erase_value(lease_name)) (void)tx->commit();
    }

    [[nodiscard]] std::int64_t half() const noexcept { return microseconds_ / 2; }

  private:
    std::uint64_t holder_;
    std::int64_t microseconds_;
};

}  // namespace syncfw::detail
