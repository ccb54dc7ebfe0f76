// SPDX-License-Identifier: BSL-1.0
// Values of which readers see the version that was there when they began.
#pragma once

#include <syncfw/entity/key.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/entity/value.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// A committed state of one tenant; a reader's is the one at its beginning, a writer's the one that
/// it is making.
using moment = std::uint64_t;

template <class V>
struct version {
    std::optional<V> content{};  // None: erased, or not there yet.
    moment since = 0;
    std::unique_ptr<version> older{};

    [[nodiscard]] const version& at(moment now) const noexcept {
        const version* seen = this;
        static const version none{};
        while (seen != nullptr && seen->since > now) seen = seen->older.get();
        return seen == nullptr ? none : *seen;
    }

    /// Takes the place of what is there now, which stays beneath until `forget`.
    template <class By>
    void replace(By&& by, moment now) {
        if (since != now) {
            // Also one that was erased, if it isn't forgotten yet: `roll_back` needs it.
            if (since != 0) older = std::make_unique<version>(std::move(*this));
            since = now;
        }
        content = std::forward<By>(by);
    }
    /// Takes back what `now` wrote. False when nothing was there before.
    [[nodiscard]] bool roll_back() {
        if (!older) return false;
        version before = std::move(*older);
        *this = std::move(before);
        return true;
    }
    /// Takes out one version that nobody sees who began at `oldest` or later; null when there is
    /// none left.
    [[nodiscard]] std::unique_ptr<version> forget_one(moment oldest) noexcept {
        version* seen = this;
        while (seen->since > oldest && seen->older) seen = seen->older.get();
        auto dropped = std::move(seen->older);
        if (dropped) seen->older = std::move(dropped->older);
        return dropped;
    }
};

