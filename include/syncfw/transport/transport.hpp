// SPDX-License-Identifier: BSL-1.0
// How messages get to the other side. A transport carries bytes and looks at none of them.
//
//     struct my_transport {
//         result<std::string> exchange(std::string_view request);
//     };
//
// `exchange` gives the answer's bytes, or fails: with `errc::peer_unavailable` where the request
// surely did not arrive, `errc::timed_out` where nobody knows. A failure that the server itself
// told is no failure of the transport; it is an answer.
#pragma once

#include <syncfw/core/result.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace syncfw {

template <class L>
concept transport = requires(L& link, std::string_view request) {
    { link.exchange(request) } -> std::same_as<result<std::string>>;
};

}  // namespace syncfw
