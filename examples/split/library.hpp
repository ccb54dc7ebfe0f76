// SPDX-License-Identifier: BSL-1.0
// The rows that all files of the program speak of.
#pragma once

#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/annotations.hpp>
#include <syncfw/entity/schema.hpp>

#include <cstdint>
#include <string>

using namespace syncfw::annotations;

struct book {
    syncfw::uuid id{};
    std::string title{};
    std::string author{};
    std::int64_t pages = 0;
    std::int64_t lendings = 0;

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::title>(required, length<1, 200>));
};
struct loan {
    syncfw::uuid id{};
    syncfw::uuid book_id{};
    std::string reader{};

    static constexpr auto sync_entity =
        entity<"loan">(field<&loan::id>(primary_key), field<&loan::reader>(required));
};
using library = syncfw::schema<book, loan>;
