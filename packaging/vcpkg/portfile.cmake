# SPDX-License-Identifier: BSL-1.0
# An overlay port that lives in the repository: it packages the tree that it is part of. In a
# registry, the next line becomes vcpkg_from_github(...).
cmake_path(SET SOURCE_PATH NORMALIZE "${CURRENT_PORT_DIR}/../..")

set(VCPKG_BUILD_TYPE release)  # Header-only: a debug build would be the same files.

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        -DSYNCFW_BUILD_TESTS=OFF
        -DSYNCFW_BUILD_EXAMPLES=OFF
        -DSYNCFW_BUILD_BENCHMARKS=OFF
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/syncfw)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/lib" "${CURRENT_PACKAGES_DIR}/share/licenses")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
