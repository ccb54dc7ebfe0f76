// SPDX-License-Identifier: BSL-1.0
// expect: the store lacks `result<void> migrate()`
#include "complete_store.hpp"

struct store : complete::store<complete::reader, complete::writer> {
#ifdef SYNCFW_MISTAKE
    void migrate();
#endif
};

auto begin(store& s) {
    return syncfw::begin_read(s, syncfw::tenant_id());
}
