// SPDX-License-Identifier: BSL-1.0
// expect: the store's transactions lack `result<std::optional<std::string>>
// get_value(std::string_view name)`
#include "complete_store.hpp"

struct reader : complete::reader {
#ifdef SYNCFW_MISTAKE
    std::string get_value(std::string_view);
#endif
};
using store = complete::store<reader, complete::writer>;

auto begin(store& s) {
    return syncfw::begin_read(s, syncfw::tenant_id());
}
