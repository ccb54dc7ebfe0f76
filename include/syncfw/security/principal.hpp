// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/tenant.hpp>
#include <syncfw/core/timestamp.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace syncfw {

/// Who asks, as a verified token says it. Nothing of it ever comes from a message.
///
///     result<principal> who = verifier.verify(token, timestamp::now());
///     if (!who) return refuse(who.error());
///     hub.handle({.tenant = who->tenant, .subject = who->subject}, request);
struct principal {
    std::string subject{};
    tenant_id tenant{};
    std::vector<std::string> roles{};
    /// A stream that the token opened ends here.
    timestamp expires_at = timestamp::max();

    /// Roles are compared by their bytes.
    [[nodiscard]] bool has_role(std::string_view role) const noexcept {
        for (const std::string& each : roles)
            if (each == role) return true;
        return false;
    }

    friend bool operator==(const principal&, const principal&) = default;
};

}  // namespace syncfw
