// SPDX-License-Identifier: BSL-1.0
// A whole program: a server, devices, and what an operator needs. `library_service --help` tells
// what it can do.

// [library_service]
#include <syncfw/app/main.hpp>

using namespace syncfw::annotations;

struct book {
    syncfw::uuid id{};
    std::string title{};
    std::optional<std::string> author{};
    std::int32_t pages = 0;
    syncfw::set_of<std::string> tags{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::title>(required, length<1, 200>),
        field<&book::pages>(range(0, 20'000)));
};
using library = syncfw::schema<book>;

int main(int argc, char** argv) {
    return syncfw::app::main<library>(
        argc, argv, {.program = "library_service", .port = 8080, .about = "keeps books in step"});
}
// [/library_service]
