// SPDX-License-Identifier: BSL-1.0
// The stores beside what one would write by hand. README.md says what each row means.
//
//     bench_storage [--results FILE] [--rows N] [--pairs N] [--only memory|sqlite|postgres]
//                   [--no-header]
#include "storage.hpp"

#include <cstdio>
#include <span>
#include <string>
#include <string_view>

namespace bench {
namespace {

int main(const settings& chosen) {
    report out(chosen.results, chosen.with_header);
    for (const part& each : parts())
        if (chosen.only.empty() ? !each.is_for_itself : chosen.only == each.name)
            each.run(out, chosen);
    for (const std::string_view name : {"memory", "sqlite", "postgres"})
        if (std::none_of(parts().begin(), parts().end(),
                         [&](const part& each) { return each.name == name; }))
            report::skip(name, "its library was not found");
    return out.missed() == 0 ? 0 : 2;
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments) {
    return bench::main(bench::read_settings({arguments, static_cast<std::size_t>(count)}));
}
