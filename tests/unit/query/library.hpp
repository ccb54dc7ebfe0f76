// SPDX-License-Identifier: BSL-1.0
// The entities that the tests of queries ask.
#pragma once

#include <syncfw/query/query.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace library {

using namespace syncfw::annotations;

enum class shelf { poetry, drama, prose };

/// Kept as its cents.
struct money {
    std::int64_t cents = 0;
};

}  // namespace library

template <>
struct syncfw::value_traits<library::money> {
    using storage_type = std::int64_t;
    static std::int64_t to_storage(const library::money& m) { return m.cents; }
    static result<library::money> from_storage(std::int64_t cents) { return library::money{cents}; }
};

namespace library {

struct book {
    std::int64_t id = 0;
    std::string title{};
    std::int32_t pages = 0;
    std::optional<std::string> notes{};
    bool is_lent = false;
    std::optional<bool> is_signed{};
    float weight = 0;
    double rating = 0;
    shelf stands_on = shelf::poetry;
    syncfw::timestamp bought{};
    std::optional<syncfw::timestamp> read{};
    syncfw::uuid owner{};
    syncfw::blob cover{};
    money price{};
    std::vector<std::string> authors{};
    std::optional<std::vector<std::int64_t>> editions{};
    syncfw::set_of<std::string> tags{};
    std::vector<double> ratings{};
    syncfw::document extras{};
    std::string iban{};
    syncfw::secret<std::string> mail{};
    std::string place{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::pages>(column("Pages"), json("pageCount")),
        field<&book::iban>(encrypted), field<&book::mail>(encrypted_revealing_equality),
        field<&book::place>(local_only));
};

/// With a composite key.
struct loan {
    std::string reader{};
    std::int64_t book_id = 0;
    std::optional<std::string> note{};
    std::int64_t days = 0;

    static constexpr auto sync_entity =
        entity<"loan">(field<&loan::reader>(primary_key), field<&loan::book_id>(primary_key));
};

}  // namespace library
