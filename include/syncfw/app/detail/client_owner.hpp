// SPDX-License-Identifier: BSL-1.0
// Whose rows a device's database has, as far as the device can know.
#pragma once

#include <syncfw/app/detail/database_role.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/tenant.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/security/detail/base64url.hpp>
#include <syncfw/storage/storage.hpp>
#include <syncfw/storage/system_entities.hpp>
#include <syncfw/sync/detail/row_key.hpp>
#include <syncfw/sync/replica.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::app::detail {

/// As servers without tokens call who has none.
inline constexpr std::string_view nobody = "anonymous";
inline constexpr std::string_view owner_name = "syncfw.app.owner";

/// The tenant that a token names. It is read, not checked: that is the server's part. A short token
/// that is no JWT is a name, as servers without checks take it; a long one says nothing. `is_user`:
/// each user is a tenant of his own, whatever tenant the token names.
[[nodiscard]] inline std::optional<std::string> tenant_of_token(std::string_view token,
                                                                bool is_user = false) {
    constexpr std::size_t name_bytes_max = 31;
    const std::size_t first = token.find('.');
    const std::size_t second = first == token.npos ? first : token.find('.', first + 1);
    std::string text;
    if (second != token.npos &&
        syncfw::detail::read_base64url(token.substr(first + 1, second - first - 1), text)) {
        const auto claims = json::decode_document(text);
        for (const std::string_view name : {"tenant_id", "sub"}) {
            if (is_user && name != "sub") continue;
            const document* const found = claims ? claims->find(name) : nullptr;
            if (found != nullptr && found->text() != nullptr && !found->text()->empty())
                return *found->text();
        }
    }
    if (token.empty() || token.size() > name_bytes_max) return {};
    return std::string(token);
}

/// Who it is: by the token, or as the last time.
template <class Store>
[[nodiscard]] result<tenant_id> find_owner(Store& store, std::string_view said,
                                           std::string_view token, bool is_user = false) {
    std::optional<std::string> name;
    if (!said.empty()) name = said;
    if (!name) name = tenant_of_token(token, is_user);
    if (name) {
        auto whose = tenant_id::make(*name);
        if (!whose) return whose;
        if (auto done = write_note(store, owner_name, *name); !done) return done.error();
        return whose;
    }
    auto last = read_note(store, owner_name);
    if (!last) return last.error();
    return tenant_id::make(last->empty() ? nobody : std::string_view(*last));
}

/// What was written before anybody had a token becomes the first one's.
template <class Schema, class Replica>
[[nodiscard]] result<void> adopt(Replica& from, Replica& to, auto& store) {
    using annotations::field;
    auto before = from.status();
    if (!before) return before.error();
    if (before->pending == 0 || before->last_sync) return {};
    std::vector<record<outbox_operation>> work;
    {
        auto tx = begin_read(store, tenant_id(std::string(nobody)));
        if (!tx) return tx.error();
        auto rows = tx->scan(all<outbox_operation>().order_by(field<&outbox_operation::position>));
        if (!rows) return rows.error();
        work = std::move(*rows);
    }
    for (const record<outbox_operation>& each : work) {
        auto done = Schema::visit(each.value.entity_name, [&]<class T>(of<T>) -> result<void> {
            auto at = syncfw::detail::parse_row_key<T>(each.value.row_key);
            if (!at) return at.error();
            auto row = from.template get<T>(*at);
            if (!row) return row.error();
            return *row ? to.put(**row) : result<void>();
        });
        if (!done) return done;
    }
    return from.sign_out(unsent::drop);
}

}  // namespace syncfw::app::detail
