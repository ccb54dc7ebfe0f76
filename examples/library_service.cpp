// SPDX-License-Identifier: BSL-1.0
// A whole program: a server, devices, and what an operator needs. `library_service --help` tells
// all that it can do; docs/guide/programs.md leads through it.

// [library_service]
#include <syncfw/app/main.hpp>
#include <syncfw/conflict/merge_fields.hpp>

using namespace syncfw::annotations;

struct book {
    syncfw::uuid id{};
    std::string title{};
    std::optional<std::string> author{};
    std::int32_t pages = 0;
    syncfw::set_of<std::string> tags{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::title>(required, length<1, 200>),
                       field<&book::pages>(range(0, 20'000)));
};
struct review {
    syncfw::uuid id{};
    syncfw::uuid book_id{};
    std::string words{};

    static constexpr auto sync_entity =
        entity<"review">(field<&review::id>(primary_key), field<&review::words>(required));
};
using library = syncfw::schema<book, review>;

// What two people wrote is nothing that a program should merge.
using settled =
    syncfw::per_entity<syncfw::on<review, syncfw::park>, syncfw::otherwise<syncfw::merge_fields>>;

int main(int argc, char** argv) {
    return syncfw::app::main<library>(
        argc, argv, {.program = "library_service", .about = "keeps books in step"}, settled());
}
// [/library_service]
