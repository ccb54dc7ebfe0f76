// SPDX-License-Identifier: BSL-1.0
// One tenant of a memory store, and the transactions on it.
#pragma once

#include <syncfw/entity/annotations.hpp>
#include <syncfw/entity/schema.hpp>
#include <syncfw/query/matches.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/storage/detail/versions.hpp>

#include <boost/describe/class.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// A small value is a row like others.
struct small_value {
    std::string name{};
    std::string content{};

    static constexpr auto sync_entity =
        entity<"syncfw_value">(annotations::field<&small_value::name>(annotations::primary_key));
};
BOOST_DESCRIBE_STRUCT(small_value, (), (name, content))

template <class Schema>
class memory_tenant;

template <class... Ts>
class memory_tenant<schema<Ts...>> {
  public:
    memory_tenant(std::size_t rows_expected, bool keeps_unique) {
        (table<Ts>().keep_unique(keeps_unique), ...);
        if (rows_expected != 0) (table<Ts>().reserve(rows_expected), ...);
    }

    // What transactions see; each call holds it.
    mutable std::shared_mutex lock{};

    template <class T>
    [[nodiscard]] versioned_table<T>& table() {
        return std::get<versioned_table<T>>(tables_);
    }

    // --- readers -------------------------------------------------------------------------------

    struct snapshot {
        moment now = 0;
        std::int64_t last_sequence = 0;
    };
    [[nodiscard]] snapshot open_snapshot() {
        const std::lock_guard locked(lock);
        ++open_[now_];
        return {now_, last_sequence_};
    }
    void close_snapshot(moment now) noexcept {
        const std::lock_guard locked(lock);
        if (const auto found = open_.find(now); --found->second == 0) open_.erase(found);
        forget();
    }

    // --- the writer ----------------------------------------------------------------------------

    [[nodiscard]] bool lock_writing(std::chrono::milliseconds at_most) {
        std::unique_lock locked(writing_lock_);
        if (!writing_ended_.wait_for(locked, at_most, [&] { return !is_writing_; })) return false;
        is_writing_ = true;
        return true;
    }
    [[nodiscard]] snapshot next_moment() const noexcept { return {now_ + 1, last_sequence_}; }

    void commit(std::int64_t last_sequence) {
        {
            const std::lock_guard locked(lock);
            ++now_;
            last_sequence_ = last_sequence;
            for_each_table([&](auto& each) { each.commit(now_); });
            forget();
        }
        unlock_writing();
    }
    void roll_back() noexcept {
        {
            const std::lock_guard locked(lock);
            for_each_table([](auto& each) { each.roll_back(); });
        }
        unlock_writing();
    }

  private:
    void forget() {
        const moment oldest = open_.empty() ? now_ : open_.begin()->first;
        for_each_table([&](auto& each) { each.forget(oldest); });
    }
    template <class F>
    void for_each_table(F&& f) {
        std::apply([&](auto&... each) { (f(each), ...); }, tables_);
    }
    void unlock_writing() noexcept {
        {
            const std::lock_guard locked(writing_lock_);
            is_writing_ = false;
        }
        writing_ended_.notify_one();
    }

    std::tuple<versioned_table<Ts>..., versioned_table<small_value>> tables_{};
    moment now_ = 0;
    std::int64_t last_sequence_ = 0;
    std::map<moment, std::size_t> open_{};

    std::mutex writing_lock_{};
    std::condition_variable writing_ended_{};
    bool is_writing_ = false;
};

// What both kinds of transaction read.
template <class Schema>
class memory_view {
  public:
    [[nodiscard]] bool is_usable() const noexcept { return tenant_ != nullptr; }

    template <class T>
    [[nodiscard]] result<std::optional<record<T>>> get(const key_of<T>& key) {
        result<std::optional<record<T>>> found(std::nullopt);
        const std::shared_lock locked(tenant_->lock);
        if (const record<T>* row = tenant_->template table<T>().find(key, seen_.now))
            found->emplace(*row);
        return found;
    }

