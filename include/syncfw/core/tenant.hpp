// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/config.hpp>
#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

/// Whose rows. A transaction belongs to one tenant from its beginning, so no call inside of it can
/// reach another's rows, and each tenant has a feed of its own. A program that has one tenant only
/// uses `tenant_id()`.
///
/// Names are compared by their bytes: no case folding, no normal forms.
class tenant_id {
  public:
    static constexpr std::size_t bytes_max = 255;

    /// The one tenant of a program that has no others.
    tenant_id() = default;

    /// A name that the program itself chose; a bad one is a programming mistake.
    explicit tenant_id(std::string name) : name_(std::move(name)) {
        SYNCFW_ASSERT(is_valid(name_),
                      "a tenant's name is UTF-8 without NUL, of 255 bytes at most");
    }

    /// A name from outside (a token, a command line). Fails with `errc::invalid_value`.
    [[nodiscard]] static result<tenant_id> make(std::string_view name) {
        if (is_valid(name)) return tenant_id(std::string(name));
        return error{.code = errc::invalid_value,
                     .message = "a tenant's name is UTF-8 without NUL, of 255 bytes at most"};
    }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    friend auto operator<=>(const tenant_id&, const tenant_id&) = default;

  private:
    [[nodiscard]] static bool is_valid(std::string_view name) noexcept {
        const char* const end = name.data() + name.size();
        return name.size() <= bytes_max && name.find('\0') == name.npos &&
               detail::find_invalid_text(name.data(), end) == end;
    }

    std::string name_{};
};

}  // namespace syncfw
