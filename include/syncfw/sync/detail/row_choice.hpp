// SPDX-License-Identifier: BSL-1.0
// Which rows of a schema a list of filters names: all where the list is empty, else those of the
// entities in it that fit.
#pragma once

#include <syncfw/query/filter.hpp>

#include <utility>
#include <vector>

namespace syncfw::detail {

template <class Schema>
class row_choice {
  public:
    [[nodiscard]] static result<row_choice> make(const std::vector<filter>& filters) {
        row_choice made;
        made.is_everything_ = filters.empty();
        for (const filter& each : filters) {
            auto checked =
                Schema::visit(each.entity, [&]<class T>(of<T>) { return check<T>(each); });
            if (!checked) return checked.error();
            for (const checked_filter& other : made.filters_)
                if (other.entity().name == each.entity)
                    return error{.code = errc::malformed,
                                 .message = "there is one filter for an entity at most",
                                 .entity = each.entity};
            made.filters_.push_back(std::move(*checked));
        }
        return made;
    }

    /// Whether rows of T are asked for at all.
    template <class T>
    [[nodiscard]] bool names() const {
        return is_everything_ || find<T>() != nullptr;
    }
    template <class T>
    [[nodiscard]] bool has(const T& row) const {
        if (is_everything_) return true;
        const checked_filter* const asked = find<T>();
        return asked != nullptr && matches(*asked, row);
    }

  private:
    template <class T>
    [[nodiscard]] const checked_filter* find() const {
        for (const checked_filter& each : filters_)
            if (each.entity().name == entity_of<T>.name) return &each;
        return nullptr;
    }

    std::vector<checked_filter> filters_{};
    bool is_everything_ = true;
};

}  // namespace syncfw::detail
