// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <new>
#include <utility>

namespace syncfw::detail {

// What std::construct_at and std::destroy_at do, without <memory>.
template <class V, class... Args>
void construct(V& place, Args&&... args) {
    ::new (static_cast<void*>(&place)) V(std::forward<Args>(args)...);
}
template <class V>
void destroy(V& place) noexcept {
    place.~V();
}

}  // namespace syncfw::detail
