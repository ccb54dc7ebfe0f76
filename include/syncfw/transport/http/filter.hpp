// SPDX-License-Identifier: BSL-1.0
// What may stand between a socket and the HTTP that is spoken over it: TLS, for one. Server and
// client know this interface alone, so that neither needs a TLS library.
//
//     filter->receive(bytes_of_the_socket);
//     session.receive(filter->take_plain());
//     filter->send(answer);
//     write_to_the_socket(filter->take_output());
//
// `syncfw::tls_context`, in <syncfw/transport/tls.hpp>, makes such filters.
#pragma once

#include <syncfw/core/result.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace syncfw::http {

/// The filter of one connection. It opens no socket and waits for nothing; one thread at a time
/// uses it.
class byte_filter {
  public:
    virtual ~byte_filter() = default;

    /// Takes what came from the socket.
    virtual void receive(std::string_view bytes) = 0;
    /// What the other side said with it, and what it will never say differently.
    [[nodiscard]] virtual std::string take_plain() = 0;

    /// Says this to the other side. What is said too early waits until both have agreed.
    virtual void send(std::string_view plain) = 0;
    /// What the socket shall carry. There may be some without a call of `send`: look after each
    /// call of anything, and after a failure too, because the other side shall hear of it.
    [[nodiscard]] virtual bool has_output() const noexcept = 0;
    [[nodiscard]] virtual std::string take_output() = 0;

    /// Both sides have agreed how they talk, and a client knows whom it talks to.
    [[nodiscard]] virtual bool is_established() const noexcept = 0;
    /// Why nothing can be said any more.
    [[nodiscard]] virtual const std::optional<error>& failed() const noexcept = 0;

    /// Tells the other side that nothing more is said.
    virtual void close() = 0;
    /// The other side has told us that. A socket that ends before was cut, by whomever.
    [[nodiscard]] virtual bool is_closed() const noexcept = 0;
};

/// Makes the filters of a server's or a client's connections; any thread may ask it to.
class filter_source {
  public:
    virtual ~filter_source() = default;

    /// For a server's connections, or for a client's: it is never good for both.
    [[nodiscard]] virtual bool is_for_server() const noexcept = 0;
    /// `host` is whom a client wants to reach; it is empty for a server.
    [[nodiscard]] virtual result<std::unique_ptr<byte_filter>> begin(
        const std::string& host) const = 0;
};

}  // namespace syncfw::http
