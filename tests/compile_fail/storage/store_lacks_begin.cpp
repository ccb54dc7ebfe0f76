// SPDX-License-Identifier: BSL-1.0
// expect: the store lacks `result<reader> begin_read(const tenant_id&)` or `result<writer>
// begin_write(const tenant_id&)`
#include "complete_store.hpp"

struct store : complete::store<complete::reader, complete::writer> {
#ifdef SYNCFW_MISTAKE
    void begin_write();
#endif
};

auto begin(store& s) {
    return syncfw::begin_read(s, syncfw::tenant_id());
}
