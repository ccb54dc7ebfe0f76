// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/transport/transport.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace syncfw::detail {

/// Exchanges messages, and begins the next request before it is due where the transport can: its
/// answer then comes in a thread of its own. A request that turns out to be another one is made as
/// if nothing had been begun.
template <class Transport>
class asker {
  public:
    explicit asker(Transport& link) : link_(link) {}
    asker(const asker&) = delete;
    asker& operator=(const asker&) = delete;
    ~asker() { forget(); }

    [[nodiscard]] result<std::string> exchange(std::string_view request) {
        if constexpr (transport_in_halves<Transport>)
            if (!begun_.empty() && begun_ == request) return end();
        forget();
        return link_.exchange(request);
    }

    /// For `sync_session::receive`; nothing where the transport works in one piece.
    [[nodiscard]] std::function<void(std::string)> ahead() {
        if constexpr (transport_in_halves<Transport>)
            return [this](std::string request) {
                // What can't be sent now fails when it is due.
                if (!link_.begin(request)) return;
                begun_ = std::move(request);
                try {
                    coming_ = std::thread([this] { finish(); });
                } catch (const std::system_error&) {
                    // Without a thread it comes when it is due.
                }
            };
        else
            return {};
    }

  private:
    void finish() noexcept {
        try {
            got_ = link_.finish();
        } catch (...) {
            failed_ = std::current_exception();
        }
    }
    [[nodiscard]] result<std::string> end() {
        begun_.clear();
        if (coming_.joinable())
            coming_.join();
        else
            finish();
        if (failed_) std::rethrow_exception(std::exchange(failed_, nullptr));
        return *std::exchange(got_, std::nullopt);
    }
    void forget() noexcept {
        if (begun_.empty()) return;
        if constexpr (transport_in_halves<Transport>) {
            link_.forget();
            coming_.joinable() ? coming_.join() : finish();
        }
        begun_.clear();
        got_.reset();
        failed_ = nullptr;
    }

    Transport& link_;
    std::string begun_{};  // No request is empty.
    std::thread coming_{};
    std::optional<result<std::string>> got_{};
    std::exception_ptr failed_{};
};

}  // namespace syncfw::detail
