// SPDX-License-Identifier: BSL-1.0
// Holds the store of lmdb_store.hpp to the promises of storage.hpp.
#include "lmdb_store.hpp"
#include <syncfw/storage/memory.hpp>
#include <syncfw/testing/check_store.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>

// [check]
int main(int count, char** arguments) {
    using namespace syncfw::testing;
    using store_type = custom::lmdb_store<conformance_schema>;

    char folder[] = "/tmp/syncfw-lmdb-XXXXXX";
    if (mkdtemp(folder) == nullptr) return 1;
    const std::string path = std::string(folder) + "/store";
    const auto make = [&path, count = 0]() mutable {
        const std::string fresh = path + std::to_string(count++ % 4);
        std::remove(fresh.c_str());
        return store_type::open(fresh).value();
    };
    const auto make_model = [] {
        return std::make_unique<syncfw::memory::store<conformance_schema>>();
    };

    report seen = check_store(make);
    seen += check_reopening([&path] { return store_type::open(path).value(); });
    const int scripts = count > 1 ? std::atoi(arguments[1]) : 200;
    seen += compare_stores(make, make_model, {.scripts = static_cast<std::uint64_t>(scripts)});
    std::filesystem::remove_all(folder);
    std::puts(to_string(seen).c_str());
    return seen.passed() ? 0 : 1;
}
// [/check]
