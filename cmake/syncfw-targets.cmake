# SPDX-License-Identifier: BSL-1.0
# One INTERFACE target per component. All are defined whatever is installed: headers need no
# library until somebody compiles them. Only core's dependency must be there.

get_property(components GLOBAL PROPERTY syncfw_components)
set(include_root ${PROJECT_SOURCE_DIR}/include)
file(GLOB_RECURSE core_headers CONFIGURE_DEPENDS ${include_root}/syncfw/*.hpp)

set(syncfw_usable_components "")  # Those whose dependency was found, for tests and examples.
foreach(component IN LISTS components)
    get_property(headers GLOBAL PROPERTY syncfw_${component}_HEADERS)
    if(headers)
        list(TRANSFORM headers PREPEND ${include_root}/syncfw/)
        list(REMOVE_ITEM core_headers ${headers})
        set(${component}_headers ${headers})
    endif()
endforeach()

foreach(component IN LISTS components)
    syncfw_find_dependency(${component} reason)
    if(NOT reason)
        list(APPEND syncfw_usable_components ${component})
    elseif(component STREQUAL "core")
        message(FATAL_ERROR "${reason}")
    else()
        message(STATUS "${reason}")
    endif()

    # syncfw::syncfw is core, so that the common case is one obvious name.
    set(export_name ${component})
    if(component STREQUAL "core")
        set(export_name syncfw)
    endif()
    add_library(syncfw_${component} INTERFACE)
    add_library(syncfw::${export_name} ALIAS syncfw_${component})
    set_target_properties(syncfw_${component} PROPERTIES EXPORT_NAME ${export_name})

    target_compile_features(syncfw_${component} INTERFACE cxx_std_20)
    get_property(needs GLOBAL PROPERTY syncfw_${component}_NEEDS)
    if(needs)
        list(TRANSFORM needs PREPEND syncfw_ OUTPUT_VARIABLE dependency)
    else()
        syncfw_dependency_target(${component} dependency)
    endif()
    target_link_libraries(syncfw_${component} INTERFACE ${dependency})
    if(NOT component STREQUAL "core")
        target_link_libraries(syncfw_${component} INTERFACE syncfw_core)
    endif()

    set(present "")
    foreach(header IN LISTS ${component}_headers)
        if(EXISTS ${header})
            list(APPEND present ${header})
        endif()
    endforeach()
    target_sources(syncfw_${component} INTERFACE
                   FILE_SET HEADERS BASE_DIRS ${include_root} FILES ${present})
endforeach()
