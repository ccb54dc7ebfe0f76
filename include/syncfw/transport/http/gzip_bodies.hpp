// SPDX-License-Identifier: BSL-1.0
// Bodies that come and go as gzip; link syncfw::zlib.
//
//     auto listening = http::server::open(http::with_gzip(routes), {.port = 8080});
//
// What comes packed is unpacked before the handler sees it, up to the limit and no further, and
// by a router only for who may ask; what goes out is packed for who takes that, where it is worth
// it. A client's answers come packed as
// well with
//
//     auto link = syncfw::http_link::make(address, {.packing = syncfw::http::gzip_packing()});
#pragma once

#include <syncfw/codec/gzip.hpp>
#include <syncfw/transport/http/message.hpp>
#include <syncfw/transport/http/packing.hpp>
#include <syncfw/transport/http/router.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::http {

struct gzip_rules {
    std::size_t unpacked_bytes_max = 10 << 20;
    std::size_t packed_from_bytes = 1'024;  ///< Smaller answers go out as they are.
};

/// The router must outlive what is given.
[[nodiscard]] inline std::function<response(request&&)> with_gzip(router& routes,
                                                                  gzip_rules rules = {});
/// For a function that looks at no token: whoever asks makes it unpack.
[[nodiscard]] inline std::function<response(request&&)> with_gzip(
    std::function<response(request&&)> handle, gzip_rules rules = {});

struct gzip_packing_rules {
    /// Requests go out packed, too. Only for a server that is known to take that, as `with_gzip`
    /// does; another one refuses them with 415.
    bool packs_requests = false;
    std::size_t packed_from_bytes = 1'024;  ///< Smaller requests go out as they are.
};

/// For `client_options::packing`. Clients may share it.
[[nodiscard]] inline std::shared_ptr<const body_packing> gzip_packing(
    gzip_packing_rules rules = {});

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

// `gzip` or `*` among what the client takes, and not with a weight of nothing.
[[nodiscard]] inline bool takes_gzip(const request& asked) {
    bool takes = false;
    asked.head.fields.for_each([&](std::string_view name, std::string_view value) {
        if (!equal_without_case(name, "Accept-Encoding")) return;
        for_each_element(value, [&](std::string_view each) {
            const std::size_t end = each.find(';');
            const std::string_view coding = trimmed(each.substr(0, end));
            if (!equal_without_case(coding, "gzip") && coding != "*") return true;
            const std::size_t weight = end == each.npos ? end : each.find("q=", end);
            const bool is_none = weight != each.npos &&
                                 each.substr(weight + 2).find_first_not_of("0. ") == each.npos;
            takes = !is_none;
            return coding == "*";
        });
    });
    return takes;
}

[[nodiscard]] inline bool is_worth_packing(std::string_view type) {
    // The last are the engine's own messages, see http_link.
    return type.starts_with("text/") || type.starts_with("application/json") ||
           type.starts_with("application/javascript") || type == "application/vnd.syncfw";
}

/// One writer for each thread: its state is a quarter of a MiB.
[[nodiscard]] inline std::string packed_by_gzip(std::string_view body) {
    static thread_local gzip_writer writer;
    buffer packed;
    writer.compress(body, packed);
    return std::string(packed.view());
}

class gzip_in_client final : public body_packing {
  public:
    explicit gzip_in_client(gzip_packing_rules rules) : rules_(rules) {}

    [[nodiscard]] std::string_view name() const noexcept override { return "gzip"; }
    [[nodiscard]] std::optional<std::string> pack(std::string_view body) const override {
        if (!rules_.packs_requests || body.size() < rules_.packed_from_bytes) return {};
        return packed_by_gzip(body);
    }
    [[nodiscard]] result<std::string> unpack(std::string_view body,
                                             std::size_t bytes_max) const override {
        buffer plain;
        if (auto done = gzip_reader(bytes_max).decompress(body, plain); !done) return done.error();
        return std::string(plain.view());
    }

  private:
    gzip_packing_rules rules_;
};

// None where the body is plain by now.
[[nodiscard]] inline std::optional<response> unpack(request& asked, std::size_t most) {
    const fields& all = asked.head.fields;
    const std::size_t count = all.count("Content-Encoding");
    if (count == 0) return {};
    const std::string_view coding = *all.get("Content-Encoding");
    if (count > 1 ||
        (!equal_without_case(coding, "gzip") && !equal_without_case(coding, "identity")))
        return error_response(415, "of the content encodings only gzip is known here");
    if (equal_without_case(coding, "identity")) return {};
    buffer plain;
    if (auto done = gzip_reader(most).decompress(asked.body, plain); !done)
        return error_response(done.error());
    asked.body = std::string(plain.view());
    asked.head.fields.remove("Content-Encoding");
    return {};
}

[[nodiscard]] inline std::function<response(request&&)> with_packed_answers(
    std::function<response(request&&)> handle, gzip_rules rules) {
    return [handle = std::move(handle), rules](request&& asked) -> response {
        const bool takes = takes_gzip(asked);
        response given = handle(std::move(asked));
        if (given.goes_on || given.body.size() < rules.packed_from_bytes ||
            !is_worth_packing(given.content_type) || given.fields.get("Content-Encoding"))
            return given;
        given.fields.add("Vary", "Accept-Encoding");
        if (!takes) return given;
        given.body = packed_by_gzip(given.body);
        given.fields.add("Content-Encoding", "gzip");
        return given;
    };
}

}  // namespace detail

inline std::shared_ptr<const body_packing> gzip_packing(gzip_packing_rules rules) {
    return std::make_shared<const detail::gzip_in_client>(rules);
}

inline std::function<response(request&&)> with_gzip(router& routes, gzip_rules rules) {
    routes.unpack = [most = rules.unpacked_bytes_max](request& asked) {
        return detail::unpack(asked, most);
    };
    return detail::with_packed_answers(std::ref(routes), rules);
}

inline std::function<response(request&&)> with_gzip(std::function<response(request&&)> handle,
                                                    gzip_rules rules) {
    return detail::with_packed_answers(
        [handle = std::move(handle), rules](request&& asked) -> response {
            if (auto refused = detail::unpack(asked, rules.unpacked_bytes_max))
                return std::move(*refused);
            return handle(std::move(asked));
        },
        rules);
}

}  // namespace syncfw::http
