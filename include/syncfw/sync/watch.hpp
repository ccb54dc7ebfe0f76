// SPDX-License-Identifier: BSL-1.0
// A query whose result is watched: whoever shows it hears of each change, from here or from afar.
//
//     auto shown = mine.observe(where(field<&book::pages> > 300),
//                                  [](const std::vector<book>& now) { show(now); });
//
// The function is called with the result as it is, at once and behind each write and each page that
// made it another one, in the thread that wrote or synchronised. It ends with the object.
#pragma once

#include <syncfw/entity/entity.hpp>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace syncfw {

namespace detail {

/// Looks again, and tells if there is something new. False when it could not be looked.
using look_again = std::function<bool()>;

template <class T>
[[nodiscard]] bool is_same_result(const std::vector<T>& a, const std::vector<T>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!changed_fields(a[i], b[i]).empty()) return false;
    return true;
}

}  // namespace detail

/// Watches as long as it is there.
class watch {
  public:
    watch() = default;

  private:
    template <class World, class Transport>
    friend class replica;
    explicit watch(std::shared_ptr<detail::look_again> looking) : looking_(std::move(looking)) {}

    std::shared_ptr<detail::look_again> looking_{};
};

}  // namespace syncfw
