// SPDX-License-Identifier: BSL-1.0
// [includes]
#pragma once

#include <syncfw/syncfw.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
// [/includes]

// [item]
using namespace syncfw::annotations;

struct item {
    syncfw::uuid id{};
    std::string name{};
    bool bought = false;
    syncfw::counter amount{};
    std::string note{};

    static constexpr auto sync_entity =
        entity<"item">(field<&item::id>(primary_key), field<&item::name>(required, max_length<80>),
                       field<&item::note>(merge(by::text)));
};
using shopping = syncfw::schema<item>;
// [/item]

// [household]
/// Whose list it is. The server takes it from the token; a device keeps its rows under it.
inline syncfw::tenant_id household() {
    return syncfw::tenant_id("household");
}

inline std::string from_environment(const char* name, const char* otherwise) {
    const char* const value = std::getenv(name);
    return value == nullptr ? otherwise : value;
}

inline int fail(const syncfw::error& why) {
    std::fprintf(stderr, "%s\n", to_string(why).c_str());
    return 1;
}
// [/household]
