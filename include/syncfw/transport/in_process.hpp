// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/transport/transport.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

/// A server in the same process, as one of its callers sees it.
///
///     syncfw::in_process_link link(hub, {.tenant = whose});
///     syncfw::replica mine(store, link, whose);
template <class Server, class Caller>
class in_process_link {
  public:
    /// The server must outlive the link.
    in_process_link(Server& hub, Caller who) : hub_(&hub), who_(std::move(who)) {}

    /// What the server throws becomes `errc::timed_out`: nobody knows what it did before.
    [[nodiscard]] result<std::string> exchange(std::string_view request) {
        try {
            return hub_->handle(who_, request);
        } catch (const std::exception& thrown) {
            return error{
                .code = errc::timed_out, .message = "the server gave up", .cause = thrown.what()};
        }
    }

  private:
    Server* hub_;
    Caller who_;
};

}  // namespace syncfw
