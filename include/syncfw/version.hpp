// SPDX-License-Identifier: BSL-1.0
// The only place of the version: CMake, Conan and the tests read it from here.
#pragma once

#define SYNCFW_VERSION_MAJOR 0
#define SYNCFW_VERSION_MINOR 1
#define SYNCFW_VERSION_PATCH 0
/// One comparable number: major * 10000 + minor * 100 + patch.
#define SYNCFW_VERSION 100
#define SYNCFW_VERSION_STRING "0.1.0"
