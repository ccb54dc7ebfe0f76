// SPDX-License-Identifier: BSL-1.0
// A store that stops answering at any call, as a process does that is killed: everything after it
// fails, a transaction that was open is rolled back, and a commit at that moment may have happened
// or not. What was committed stays in the store beneath.
#pragma once

#include <syncfw/storage/storage.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::testing::detail {

/// How many calls are left to a node; shared by its store's transactions.
struct life {
    std::optional<std::uint64_t> calls_left{};
    bool commits_at_the_end = false;  ///< Whether a commit that is the last call takes effect.

    [[nodiscard]] bool is_over() const noexcept { return calls_left && *calls_left == 0; }
    /// Whether this call is the last one.
    bool use() noexcept { return calls_left && *calls_left > 0 && --*calls_left == 0; }
};

[[nodiscard]] inline error dead() {
    return {.code = errc::unavailable, .message = "this node was killed"};
}

template <class Native>
class mortal_reader {
  public:
    mortal_reader(Native native, life& left) : native_(std::move(native)), life_(&left) {}

    template <class T>
    auto get(const key_of<T>& key) {
        return call([&] { return native_.template get<T>(key); });
    }
    template <class T>
    auto scan(const query_view& asked) {
        return call([&] { return native_.template scan<T>(asked); });
    }
    template <class T>
    auto changes(std::int64_t after, std::int64_t until) {
        return call([&] { return native_.template changes<T>(after, until); });
    }
    auto last_sequence() {
        return call([&] { return native_.last_sequence(); });
    }
    auto get_value(std::string_view name) {
        return call([&] { return native_.get_value(name); });
    }
    [[nodiscard]] bool is_usable() { return !life_->is_over() && native_.is_usable(); }

  protected:
    template <class F>
    auto call(F&& f) -> decltype(f()) {
        if (life_->is_over() || life_->use()) return dead();
        return f();
    }

    Native native_;
    life* life_;
};

template <class Native>
class mortal_writer : public mortal_reader<Native> {
  public:
    using mortal_reader<Native>::mortal_reader;

    template <class T>
    result<void> put(const record<T>& row) {
        return this->call([&] { return this->native_.template put<T>(row); });
    }
    template <class T>
    result<void> erase(const key_of<T>& key) {
        return this->call([&] { return this->native_.template erase<T>(key); });
    }
    auto next_sequence(std::int64_t count) {
        return this->call([&] { return this->native_.next_sequence(count); });
    }
    result<void> put_value(std::string_view name, std::string_view bytes) {
        return this->call([&] { return this->native_.put_value(name, bytes); });
    }
    result<void> erase_value(std::string_view name) {
        return this->call([&] { return this->native_.erase_value(name); });
    }
    result<void> commit() {
        if (this->life_->is_over()) return dead();
        const bool is_last = this->life_->use();
        if (is_last && !this->life_->commits_at_the_end) return dead();
        result<void> done = this->native_.commit();
        if (is_last) return dead();
        return done;
    }
};

template <class S>
class mortal_store {
  public:
    using schema_type = typename S::schema_type;
    using reader = mortal_reader<typename S::reader>;
    using writer = mortal_writer<typename S::writer>;

    mortal_store(S& below, life& left) : below_(&below), life_(&left) {}

    [[nodiscard]] result<reader> begin_read(const tenant_id& whose) {
        if (life_->is_over() || life_->use()) return dead();
        auto native = below_->begin_read(whose);
        if (!native) return native.error();
        return reader(std::move(*native), *life_);
    }
    [[nodiscard]] result<writer> begin_write(const tenant_id& whose) {
        if (life_->is_over() || life_->use()) return dead();
        auto native = below_->begin_write(whose);
        if (!native) return native.error();
        return writer(std::move(*native), *life_);
    }
    result<void> migrate() { return below_->migrate(); }
    [[nodiscard]] result<store_identity> identity() {
        if (life_->is_over() || life_->use()) return dead();
        return below_->identity();
    }
    [[nodiscard]] bool keeps_unique() const
        requires requires(const S& below) { below.keeps_unique(); }
    {
        return below_->keeps_unique();
    }

  private:
    S* below_;
    life* life_;
};

}  // namespace syncfw::testing::detail
