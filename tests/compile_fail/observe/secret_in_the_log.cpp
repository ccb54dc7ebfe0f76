// SPDX-License-Identifier: BSL-1.0
// expect: syncfw: a secret is not logged; log what it is for, or say reveal() where it must really
// go out
#include <syncfw/observe/log.hpp>

#include <optional>
#include <string>

int main() {
    const std::optional<syncfw::secret<std::string>> token(std::string("t"));
    const syncfw::logger log;
#ifdef SYNCFW_MISTAKE
    log.debug("signed in", {{"token", token}});
#else
    log.debug("signed in", {{"has_token", token.has_value()}});
#endif
}
