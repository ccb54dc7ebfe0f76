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
//
// A transport may offer the same in two halves. Then a replica that is far behind asks for the next
// page before it stores the one that came; the server works and the page comes meanwhile:
//
//     result<void>        begin(std::string_view request);  // sends it
//     result<std::string> finish();                         // what `exchange` would have given
//     void                forget();                         // `finish` need not wait any longer
//
// Each `begin` that went well is followed by one `finish`, in a thread of its own, and there is no
// other request before that has ended. Only requests that change nothing are begun: where nobody
// wants the answer any more, `forget` is called, and `finish` may fail, but must end soon. `forget`
// throws nothing. Until `sync` has returned nobody else may use the transport.
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

/// One that works in two halves, too.
template <class L>
concept transport_in_halves = transport<L> && requires(L& link, std::string_view request) {
    { link.begin(request) } -> std::same_as<result<void>>;
    { link.finish() } -> std::same_as<result<std::string>>;
    link.forget();
};

}  // namespace syncfw
