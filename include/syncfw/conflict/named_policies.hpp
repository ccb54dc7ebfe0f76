// SPDX-License-Identifier: BSL-1.0
// One of several policies, by its name: for programs that are told which when they start.
//
//     using choices = named_policies<named<"server-wins", server_wins>,
//                                    named<"last-write-wins", last_write_wins>>;
//     const auto policy = choices::find(text);  // none: no policy has this name
//     syncfw::server hub(store, *policy);
#pragma once

#include <syncfw/conflict/conflict.hpp>
#include <syncfw/core/fixed_string.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncfw {

template <fixed_string Name, class Policy>
struct named {
    using policy_type = Policy;
    static constexpr std::string_view name = Name.view();
};

/// A policy that decides as the one does whose name was found. The first is what it begins as.
template <class... Choices>
class named_policies {
    static_assert(sizeof...(Choices) > 0, "syncfw: named_policies needs a policy to choose");

  public:
    [[nodiscard]] static constexpr std::optional<named_policies> find(std::string_view name) {
        for (std::size_t place = 0; place < sizeof...(Choices); ++place)
            if (named_policies(place).name() == name) return named_policies(place);
        return {};
    }

    /// In the order of the list.
    [[nodiscard]] static std::vector<std::string> names() {
        return {std::string(Choices::name)...};
    }

    constexpr named_policies() noexcept = default;

    [[nodiscard]] constexpr std::string_view name() const {
        constexpr std::string_view all[] = {Choices::name...};
        return all[place_];
    }

    template <class T>
    [[nodiscard]] decision<T> resolve(const conflict<T>& c) const {
        constexpr decision<T> (*all[])(const conflict<T>&) = {decide<Choices, T>...};
        return all[place_](c);
    }

  private:
    template <class Choice, class T>
    [[nodiscard]] static decision<T> decide(const conflict<T>& c) {
        return typename Choice::policy_type().resolve(c);
    }

    constexpr explicit named_policies(std::size_t place) noexcept : place_(place) {}

    std::size_t place_ = 0;
};

}  // namespace syncfw
