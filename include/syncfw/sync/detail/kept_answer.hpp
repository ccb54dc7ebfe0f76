// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/blob.hpp>
#include <syncfw/core/detail/siphash.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/storage/system_entities.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::detail {

/// What has a name: of the same name each has another id.
enum class named : unsigned char { answer, operation };

/// Ids of version 8 are made here: no device may push one.
[[nodiscard]] inline bool is_the_servers(const uuid& id) {
    return id.version() == 8;
}

[[nodiscard]] inline uuid id_of_name(std::string_view name, named what = named::answer) {
    const auto hash = siphash_128({static_cast<std::byte>(what)}, name);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), hash.data(), bytes.size());
    bytes[6] = static_cast<std::uint8_t>(0x80 | (bytes[6] & 0x0F));
    bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3F));
    return uuid(bytes);
}

/// What a request was answered that its sender has given a name, kept with what it did, in one
/// transaction: it gets the same answer when it comes again, and does nothing more.
class kept_answer {
  public:
    /// Names are the sender's own: the same of another subject is another one.
    kept_answer(std::string_view subject, std::string_view name, std::string_view request)
        : id_(id_of(subject, name)) {
        std::array<std::byte, 16> key{};
        std::memcpy(key.data(), id_.bytes().data(), key.size());
        const auto mark = siphash_128(key, request);
        mark_.assign(mark.begin(), mark.end());
    }

    /// None where it comes for the first time. To be sure, the transaction must hold the feed.
    template <class Transaction>
    [[nodiscard]] result<std::optional<std::string>> find(Transaction& tx) const {
        auto known = tx.template get<applied_operation>(id_);
        if (!known) return known.error();
        if (!*known) return std::optional<std::string>();
        if ((*known)->value.request_hash != mark_)
            return error{
                .code = errc::conflict,
                .message = "this Idempotency-Key was used for another body; take a new key"};
        return std::optional(std::move((*known)->value.reason));
    }
    template <class Transaction>
    [[nodiscard]] result<void> keep(Transaction& tx, std::string answer, timestamp now) const {
        return tx.put(record<applied_operation>{.value = {.id = id_,
                                                          .outcome = "answered",
                                                          .reason = std::move(answer),
                                                          .request_hash = mark_,
                                                          .applied_at = now}});
    }

  private:
    [[nodiscard]] static uuid id_of(std::string_view subject, std::string_view name) {
        std::string both(subject);
        both += '\0';
        both += name;
        return id_of_name(both);
    }

    uuid id_;
    blob mark_{};
};

}  // namespace syncfw::detail
