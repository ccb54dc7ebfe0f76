// SPDX-License-Identifier: BSL-1.0
// A query whose result is watched: whoever shows it hears of each change, from here or from afar.
//
//     auto shown = mine.observe(where(field<&book::pages> > 300),
//                                  [](const std::vector<book>& now) { show(now); });
//
// The function is called with the result as it is, at once and behind each write and each page that
// made it another one, in the thread that wrote or synchronised. It ends with the object.
#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace syncfw {

namespace detail {

/// Looks again, and tells if there is something new. False when it could not be looked.
using look_again = std::function<bool()>;

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
