// SPDX-License-Identifier: BSL-1.0
// What the server and the devices of the demo have in common: a small library, and what becomes of
// two edits of one row.
#pragma once

#include <syncfw/conflict/policies.hpp>
#include <syncfw/core/counter.hpp>
#include <syncfw/core/error.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/core/tenant.hpp>
#include <syncfw/entity/annotations.hpp>
#include <syncfw/entity/schema.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace demo {

// [entities]
using namespace syncfw::annotations;

struct book {
    std::string isbn{};
    std::string title{};
    syncfw::set_of<std::string> shelves{};  // what either side puts in stays in
    syncfw::counter readings{};             // what both add is added up
    std::string notes{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::isbn>(primary_key), field<&book::title>(merge(by::latest)),
                       field<&book::notes>(merge(by::text)));
};
struct loan {
    std::string isbn{};
    std::string reader{};

    static constexpr auto sync_entity = entity<"loan">(field<&loan::isbn>(primary_key));
};
using library = syncfw::schema<book, loan>;

// One copy can't be lent to two readers: a person decides that, the fields of a book don't need
// one.
using library_policy = syncfw::per_entity<syncfw::on<loan, syncfw::park>,  //
                                          syncfw::otherwise<syncfw::merge_fields>>;
// [/entities]

/// Whose books they are: the server takes it from the token, a device keeps its rows under it.
[[nodiscard]] inline syncfw::tenant_id home() {
    return syncfw::tenant_id("home");
}

/// Made anew for each demo, and handed on in the environment, where no other user can read it.
[[nodiscard]] inline std::string token() {
    const char* const given = std::getenv("SYNCFW_DEMO_TOKEN");
    return given == nullptr ? "" : given;
}

inline int fail(const syncfw::error& why) {
    std::fprintf(stderr, "%s\n", to_string(why).c_str());
    return 1;
}

}  // namespace demo
