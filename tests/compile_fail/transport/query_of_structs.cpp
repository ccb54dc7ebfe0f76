// SPDX-License-Identifier: BSL-1.0
// expect: a path or query holds texts, numbers, flags, enums, uuids, times
#include <syncfw/transport/http/typed.hpp>

#include <string>

struct place {
    std::string city{};
};
struct asked {
#ifdef SYNCFW_MISTAKE
    place at{};
#else
    std::string at{};
#endif
};

syncfw::http::typed_route made() {
    return syncfw::http::typed(
        [](const syncfw::http::call&, const syncfw::http::query<asked>&) { return place{}; });
}
