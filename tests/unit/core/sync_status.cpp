// SPDX-License-Identifier: BSL-1.0
#include <syncfw/core/sync_status.hpp>

#include <doctest/doctest.h>

namespace {

using syncfw::sync_status;

TEST_CASE("sync status: each has a name, and only the names are read") {
    for (const sync_status each :
         {sync_status::pending, sync_status::synced, sync_status::failed, sync_status::conflict})
        CHECK(syncfw::parse_sync_status(to_string(each)).value() == each);
    CHECK(to_string(sync_status::conflict) == "conflict");

    for (const char* text : {"", "Pending", "pending ", "conflic", "0"}) {
        sync_status out = sync_status::failed;
        CHECK_FALSE(syncfw::parse_sync_status(text, out));
        CHECK(out == sync_status::failed);
        CHECK(syncfw::parse_sync_status(text).error().code == syncfw::errc::malformed);
    }
}

}  // namespace
