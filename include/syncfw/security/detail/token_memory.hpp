// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/entropy.hpp>
#include <syncfw/core/detail/siphash.hpp>
#include <syncfw/security/detail/openssl.hpp>
#include <syncfw/security/principal.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace syncfw::detail {

/// What a token said when its signature was found good. Its times are looked at each time.
struct verified_token {
    principal who{};
    timestamp not_before = timestamp::min();
};

/// Tokens that were verified, by their digests, so that the next request of a token costs a hash
/// instead of a signature. Two halves: what is used moves to the young one, and when that is full
/// the old one is dropped. So what was not used for long goes first, without a list to be kept.
class token_memory {
  public:
    explicit token_memory(std::size_t most)
        : half_((most + 1) / 2), young_(0, hash(new_key())), old_(young_) {}

    [[nodiscard]] std::optional<verified_token> find(const crypto::digest& token,
                                                     std::uint64_t generation) {
        const std::lock_guard locked(lock_);
        if (generation != generation_) return {};
        if (const auto found = young_.find(token); found != young_.end()) return found->second;
        const auto found = old_.find(token);
        if (found == old_.end()) return {};
        verified_token seen = std::move(found->second);
        old_.erase(found);
        insert(token, seen);
        return seen;
    }

    /// The number is the one of the keys that verified it. Other keys: all else is forgotten.
    void keep(const crypto::digest& token, std::uint64_t generation, const verified_token& seen) {
        const std::lock_guard locked(lock_);
        if (half_ == 0 || generation < generation_) return;
        if (generation != generation_) {
            young_.clear();
            old_.clear();
            generation_ = generation;
        }
        insert(token, seen);
    }

    [[nodiscard]] std::size_t size() const {
        const std::lock_guard locked(lock_);
        return young_.size() + old_.size();
    }

  private:
    // Keyed, as everywhere where a stranger has a say in what lies in a table.
    struct hash {
        explicit hash(const std::array<std::byte, 16>& key) : key_(key) {}
        [[nodiscard]] std::size_t operator()(const crypto::digest& token) const noexcept {
            const std::string_view bytes(reinterpret_cast<const char*>(token.data()), token.size());
            const auto mark = siphash_128(key_, bytes);
            std::size_t hashed = 0;
            std::memcpy(&hashed, mark.data(), sizeof hashed);
            return hashed;
        }

      private:
        std::array<std::byte, 16> key_;
    };
    [[nodiscard]] static std::array<std::byte, 16> new_key() {
        std::array<std::byte, 16> key{};
        fill_with_entropy(key.data(), key.size());
        return key;
    }

    void insert(const crypto::digest& token, const verified_token& seen) {
        if (young_.size() >= half_) {
            old_.clear();
            std::swap(old_, young_);
        }
        young_.insert_or_assign(token, seen);
    }

    std::size_t half_;
    std::uint64_t generation_ = 0;
    std::unordered_map<crypto::digest, verified_token, hash> young_;
    std::unordered_map<crypto::digest, verified_token, hash> old_;
    mutable std::mutex lock_{};
};

}  // namespace syncfw::detail
