// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/tenant.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace syncfw::detail {

/// How many streams each subject of a tenant has open. Any number of threads may take and give
/// back; what was taken may outlive this.
class stream_shares {
  public:
    explicit stream_shares(std::size_t most) : held_(std::make_shared<counted>()), most_(most) {}

    /// One stream's share, given back with its last copy; nothing where the subject has as many as
    /// it may.
    [[nodiscard]] std::shared_ptr<void> take(const tenant_id& whose, const std::string& subject) {
        place key(whose.name(), subject);
        const std::lock_guard locked(held_->lock);
        std::size_t& open = held_->open[key];
        if (open >= most_) {
            if (open == 0) held_->open.erase(key);
            return nullptr;
        }
        auto taken = std::make_shared<share>(held_, std::move(key));
        ++open;
        return taken;
    }

    /// Of so many subjects it knows: those who have a stream.
    [[nodiscard]] std::size_t subjects() const {
        const std::lock_guard locked(held_->lock);
        return held_->open.size();
    }

  private:
    using place = std::pair<std::string, std::string>;  // Tenant and subject.
    struct counted {
        std::mutex lock{};
        std::map<place, std::size_t> open{};
    };
    class share {
      public:
        share(std::shared_ptr<counted> of, place key) : of_(std::move(of)), key_(std::move(key)) {}
        share(const share&) = delete;
        share& operator=(const share&) = delete;
        ~share() {
            const std::lock_guard locked(of_->lock);
            const auto found = of_->open.find(key_);
            if (--found->second == 0) of_->open.erase(found);
        }

      private:
        std::shared_ptr<counted> of_;
        place key_;
    };

    std::shared_ptr<counted> held_;
    std::size_t most_;
};

}  // namespace syncfw::detail
