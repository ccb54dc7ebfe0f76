// SPDX-License-Identifier: BSL-1.0
// The program of somebody who uses the library; each way of consuming it builds this file.
#ifdef SYNCFW_SINGLE_HEADER
#include "syncfw.hpp"
#else
#include <syncfw/core/result.hpp>
#include <syncfw/version.hpp>
#endif

#include <cstdio>

int main() {
    const syncfw::result<int> seven = 7;
    if (!seven || *seven != 7) return 1;
    std::printf("consumed syncfw %s\n", SYNCFW_VERSION_STRING);
}
