// SPDX-License-Identifier: BSL-1.0
// Records in memory: what programs without a file and tests use, and the model that the other
// stores are compared with. Nothing survives the store.
//
//     syncfw::memory::store<library> store;
//     auto tx = begin_write(store, tenant_id());
//
// Readers see the moment at which they began, and never wait for writers; writers of one tenant
// wait for each other. A query looks at every row: there are no indexes but the key's, the feed's
// and those of unique fields.
#pragma once

#include <syncfw/core/detail/entropy.hpp>
#include <syncfw/storage/detail/memory_tenant.hpp>
#include <syncfw/storage/storage.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::memory {

struct options {
    /// How long a writer waits for the one before it.
    std::chrono::milliseconds busy_timeout{5'000};
    /// Room is made for so many rows of each entity and tenant.
    std::size_t rows_expected = 0;
    /// Whether the store itself keeps `unique` values unique. A replica's must not.
    bool unique = true;
};

template <class Schema>
class store {
  public:
    using schema_type = Schema;
    using reader = detail::memory_reader<complete_schema<Schema>>;
    using writer = detail::memory_writer<complete_schema<Schema>>;

    explicit store(const options& wanted = {}) : options_(wanted) {
        identity_.history = new_uuid();
        detail::fill_with_entropy(identity_.cursor_key.data(), identity_.cursor_key.size());
    }
    store(const store&) = delete;
    store& operator=(const store&) = delete;

    [[nodiscard]] result<reader> begin_read(const tenant_id& whose) {
        return reader(tenant_of(whose));
    }
    [[nodiscard]] result<writer> begin_write(const tenant_id& whose) {
        auto& tenant = tenant_of(whose);
        if (!tenant.lock_writing(options_.busy_timeout))
            return error{.code = errc::busy, .message = "another transaction is being written"};
        return writer(tenant);
    }
    result<void> migrate() { return {}; }
    [[nodiscard]] result<store_identity> identity() { return identity_; }
    [[nodiscard]] bool keeps_unique() const noexcept { return options_.unique; }
    /// Also those of whom somebody has read.
    [[nodiscard]] result<std::optional<tenant_id>> tenant_after(
        const std::optional<tenant_id>& last) {
        const std::lock_guard locked(tenants_lock_);
        const auto next = last ? tenants_.upper_bound(*last) : tenants_.begin();
        return next == tenants_.end() ? std::nullopt : std::optional(next->first);
    }

  private:
    using tenant_type = detail::memory_tenant<complete_schema<Schema>>;

    tenant_type& tenant_of(const tenant_id& whose) {
        const std::lock_guard locked(tenants_lock_);
        auto& tenant = tenants_[whose];
        if (!tenant)
            tenant = std::make_unique<tenant_type>(options_.rows_expected, options_.unique);
        return *tenant;
    }

    options options_;
    store_identity identity_{};
    std::mutex tenants_lock_{};
    std::map<tenant_id, std::unique_ptr<tenant_type>> tenants_{};
};

}  // namespace syncfw::memory
