// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace syncfw::detail {

/// How many streams each subject has open. Any number of threads may take and give back; what was
/// taken may outlive this.
class stream_shares {
  public:
    explicit stream_shares(std::size_t most) : held_(std::make_shared<counted>()), most_(most) {}

    /// One stream's share, given back with its last copy; nothing where the subject has as many as
    /// it may.
    [[nodiscard]] std::shared_ptr<void> take(const std::string& subject) {
        const std::lock_guard locked(held_->lock);
        std::size_t& open = held_->open[subject];
        if (open >= most_) {
            if (open == 0) held_->open.erase(subject);
            return nullptr;
        }
        auto taken = std::make_shared<share>(held_, subject);
        ++open;
        return taken;
    }

    /// Of so many subjects it knows: those who have a stream.
    [[nodiscard]] std::size_t subjects() const {
        const std::lock_guard locked(held_->lock);
        return held_->open.size();
    }

  private:
    struct counted {
        std::mutex lock{};
        std::unordered_map<std::string, std::size_t> open{};
    };
    class share {
      public:
        share(std::shared_ptr<counted> of, std::string subject)
            : of_(std::move(of)), subject_(std::move(subject)) {}
        share(const share&) = delete;
        share& operator=(const share&) = delete;
        ~share() {
            const std::lock_guard locked(of_->lock);
            const auto found = of_->open.find(subject_);
            if (--found->second == 0) of_->open.erase(found);
        }

      private:
        std::shared_ptr<counted> of_;
        std::string subject_;
    };

    std::shared_ptr<counted> held_;
    std::size_t most_;
};

}  // namespace syncfw::detail
