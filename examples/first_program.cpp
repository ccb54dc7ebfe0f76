// SPDX-License-Identifier: BSL-1.0
// The first program: two structs become entities, and have JSON, SQL and queries.
// [first]
#include <syncfw/syncfw.hpp>

#include <boost/describe/class.hpp>

#include <iostream>

using namespace syncfw::annotations;

struct book {  // a plain struct, declared inside of it: no macro, no base class
    syncfw::uuid id{};
    std::string title{};
    std::int64_t pages = 0;
    std::optional<std::string> notes{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::title>(required, length<1, 200>));
};

struct album {  // a struct of someone else's, described and declared beside it
    std::string barcode{};
    std::int32_t tracks = 0;
};
BOOST_DESCRIBE_STRUCT(album, (), (barcode, tracks))
constexpr auto sync_entity(syncfw::of<album>) {
    return entity<"album">(field<&album::barcode>(primary_key),
                           field<&album::tracks>(range(1, 99)));
}

int main() {
    const book dune{.id = syncfw::new_uuid(), .title = "Dune", .pages = 412};
    const std::string json = syncfw::json::encode(dune);
    const auto back = syncfw::json::decode<book>(json);
    std::cout << json << "\n" << back.value().title << " came back\n";
    std::cout << syncfw::json::encode(album{"0094638241621", 17}) << "\n";

    const auto thick = where(field<&book::pages> > 300 && field<&book::title>.starts_with("D"));
    using query = decltype(thick);
    std::cout << syncfw::sql::select_text<syncfw::sql::sqlite, query> << "\n"
              << "in memory: " << (matches(thick, dune) ? "found" : "not found") << "\n";
}
// [/first]