    template <class T>
    [[nodiscard]] result<std::vector<record<T>>> scan(const query_view& asked) {
        const std::shared_lock locked(tenant_->lock);
        std::vector<const record<T>*> found = find_all<T>(asked);
        query_view ordered = asked;
        if (asked.order.empty()) ordered.order = {key_order<T>.terms, key_order<T>.count};
        std::sort(found.begin(), found.end(), [&](const record<T>* a, const record<T>* b) {
            return less(ordered, a->value, b->value);
        });
        if (asked.limit && *asked.limit < found.size())
            found.resize(static_cast<std::size_t>(*asked.limit));
        std::vector<record<T>> rows;
        rows.reserve(found.size());
        for (const record<T>* each : found) rows.push_back(*each);
        return rows;
    }

    template <class T>
    [[nodiscard]] result<std::int64_t> count(const query_view& asked) {
        const std::shared_lock locked(tenant_->lock);
        const std::size_t all = find_all<T>(asked).size();
        return static_cast<std::int64_t>(asked.limit && *asked.limit < all ? *asked.limit : all);
    }

    template <class T>
    [[nodiscard]] result<std::vector<record<T>>> changes(std::int64_t after, std::int64_t until,
                                                         std::int64_t limit) {
        const std::shared_lock locked(tenant_->lock);
        return tenant_->template table<T>().changes(after, until, limit, seen_.now);
    }

    [[nodiscard]] result<std::int64_t> last_sequence() { return seen_.last_sequence; }

    [[nodiscard]] result<std::optional<std::string>> get_value(std::string_view name) {
        const std::shared_lock locked(tenant_->lock);
        result<std::optional<std::string>> found(std::nullopt);
        const auto* row = tenant_->template table<small_value>().find(std::string(name), seen_.now);
        if (row != nullptr) found->emplace(row->value.content);
        return found;
    }

  protected:
    using tenant_type = memory_tenant<Schema>;

    memory_view(tenant_type& tenant, typename tenant_type::snapshot seen)
        : tenant_(&tenant), seen_(seen) {}
    memory_view(memory_view&& other) noexcept
        : tenant_(std::exchange(other.tenant_, nullptr)), seen_(other.seen_) {}
    memory_view& operator=(memory_view&&) = delete;

    template <class T>
    [[nodiscard]] std::vector<const record<T>*> find_all(const query_view& asked) {
        std::vector<const record<T>*> found;
        tenant_->template table<T>().for_each(seen_.now, [&](const record<T>& each) {
            if (matches(asked, each.value)) found.push_back(&each);
        });
        return found;
    }

    tenant_type* tenant_;  // Null when it has ended.
    typename tenant_type::snapshot seen_;
};

template <class Schema>
class memory_reader : public memory_view<Schema> {
  public:
    explicit memory_reader(memory_tenant<Schema>& tenant)
        : memory_view<Schema>(tenant, tenant.open_snapshot()) {}
    memory_reader(memory_reader&&) noexcept = default;
    ~memory_reader() {
        if (this->tenant_ != nullptr) this->tenant_->close_snapshot(this->seen_.now);
    }
};

template <class Schema>
class memory_writer : public memory_view<Schema> {
  public:
    explicit memory_writer(memory_tenant<Schema>& tenant)
        : memory_view<Schema>(tenant, tenant.next_moment()) {}
    memory_writer(memory_writer&&) noexcept = default;
    ~memory_writer() {
        if (this->tenant_ != nullptr) this->tenant_->roll_back();
    }

    template <class T>
    result<void> put(const record<T>& row) {
        const std::lock_guard locked(this->tenant_->lock);
        return this->tenant_->template table<T>().put(row, this->seen_.now);
    }
    template <class T>
    result<void> erase(const key_of<T>& key) {
        const std::lock_guard locked(this->tenant_->lock);
        this->tenant_->template table<T>().erase(key, this->seen_.now);
        return {};
    }

    [[nodiscard]] result<std::int64_t> next_sequence(std::int64_t count) {
        this->seen_.last_sequence += count;
        return this->seen_.last_sequence - count + 1;
    }

    result<void> put_value(std::string_view name, std::string_view bytes) {
        return put(record<small_value>{
            .value = {.name = std::string(name), .content = std::string(bytes)}});
    }
    result<void> erase_value(std::string_view name) {
        return erase<small_value>(std::string(name));
    }

    result<void> commit() {
        this->tenant_->commit(this->seen_.last_sequence);
        this->tenant_ = nullptr;
        return {};
    }
};

}  // namespace syncfw::detail
