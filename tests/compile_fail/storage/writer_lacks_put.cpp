// SPDX-License-Identifier: BSL-1.0
// expect: the store's writer lacks `result<void> put<T>(const record<T>&)`
#include "complete_store.hpp"

struct writer : complete::writer {
#ifdef SYNCFW_MISTAKE
    void put();
#endif
};
using store = complete::store<complete::reader, writer>;

auto begin(store& s) {
    return syncfw::begin_write(s, syncfw::tenant_id());
}
