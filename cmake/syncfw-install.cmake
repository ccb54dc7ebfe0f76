# SPDX-License-Identifier: BSL-1.0
# Headers, licence, CMake package and pkg-config files. One export file per component, so that a
# machine without one library can still use the others.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# share/, not lib/: nothing here depends on the architecture.
set(config_dir ${CMAKE_INSTALL_DATADIR}/cmake/syncfw)

function(syncfw_install_pkgconfig file name description flags)
    set(pc_name "${name}")
    set(pc_description "${description}")
    set(pc_flags "${flags}")
    configure_file(${PROJECT_SOURCE_DIR}/cmake/syncfw.pc.in ${PROJECT_BINARY_DIR}/${file} @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
endfunction()

foreach(component IN LISTS components)
    install(TARGETS syncfw_${component} EXPORT syncfw-${component}-targets
            FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    install(EXPORT syncfw-${component}-targets NAMESPACE syncfw:: DESTINATION ${config_dir})

    get_property(module GLOBAL PROPERTY syncfw_${component}_PKGCONFIG)
    get_property(needs GLOBAL PROPERTY syncfw_${component}_NEEDS)
    if(component STREQUAL "core")
        syncfw_install_pkgconfig(syncfw.pc syncfw "${PROJECT_DESCRIPTION}"
                                 "Cflags: -I\${includedir}")
    elseif(module)
        syncfw_install_pkgconfig(syncfw-${component}.pc "syncfw ${component}"
                                 "syncfw with what its ${component} headers link to"
                                 "Requires: syncfw ${module}")
    elseif(needs)
        set(modules syncfw)
        set(libraries "")
        foreach(needed IN LISTS needs)
            get_property(module GLOBAL PROPERTY syncfw_${needed}_PKGCONFIG)
            if(module)
                string(APPEND modules " syncfw-${needed}")
            else()
                set(libraries "\nLibs: -pthread")  # http, which needs threads alone.
            endif()
        endforeach()
        syncfw_install_pkgconfig(syncfw-${component}.pc "syncfw ${component}"
                                 "syncfw with what its ${component} headers link to"
                                 "Requires: ${modules}${libraries}")
    endif()
endforeach()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/syncfw-config.cmake.in
                              ${PROJECT_BINARY_DIR}/syncfw-config.cmake
                              INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/syncfw-config-version.cmake
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/syncfw-config.cmake
              ${PROJECT_BINARY_DIR}/syncfw-config-version.cmake
              ${PROJECT_SOURCE_DIR}/cmake/syncfw-components.cmake
        DESTINATION ${config_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE
        DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/syncfw)
