// SPDX-License-Identifier: BSL-1.0
// The stores beside what one would write by hand. README.md says what each row means.
//
//     bench_storage [--results FILE] [--rows N] [--pairs N] [--only memory|sqlite|postgres]
//                   [--no-header]
#include "storage.hpp"

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace bench {
namespace {

settings read_settings(std::span<char*> arguments) {
    settings chosen;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        if (name == "--no-header") {
            chosen.with_header = false;
            continue;
        }
        const std::string value = ++i < arguments.size() ? arguments[i] : "";
        const std::size_t number = std::strtoul(value.c_str(), nullptr, 10);
        if (name == "--results") {
            chosen.results = value;
        } else if (name == "--only") {
            chosen.only = value;
        } else if (name == "--rows" && number >= 1'000) {
            chosen.rows = number;
        } else if (name == "--pairs" && number >= 1) {
            chosen.how.pairs = number;
        } else {
            std::fprintf(stderr, "bench_storage: %s wants another value, or is no option\n",
                         arguments[i - 1]);
            std::exit(1);
        }
    }
    return chosen;
}

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
