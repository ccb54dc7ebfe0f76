// SPDX-License-Identifier: BSL-1.0
// expect: rules(…) takes rules alone: required, length, range, one_of, email, pattern, satisfies
#include <syncfw/entity/rules.hpp>

#include <string>

using namespace syncfw::annotations;

struct asked {
    std::string title{};

    static constexpr auto sync_rules = rules(
#ifdef SYNCFW_MISTAKE
        field<&asked::title>(required, unique)
#else
        field<&asked::title>(required)
#endif
    );
};
