// SPDX-License-Identifier: BSL-1.0
// expect: the store's transactions lack `result<std::optional<record<T>>> get<T>(const key_of<T>&)`
#include "complete_store.hpp"

struct reader : complete::reader {
#ifdef SYNCFW_MISTAKE
    void get();
#endif
};
using store = complete::store<reader, complete::writer>;

auto begin(store& s) {
    return syncfw::begin_read(s, syncfw::tenant_id());
}
