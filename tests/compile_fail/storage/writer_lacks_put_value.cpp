// SPDX-License-Identifier: BSL-1.0
// expect: the store's writer lacks `result<void> put_value(std::string_view name, std::string_view
// bytes)`
#include "complete_store.hpp"

struct writer : complete::writer {
#ifdef SYNCFW_MISTAKE
    void put_value(std::string_view);
#endif
};
using store = complete::store<complete::reader, writer>;

auto begin(store& s) {
    return syncfw::begin_write(s, syncfw::tenant_id());
}
