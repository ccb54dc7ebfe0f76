// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/transport/transport.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::detail {

/// Exchanges messages, and begins the next request before it is due where the transport can. A
/// request that turns out to be another one is made as if nothing had been begun.
template <class Transport>
class asker {
  public:
    explicit asker(Transport& link) : link_(link) {}
    asker(const asker&) = delete;
    asker& operator=(const asker&) = delete;
    ~asker() { forget(); }

    [[nodiscard]] result<std::string> exchange(std::string_view request) {
        if constexpr (transport_in_halves<Transport>)
            if (begun_ == request) {
                begun_.clear();
                return link_.finish();
            }
        forget();
        return link_.exchange(request);
    }

    /// For `sync_session::receive`; nothing where the transport works in one piece.
    [[nodiscard]] std::function<void(std::string)> ahead() {
        if constexpr (transport_in_halves<Transport>)
            return [this](std::string request) {
                // What can't be sent now fails when it is due.
                if (link_.begin(request)) begun_ = std::move(request);
            };
        else
            return {};
    }

  private:
    void forget() {
        if (begun_.empty()) return;
        begun_.clear();
        if constexpr (transport_in_halves<Transport>) link_.forget();
    }

    Transport& link_;
    std::string begun_{};  // No request is empty.
};

}  // namespace syncfw::detail