// Not noexcept: libstdc++ then keeps the hash beside each row instead of computing it again for
// the neighbours at each insertion.
struct key_hash {
    template <class V>
    [[nodiscard]] std::size_t operator()(const V& key) const {
        if constexpr (has_value_traits<V>)
            return (*this)(value_traits<V>::to_storage(key));
        else if constexpr (std::is_enum_v<V>)
            return std::hash<std::int64_t>{}(static_cast<std::int64_t>(key));
        else if constexpr (std::is_same_v<V, timestamp>)
            return std::hash<std::int64_t>{}(key.microseconds_since_epoch());
        else
            return std::hash<V>{}(key);
    }
    template <class... V>
    [[nodiscard]] std::size_t operator()(const std::tuple<V...>& key) const {
        return std::apply(
            [&](const V&... parts) {
                std::size_t all = 0;
                ((all = all * 0x9E37'79B9'7F4A'7C15 + (*this)(parts)), ...);
                return all;
            },
            key);
    }
};

/// One entity's rows of one tenant. Not for several threads; its store sees to that.
template <class T>
class versioned_table {
    using rows_type = std::unordered_map<key_of<T>, version<record<T>>, key_hash>;
    using row_type = typename rows_type::value_type;

  public:
    [[nodiscard]] const record<T>* find(const key_of<T>& key, moment now) const {
        const auto found = rows_.find(key);
        return found == rows_.end() ? nullptr : pointer(found->second.at(now).content);
    }

    template <class F>
    void for_each(moment now, F&& f) const {
        for (const row_type& each : rows_)
            if (const record<T>* row = pointer(each.second.at(now).content)) f(*row);
    }

    [[nodiscard]] std::vector<record<T>> changes(std::int64_t after, std::int64_t until,
                                                 std::int64_t limit, moment now) const {
        std::vector<record<T>> rows;
        for (auto at = feed_.upper_bound(after);
             at != feed_.end() && at->first <= until && std::ssize(rows) < limit; ++at) {
            const record<T>* row = pointer(at->second->second.at(now).content);
            if (row != nullptr && row->sequence() == at->first) rows.push_back(*row);
        }
        return rows;
    }

    [[nodiscard]] result<void> put(const record<T>& row, moment now) {
        const auto [found, is_new] = rows_.try_emplace(key(row.value));
        row_type& at = *found;
        if (auto free = check_free(row, at, now); !free) {
            if (is_new) rows_.erase(found);
            return free;
        }
        change(at, now, row);
        if (row.sequence() > 0) feed_.insert_or_assign(feed_.end(), row.sequence(), &at);
        return {};
    }

    void erase(const key_of<T>& key, moment now) {
        const auto found = rows_.find(key);
        if (found != rows_.end() && found->second.content) change(*found, now, std::nullopt);
    }

    void roll_back() {
        for (row_type* each : touched_) {
            const std::int64_t place = place_of(each->second);
            drop_uniques(*each);
            if (each->second.roll_back()) {
                add_uniques(*each);
                drop_place(place, *each);
            } else {
                each->second.content.reset();
                drop_place(place, *each);
                rows_.erase(each->first);
            }
        }
        touched_.clear();
        replaced_.clear();
    }

    void commit(moment now) {
        // Rows that are new stay untouched here: a large transaction has long left the cache.
        std::sort(replaced_.begin(), replaced_.end());
        replaced_.erase(std::unique(replaced_.begin(), replaced_.end()), replaced_.end());
        for (row_type* each : replaced_)
            if (each->second.older || !each->second.content) stale_.emplace_back(now, each);
        touched_.clear();
        replaced_.clear();
    }

    /// Drops what nobody sees who began at `oldest` or later.
    void forget(moment oldest) {
        for (; !stale_.empty() && stale_.front().first <= oldest; stale_.pop_front()) {
            const auto [since, at] = stale_.front();
            version<record<T>>& newest = at->second;
            while (auto dropped = newest.forget_one(oldest))
                if (dropped->content) drop_place(place_of(*dropped), *at);
            if (!newest.content && newest.since == since) rows_.erase(at->first);
        }
    }

    void reserve(std::size_t rows) { rows_.reserve(rows); }
    void keep_unique(bool wanted) noexcept { keeps_unique_ = wanted; }

  private:
    static constexpr field_mask unique_fields = entity_of<T>.all_with(meaning::unique);

    [[nodiscard]] static const record<T>* pointer(const std::optional<record<T>>& row) noexcept {
        return row ? &*row : nullptr;
    }
    [[nodiscard]] static std::int64_t place_of(const version<record<T>>& each) noexcept {
        return each.content ? each.content->sequence() : 0;
    }

    template <class Row>
    void change(row_type& at, moment now, const Row& row) {
        version<record<T>>& newest = at.second;
        const std::int64_t place = newest.since == now ? place_of(newest) : 0;
        if (newest.since != now) touched_.push_back(&at);
        drop_uniques(at);
        newest.replace(row, now);
        if (newest.older || !newest.content) replaced_.push_back(&at);
        add_uniques(at);
        drop_place(place, at);
    }

    // Takes a place of the feed away, unless some version of the row still stands there.
    void drop_place(std::int64_t sequence, const row_type& at) {
        if (sequence == 0) return;
        for (const version<record<T>>* each = &at.second; each; each = each->older.get())
            if (place_of(*each) == sequence) return;
        const auto found = feed_.find(sequence);
        if (found != feed_.end() && found->second == &at) feed_.erase(found);
    }

    [[nodiscard]] result<void> check_free(const record<T>& row, const row_type& at, moment now) {
        if (!feed_.empty() && row.sequence() <= feed_.rbegin()->first) {
            const auto taken = feed_.find(row.sequence());
            if (taken != feed_.end() && taken->second != &at &&
                place_of(taken->second->second.at(now)) == row.sequence())
                return refuse(row, no_field, "the feed's number is another row's");
        }
        result<void> free;
        for_each_unique(row, [&](std::size_t place, std::string&& value) {
            const auto other = uniques_.find(value);
            if (other != uniques_.end() && other->second != &at)
                free = refuse(row, place, "another row has this value");
        });
        return free;
    }

    [[gnu::cold]] static error refuse(const record<T>& row, std::size_t place, const char* why) {
        return {.code = errc::already_exists,
                .message = why,
                .entity = std::string(entity_of<T>.name),
                .key = key_text(syncfw::key(row.value)),
                .field = place == no_field ? "" : std::string(entity_of<T>.fields[place].name)};
    }

    // Deleted rows and nulls take no value.
    template <class F>
    void for_each_unique(const record<T>& row, F&& f) const {
        if constexpr (!unique_fields.empty()) {
            if (row.is_deleted() || !keeps_unique_) return;
            for (std::size_t place = 0; place < entity_of<T>.fields.size(); ++place) {
                if (!unique_fields.test(place)) continue;
                visit_field(row.value, place, [&](const value_view& seen) {
                    if (seen.is_null) return;
                    std::string value(1, static_cast<char>(place));
                    value.append(reinterpret_cast<const char*>(&seen.integer), 8);
                    value.append(reinterpret_cast<const char*>(&seen.real), 8);
                    f(place, std::move(value.append(seen.text)));
                });
            }
        }
    }
    void add_uniques(row_type& at) {
        if (at.second.content)
            for_each_unique(*at.second.content, [&](std::size_t, std::string&& value) {
                uniques_.insert_or_assign(std::move(value), &at);
            });
    }
    // A row that was rolled back earlier may have taken its value back already.
    void drop_uniques(row_type& at) {
        if (at.second.content)
            for_each_unique(*at.second.content, [&](std::size_t, std::string&& value) {
                const auto found = uniques_.find(value);
                if (found != uniques_.end() && found->second == &at) uniques_.erase(found);
            });
    }

    bool keeps_unique_ = true;
    rows_type rows_{};
    std::map<std::int64_t, row_type*> feed_{};
    std::map<std::string, row_type*> uniques_{};
    std::vector<row_type*> touched_{};   // By the transaction that is open.
    std::vector<row_type*> replaced_{};  // Of these, what leaves something to forget.
    std::deque<std::pair<moment, row_type*>> stale_{};
};

}  // namespace syncfw::detail
