// SPDX-License-Identifier: BSL-1.0
// Rows as they were, so that a three-way merge has its base also where a client says only of which
// version its row is. It costs one more row for each change, and as many for each row as are kept.
#pragma once

#include <syncfw/core/detail/algorithm.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/storage/system_entities.hpp>
#include <syncfw/sync/detail/row_image.hpp>
#include <syncfw/sync/detail/row_key.hpp>
#include <syncfw/sync/detail/row_keys.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace syncfw::detail {

/// The rows that are about to be replaced; of each so many versions stay.
class row_history {
  public:
    row_history(std::int64_t versions_max, const cipher_view& keys)
        : most_(versions_max), keys_(keys) {}

    template <class T>
    void add(const record<T>& replaced) {
        add(replaced, replaced.version() + 1);
    }
    /// Versions may be passed over; what was kept of them, if anything was, goes.
    template <class T>
    void add(const record<T>& replaced, std::int64_t next) {
        if (most_ <= 0) return;
        std::string at = row_key(replaced.value);
        const std::string entity(entity_of<T>.name);
        const std::int64_t first = larger<std::int64_t>(replaced.version() - most_, 1);
        for (std::int64_t old = first; old < smaller(next - most_, replaced.version()); ++old)
            old_.emplace_back(entity, at, old);
        if (replaced.version() < next - most_) return;
        auto image = to_image(replaced, keys_);
        if (!image) {
            failed_ = image.error();
            return;
        }
        kept_.push_back({.value = {.entity_name = entity,
                                   .row_key = std::move(at),
                                   .version = replaced.version(),
                                   .image = std::move(*image)}});
    }
    template <class Transaction>
    [[nodiscard]] result<void> keep(Transaction& tx) const {
        if (failed_) return *failed_;
        if (!kept_.empty())
            if (auto done = tx.put_many(kept_); !done) return done;
        if (old_.empty()) return {};
        return tx.template erase_many<row_version>(std::span<const key_of<row_version>>(old_));
    }

    /// The row is gone, and so are its versions.
    template <class T, class Transaction>
    [[nodiscard]] static result<void> erase(Transaction& tx, const T& row) {
        using annotations::field;
        auto found =
            tx.scan(where(field<&row_version::entity_name> == std::string(entity_of<T>.name) &&
                          field<&row_version::row_key> == row_key(row)));
        if (!found) return found.error();
        std::vector<key_of<row_version>> gone;
        for (const record<row_version>& each : *found) gone.push_back(key(each.value));
        return tx.template erase_many<row_version>(std::span<const key_of<row_version>>(gone));
    }

    /// The row as it was at a version; none where that is not kept.
    template <class T, class Transaction>
    [[nodiscard]] static result<std::optional<record<T>>> find(Transaction& tx, const T& row,
                                                               std::int64_t version) {
        auto found =
            tx.template get<row_version>({std::string(entity_of<T>.name), row_key(row), version});
        if (!found) return found.error();
        if (!*found) return std::optional<record<T>>();
        auto image = from_image<T>((*found)->value.image, keys_in(tx));
        if (!image) return image.error();
        return std::optional<record<T>>(std::move(*image));
    }

  private:
    std::int64_t most_;
    cipher_view keys_;
    std::optional<error> failed_{};
    std::vector<record<row_version>> kept_{};
    std::vector<key_of<row_version>> old_{};
};

}  // namespace syncfw::detail
