// SPDX-License-Identifier: BSL-1.0
// TLS as a program's settings say: what a server shows, and whom a client believes.
#pragma once

#include <syncfw/app/settings.hpp>
#include <syncfw/transport/http/url.hpp>
#include <syncfw/transport/tls.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace syncfw::app::detail {

/// Of a server.
[[nodiscard]] inline std::vector<setting> tls_settings() {
    return {{.name = "tls-certificate",
             .help = "serves https: a PEM file with the server's certificate and those behind it",
             .stands_for = "FILE"},
            {.name = "tls-key",
             .help = "a file of its owner alone, with the certificate's private key",
             .stands_for = "FILE"}};
}

/// Of everybody who asks a server at https.
[[nodiscard]] inline setting tls_authorities() {
    return {.name = "tls-authorities",
            .help = "who is believed at https: a PEM file; none: those whom the machine believes",
            .stands_for = "FILE"};
}

[[nodiscard]] inline error about_setting(const char* where, error why) {
    why.message = std::string(where) + ": " + why.message;
    return why;
}

/// What a server shows of itself, and its files, which somebody renews.
class shown_certificate {
  public:
    /// Shows nothing where the settings name no certificate.
    [[nodiscard]] static result<shown_certificate> from(const settings& given) {
        shown_certificate made;
        made.chain_ = given["tls-certificate"];
        made.key_ = given["tls-key"];
        if (made.chain_.empty() != made.key_.empty())
            return bad_setting("TLS_CERTIFICATE and TLS_KEY belong together; set both");
        if (made.chain_.empty()) return made;
        auto shown = tls_identity::from_files(made.chain_, made.key_);
        if (!shown) return about_setting("TLS_CERTIFICATE", shown.error());
        auto tls = tls_context::for_server(*shown);
        if (!tls) return about_setting("TLS_CERTIFICATE", tls.error());
        made.tls_ = std::move(*tls);
        made.shown_ = std::move(*shown);
        return made;
    }

    [[nodiscard]] const std::shared_ptr<tls_context>& tls() const noexcept { return tls_; }

    /// Whether the files have another certificate by now, which is shown from here on. After a
    /// failure, the old one still is.
    [[nodiscard]] result<bool> look() {
        auto shown = tls_identity::from_files(chain_, key_);
        if (!shown) return shown.error();
        if (*shown == *shown_) return false;
        if (auto done = tls_->renew(*shown); !done) return done.error();
        shown_ = std::move(*shown);
        return true;
    }
    [[nodiscard]] timestamp expires_at() const { return shown_->expires_at(); }

  private:
    std::string chain_{};
    std::string key_{};
    std::shared_ptr<tls_context> tls_{};
    std::optional<tls_identity> shown_{};
};

/// Whether an address is of the machine itself, where nobody is on the way.
[[nodiscard]] inline bool is_this_machine(const http::url& at) {
    return http::detail::equal_without_case(at.host, "localhost") || at.host == "::1" ||
           (at.host.starts_with("127.") &&
            at.host.find_first_not_of("0123456789.") == std::string::npos);
}

/// For whoever asks at this address: nothing where that isn't https.
[[nodiscard]] inline result<std::shared_ptr<const http::filter_source>> tls_for(
    const std::string& address, const settings& given) {
    if (!http::detail::equal_without_case(address.substr(0, 8), "https://"))
        return std::shared_ptr<const http::filter_source>();
    auto whom = tls_trust::system();
    if (const std::string& file = given["tls-authorities"]; !file.empty()) {
        auto read = tls_trust::from_file(file);
        if (!read) return about_setting("TLS_AUTHORITIES", read.error());
        whom = std::move(*read);
    }
    auto made = tls_context::for_client(whom);
    if (!made) return about_setting("TLS_AUTHORITIES", made.error());
    return std::shared_ptr<const http::filter_source>(std::move(*made));
}

}  // namespace syncfw::app::detail
