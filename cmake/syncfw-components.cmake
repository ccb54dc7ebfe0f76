# SPDX-License-Identifier: BSL-1.0
# The table of components, and how each finds what it needs. The build reads it, and it is
# installed beside syncfw-config.cmake, so that both look in the same way.
#
# A new component is one entry here, a feature in packaging/vcpkg/vcpkg.json and an option in
# conanfile.py; the test style.components says when one of them is missing.

include_guard(GLOBAL)

# syncfw_component(<name> [PKGCONFIG <module>] [PACKAGE <package>] [TARGETS <imported target>...]
#                  APT <package> [HEADERS <header>...])
# syncfw_component(<name> NEEDS <component>... [HEADERS <header>...])
# HEADERS are the opt-in headers, which only this component brings. pkg-config is asked first,
# because some CMake configs that Linux distributions ship can't be used. A component of the second
# kind stands on others, named before it, and has no dependency of its own.
function(syncfw_component name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "PKGCONFIG;PACKAGE;APT"
                          "TARGETS;HEADERS;NEEDS")
    set_property(GLOBAL APPEND PROPERTY syncfw_components ${name})
    foreach(part IN ITEMS PKGCONFIG PACKAGE APT TARGETS HEADERS NEEDS)
        set_property(GLOBAL PROPERTY syncfw_${name}_${part} "${arg_${part}}")
    endforeach()
endfunction()

syncfw_component(core APT libboost1.81-dev)
syncfw_component(zlib PKGCONFIG zlib PACKAGE ZLIB TARGETS ZLIB::ZLIB
                 APT zlib1g-dev HEADERS codec/zlib.hpp codec/gzip.hpp)
syncfw_component(zstd PKGCONFIG libzstd PACKAGE zstd
                 TARGETS zstd::libzstd zstd::libzstd_shared zstd::libzstd_static
                 APT libzstd-dev HEADERS codec/zstd.hpp)
syncfw_component(sqlite PKGCONFIG sqlite3 PACKAGE SQLite3 TARGETS SQLite::SQLite3
                 APT libsqlite3-dev HEADERS storage/sqlite.hpp testing/fault_vfs.hpp)
syncfw_component(postgres PKGCONFIG libpq PACKAGE PostgreSQL TARGETS PostgreSQL::PostgreSQL
                 APT libpq-dev HEADERS storage/postgres.hpp)
syncfw_component(security PKGCONFIG libcrypto PACKAGE OpenSSL TARGETS OpenSSL::Crypto
                 APT libssl-dev
                 HEADERS security/jwt.hpp security/jwt_keys.hpp security/jwks_source.hpp
                         security/static_token.hpp security/keyring.hpp
                         security/detail/openssl.hpp security/detail/public_key.hpp)
syncfw_component(http PACKAGE Threads TARGETS Threads::Threads
                 APT libc6-dev HEADERS transport/http/server.hpp app/service.hpp
                 transport/http/detail/connection.hpp transport/http/detail/poller.hpp
                 transport/http/detail/server_shared.hpp transport/http/detail/signals.hpp)
syncfw_component(tls PKGCONFIG openssl PACKAGE OpenSSL TARGETS OpenSSL::SSL
                 APT libssl-dev
                 HEADERS transport/tls.hpp transport/detail/tls_pipe.hpp
                         transport/detail/tls_setup.hpp transport/detail/tls_failure.hpp)
syncfw_component(app NEEDS zlib sqlite postgres security http tls
                 HEADERS app/host.hpp app/host_tokens.hpp app/client.hpp app/main.hpp
                         app/client_options.hpp app/field_keys.hpp
                         app/detail/client_run.hpp app/detail/client_unsettled.hpp
                         app/detail/client_verbs.hpp app/detail/client_watch.hpp
                         app/detail/tls_settings.hpp app/detail/token_verb.hpp)

# The name that a component's target links to. It is ours, because the package's own target has
# another name in each package manager, and an exported file must hold for all of them.
function(syncfw_dependency_target component out)
    if(component STREQUAL "core")
        set(${out} Boost::headers PARENT_SCOPE)
    else()
        set(${out} syncfw::dependency::${component} PARENT_SCOPE)
    endif()
endfunction()

# Looks for what the component needs, and sets <reason> to "" when it is there, otherwise to one
# sentence that says what is missing and how to install it. A macro, because find_package must
# leave its variables with the caller.
macro(syncfw_find_dependency component reason)
    get_property(_syncfw_needs GLOBAL PROPERTY syncfw_${component}_NEEDS)
    if(_syncfw_needs)
        set(${reason} "")
        foreach(_syncfw_needed IN LISTS _syncfw_needs)
            if(NOT ${reason})
                _syncfw_find_own_dependency(${_syncfw_needed} ${reason})
            endif()
        endforeach()
    else()
        _syncfw_find_own_dependency(${component} ${reason})
    endif()
    unset(_syncfw_needs)
    unset(_syncfw_needed)
endmacro()

macro(_syncfw_find_own_dependency component reason)
    set(${reason} "")
    syncfw_dependency_target(${component} _syncfw_target)
    get_property(_syncfw_apt GLOBAL PROPERTY syncfw_${component}_APT)
    if(NOT TARGET ${_syncfw_target})
        if("${component}" STREQUAL "core")
            find_package(Boost 1.81 QUIET CONFIG)
            if(NOT TARGET Boost::headers AND CMAKE_VERSION VERSION_LESS 3.30)
                # Boost's headers without its CMake files: CMake's own module finds them.
                find_package(Boost 1.81 QUIET MODULE)
            endif()
            if(NOT TARGET Boost::headers)
                set(${reason} "syncfw needs the headers of Boost 1.81 or later; install ${_syncfw_apt} (Debian 12's libboost-dev is Boost 1.74, which is too old)")
            endif()
        else()
            _syncfw_find_library(${component} ${_syncfw_target})
            if(NOT TARGET ${_syncfw_target})
                get_property(_syncfw_package GLOBAL PROPERTY syncfw_${component}_PACKAGE)
                set(${reason} "syncfw's component '${component}' needs ${_syncfw_package}, which was not found; install ${_syncfw_apt} (Debian's name)")
            endif()
        endif()
    endif()
    unset(_syncfw_target)
    unset(_syncfw_apt)
    unset(_syncfw_package)
endmacro()

function(_syncfw_find_library component target)
    # Found targets must be visible to the project that includes us as a subdirectory, too.
    set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
    foreach(part IN ITEMS PKGCONFIG PACKAGE TARGETS)
        get_property(${part} GLOBAL PROPERTY syncfw_${component}_${part})
    endforeach()

    set(found "")
    foreach(candidate IN LISTS TARGETS)  # Conan, vcpkg or the user may have found it already.
        if(NOT found AND TARGET ${candidate})
            set(found ${candidate})
        endif()
    endforeach()
    if(NOT found AND PKGCONFIG)
        find_package(PkgConfig QUIET)
        if(PkgConfig_FOUND)
            pkg_check_modules(syncfw_${component} QUIET IMPORTED_TARGET GLOBAL ${PKGCONFIG})
            if(syncfw_${component}_FOUND)
                set(found PkgConfig::syncfw_${component})
            endif()
        endif()
    endif()
    if(NOT found)
        find_package(${PACKAGE} QUIET)
        foreach(candidate IN LISTS TARGETS)
            if(NOT found AND TARGET ${candidate})
                set(found ${candidate})
            endif()
        endforeach()
    endif()
    if(found)
        add_library(${target} INTERFACE IMPORTED GLOBAL)
        target_link_libraries(${target} INTERFACE ${found})
    endif()
endfunction()
