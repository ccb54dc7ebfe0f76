// SPDX-License-Identifier: BSL-1.0
// expect: the store's transactions lack `bool is_usable()`
#include "complete_store.hpp"

struct reader : complete::reader {
#ifdef SYNCFW_MISTAKE
    void is_usable();
#endif
};
using store = complete::store<reader, complete::writer>;

auto begin(store& s) {
    return syncfw::begin_read(s, syncfw::tenant_id());
}
