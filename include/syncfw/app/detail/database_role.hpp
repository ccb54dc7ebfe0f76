// SPDX-License-Identifier: BSL-1.0
// What a program notes in its database of its own, beside all tenants' rows.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/storage/storage.hpp>

#include <string>
#include <string_view>

namespace syncfw::app::detail {

inline constexpr std::string_view role_name = "syncfw.app.role";

/// A small value of the database's own.
template <class Store>
[[nodiscard]] result<std::string> read_note(Store& store, std::string_view name) {
    auto tx = begin_read(store, tenant_id());
    if (!tx) return tx.error();
    auto kept = tx->get_value(name);
    if (!kept) return kept.error();
    return kept->value_or(std::string());
}
template <class Store>
[[nodiscard]] result<void> write_note(Store& store, std::string_view name, std::string_view text) {
    auto before = read_note(store, name);
    if (!before || *before == text) return before ? result<void>() : result<void>(before.error());
    auto tx = begin_write(store, tenant_id());
    if (!tx) return tx.error();
    if (auto done = tx->put_value(name, text); !done) return done;
    return tx->commit();
}

/// A database is a server's or a device's, never both.
template <class Store>
[[nodiscard]] result<void> claim_role(Store& store, std::string_view role) {
    auto here = read_note(store, role_name);
    if (!here) return here.error();
    if (here->empty()) return write_note(store, role_name, role);
    if (*here == role) return {};
    return error{.code = errc::invalid_value,
                 .message = "the database is a " + *here + "'s; a " + std::string(role) +
                            " needs one of its own, give it with --database"};
}

}  // namespace syncfw::app::detail
