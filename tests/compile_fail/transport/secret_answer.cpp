// SPDX-License-Identifier: BSL-1.0
// expect: an answer can't hold a secret
#include <syncfw/transport/http/typed.hpp>

#include <string>
#include <vector>

struct login {
#ifdef SYNCFW_MISTAKE
    syncfw::secret<std::string> token{};
#else
    std::string token{};
#endif
};
struct logins {
    std::vector<login> all{};
};

syncfw::http::typed_route made() {
    return syncfw::http::typed([](const syncfw::http::call&) { return logins{}; });
}
