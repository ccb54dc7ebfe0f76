// SPDX-License-Identifier: BSL-1.0
#include <syncfw/core/result.hpp>
#include <syncfw/version.hpp>

#include <cstdio>

int main() {
    const syncfw::result<int> seven = 7;
    std::printf("syncfw %s\n", SYNCFW_VERSION_STRING);
    return *seven == 7 ? 0 : 1;
}
