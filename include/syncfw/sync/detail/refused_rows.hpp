// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/entity/key.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/sync/detail/push_rules.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// A row that the database doesn't take, by its place among those that were put.
struct refused_row {
    std::size_t place = 0;
    error why{};
};

/// Puts rows, and finds out which of them the database refuses for what they are: by halves, so
/// that one in many costs little. After that the transaction is good for nothing else.
template <class T, class Transaction>
class refused_rows {
  public:
    explicit refused_rows(Transaction& tx) : tx_(tx) {}

    /// It fails where the database does.
    [[nodiscard]] result<void> put(std::span<const record<T>> rows) { return put(rows, 0); }
    [[nodiscard]] const std::vector<refused_row>& all() const noexcept { return refused_; }

  private:
    // Else a refusal behind the first row would be the end.
    static constexpr bool is_one_call = requires(Transaction& tx, std::span<const record<T>> rows) {
        tx.native().template put_many<T>(rows);
    };

    [[nodiscard]] result<void> put(std::span<const record<T>> rows, std::size_t first) {
        // What was refused has taken the transaction with it: the others come another time.
        if (rows.empty() || (!refused_.empty() && !tx_.is_usable())) return {};
        if (is_one_call || rows.size() == 1) {
            auto done = tx_.put_many(rows);
            if (done || !is_about_data(done.error())) return done;
            if (rows.size() == 1) return take(first, done.error());
            if (!tx_.is_usable()) return take_named(rows, first, done.error());
        }
        const std::size_t half = rows.size() / 2;
        auto done = put(rows.first(half), first);
        return done ? put(rows.subspan(half), first + half) : done;
    }

    [[nodiscard]] result<void> take(std::size_t place, const error& why) {
        refused_.push_back({place, why});
        return {};
    }
    [[nodiscard]] result<void> take_named(std::span<const record<T>> rows, std::size_t first,
                                          const error& why) {
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (key_text(key(rows[i].value)) == why.key) return take(first + i, why);
        return why;
    }

    Transaction& tx_;
    std::vector<refused_row> refused_{};
};

}  // namespace syncfw::detail
