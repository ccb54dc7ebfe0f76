# SPDX-License-Identifier: BSL-1.0
# What our own tests, examples and benchmarks are built with. Nothing of it is exported: a user's
# warnings and sanitizers are the user's.

set(SYNCFW_WARNINGS "" CACHE STRING "Warning flags of the tests, examples and benchmarks")
set(SYNCFW_SANITIZE "" CACHE STRING "Sanitizers of the same: address,undefined or thread")

add_library(syncfw_development INTERFACE)
foreach(component IN LISTS syncfw_usable_components)
    target_link_libraries(syncfw_development INTERFACE syncfw_${component})
endforeach()
target_compile_options(syncfw_development INTERFACE ${SYNCFW_WARNINGS})
if(SYNCFW_SANITIZE)
    target_compile_options(syncfw_development INTERFACE
        -fsanitize=${SYNCFW_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(syncfw_development INTERFACE -fsanitize=${SYNCFW_SANITIZE})
endif()
