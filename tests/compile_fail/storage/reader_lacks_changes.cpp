// SPDX-License-Identifier: BSL-1.0
// expect: the store's transactions lack `result<std::vector<record<T>>> changes<T>(std::int64_t
// after, std::int64_t until, std::int64_t limit)`
#include "complete_store.hpp"

struct reader : complete::reader {
#ifdef SYNCFW_MISTAKE
    void changes();
#endif
};
using store = complete::store<reader, complete::writer>;

auto begin(store& s) {
    return syncfw::begin_read(s, syncfw::tenant_id());
}
