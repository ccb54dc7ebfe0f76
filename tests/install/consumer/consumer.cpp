// SPDX-License-Identifier: BSL-1.0
// The program of somebody who uses the library; each way of consuming it builds this file.
#ifdef SYNCFW_SINGLE_HEADER
#include "syncfw.hpp"
#else
#include <syncfw/syncfw.hpp>
#endif

#include <cstdio>

struct note {
    std::int64_t id = 0;
    std::string text{};

    static constexpr auto sync_entity = [] {
        using namespace syncfw::annotations;
        return entity<"note">(field<&note::id>(primary_key), field<&note::text>(required));
    }();
};

int main() {
    const note sent{7, "hello"};
    const auto json = syncfw::json::decode<note>(syncfw::json::encode(sent));
    const auto binary = syncfw::binary::decode<note>(syncfw::binary::encode(sent));
    if (!json || json->text != "hello" || !binary || binary->id != 7) return 1;
    std::printf("consumed syncfw %s\n", SYNCFW_VERSION_STRING);
}
