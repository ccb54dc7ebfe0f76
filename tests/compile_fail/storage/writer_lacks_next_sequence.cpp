// SPDX-License-Identifier: BSL-1.0
// expect: the store's writer lacks `result<std::int64_t> next_sequence(std::int64_t count)`
#include "complete_store.hpp"

struct writer : complete::writer {
#ifdef SYNCFW_MISTAKE
    void next_sequence();
#endif
};
using store = complete::store<complete::reader, writer>;

auto begin(store& s) {
    return syncfw::begin_write(s, syncfw::tenant_id());
}
