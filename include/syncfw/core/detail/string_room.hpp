// SPDX-License-Identifier: BSL-1.0
// Room at the end of a string for bytes that come from elsewhere: to write zeros there first would
// cost as much as the bytes themselves.
#pragma once

#include <cstddef>
#include <string>

namespace syncfw::detail {

#if defined(__GLIBCXX__) && _GLIBCXX_USE_CXX11_ABI && \
    !defined(__cpp_lib_string_resize_and_overwrite)
// Until C++23 the standard library keeps this to itself; an explicit instantiation may name it.
void set_size(std::string& text, std::size_t size);
template <auto SetSize>
struct string_access {
    friend void set_size(std::string& text, std::size_t size) { (text.*SetSize)(size); }
};
template struct string_access<&std::string::_M_set_length>;
#endif

/// Appends what `write` puts at the place that it is given: at most so many bytes, and as many as
/// it says.
template <class Write>
void append_by(std::string& text, std::size_t most, Write&& write) {
    const std::size_t size = text.size();
#if defined(__cpp_lib_string_resize_and_overwrite)
    text.resize_and_overwrite(
        size + most, [&](char* all, std::size_t) { return size + write(all + size, most); });
#elif defined(__GLIBCXX__) && _GLIBCXX_USE_CXX11_ABI
    text.reserve(size + most);
    set_size(text, size + write(text.data() + size, most));
#else
    text.resize(size + most);
    text.resize(size + write(text.data() + size, most));
#endif
}

}  // namespace syncfw::detail
