// SPDX-License-Identifier: BSL-1.0
// Times for what is written, in the order of the feed: each later than all before it, whatever the
// clocks of the processes say that share a database. So "all that changed after this time" has an
// exact answer, under concurrent writers, too.
#pragma once

#include <syncfw/codec/detail/wire.hpp>
#include <syncfw/core/detail/algorithm.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/entity/record.hpp>

#include <cstdint>
#include <string_view>

namespace syncfw::detail {

class feed_times {
  public:
    static constexpr std::string_view name = "syncfw.times";

    /// What the transaction sees. To give times, it must hold the feed: `next_sequence` before.
    template <class Transaction>
    [[nodiscard]] static result<feed_times> read(Transaction& tx, timestamp now = {}) {
        auto bytes = tx.get_value(name);
        if (!bytes) return bytes.error();
        feed_times times(now.microseconds_since_epoch());
        if (*bytes) {
            wire_reader in(**bytes);
            times.began_ = in.signed_number();
            times.last_ = in.signed_number();
        } else {
            times.began_ = times.last_ = times.now_ - 1;
            times.is_new_ = true;
        }
        return times;
    }

    /// A microsecond behind the last one at least.
    [[nodiscard]] timestamp next() noexcept {
        last_ = larger(last_ + 1, now_);
        return last();
    }
    template <class Transaction>
    [[nodiscard]] result<void> keep(Transaction& tx) const {
        buffer out;
        wire_writer writer(out);
        writer.signed_number(began_);
        writer.signed_number(last_);
        return tx.put_value(name, out.view());
    }

    /// From now on times are later than this one, also where they are cut off to milliseconds, as
    /// many clients do.
    template <class Transaction>
    [[nodiscard]] static result<void> pass(Transaction& tx, timestamp gone) {
        auto times = read(tx);
        if (!times) return times.error();
        const std::int64_t whole = (gone.milliseconds_since_epoch() + 1) * 1'000;
        if (times->is_new_ || times->last_ >= whole) return {};
        times->last_ = whole;
        return times->keep(tx);
    }

    /// Whether nothing was ever written with such a time.
    [[nodiscard]] bool is_new() const noexcept { return is_new_; }
    /// Of the last write.
    [[nodiscard]] timestamp last() const noexcept { return timestamp::from_microseconds(last_); }
    /// Before the first one.
    [[nodiscard]] timestamp began() const noexcept { return timestamp::from_microseconds(began_); }

  private:
    explicit feed_times(std::int64_t now) : now_(now) {}

    std::int64_t now_;
    std::int64_t began_ = 0;
    std::int64_t last_ = 0;
    bool is_new_ = false;
};

/// The row was written when it arrived, whatever its device's clock says.
template <class T>
void stamp_arrival(record<T>& row, timestamp at, bool is_new) {
    row.set_written(stamp(static_cast<std::uint64_t>(at.milliseconds_since_epoch()) << 16,
                          row.written().origin()));
    if (is_new) set_created_at(row.value, at);
    set_updated_at(row.value, at);
    set_last_sync_at(row.value, at);
}

}  // namespace syncfw::detail
