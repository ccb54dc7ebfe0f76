// SPDX-License-Identifier: BSL-1.0
// The stores beside what one would write by hand. README.md says what each row means.
//
//     bench_storage [--results FILE] [--pairs N] [--only memory|sqlite|postgres] [--no-header]
#include "storage.hpp"

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace bench {
namespace {

struct settings {
    std::string results{};
    std::string only{};
    bool with_header = true;
    plan how{.pairs = 15};
};

settings read_settings(std::span<char*> arguments) {
    settings chosen;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        const std::string value = i + 1 < arguments.size() ? arguments[i + 1] : "";
        if (name == "--no-header") {
            chosen.with_header = false;
            continue;
        }
        if (name == "--results") chosen.results = value;
        if (name == "--only") chosen.only = value;
        if (name == "--pairs") chosen.how.pairs = std::strtoul(value.c_str(), nullptr, 10);
        ++i;
    }
    return chosen;
}

int main(const settings& chosen) {
    report out(chosen.results, chosen.with_header);
    const auto wanted = [&](const char* name) {
        return chosen.only.empty() || chosen.only == name;
    };
    if (wanted("memory")) bench_memory(out, chosen.how);
    if (wanted("sqlite")) bench_sqlite(out, chosen.how);
    if (wanted("postgres")) bench_postgres(out, chosen.how);
    return out.missed() == 0 ? 0 : 2;
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments) {
    return bench::main(bench::read_settings({arguments, static_cast<std::size_t>(count)}));
}
