// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/app/detail/stream_shares.hpp>
#include <syncfw/security/principal.hpp>
#include <syncfw/transport/http/message.hpp>

#include <memory>
#include <utility>

namespace syncfw::detail {

/// A stream that ends with its token, of which each subject of a tenant has so many.
/// `subscribe(open)` gives what lasts as long as the stream, a subscription, or why there is none.
template <class Subscribe>
[[nodiscard]] http::response shared_stream(stream_shares& shares, const principal& who,
                                           Subscribe subscribe) {
    auto share = shares.take(who.tenant, who.subject);
    if (!share) {
        http::response full =
            http::error_response(429, "too many streams are open; close one of them first");
        full.fields.add("Retry-After", "60");
        return full;
    }
    http::response given;
    if (who.expires_at != timestamp::max())
        given.ends_at_microseconds = who.expires_at.microseconds_since_epoch();
    struct listening {
        std::shared_ptr<void> share{};
        std::shared_ptr<void> subscribed{};
    };
    // The share is taken before there is a stream, and goes with the answer where there will be
    // none.
    given.goes_on = [subscribe = std::move(subscribe),
                     share](const std::shared_ptr<http::stream>& open) -> std::shared_ptr<void> {
        result<std::shared_ptr<void>> subscribed = subscribe(open);
        if (!subscribed) return open->close(1013, "too many listen"), nullptr;
        return std::make_shared<listening>(listening{share, std::move(*subscribed)});
    };
    return given;
}

}  // namespace syncfw::detail
