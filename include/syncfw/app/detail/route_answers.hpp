// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/codec/json.hpp>
#include <syncfw/sync/messages.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/http/router.hpp>

namespace syncfw::detail {

[[nodiscard]] inline caller caller_of(const http::call& made) {
    return {.tenant = made.who.tenant, .subject = made.who.subject, .request = made.asked.id};
}

[[nodiscard]] inline http::response as_json(const document& value) {
    return {.body = syncfw::json::encode(value)};
}

/// Whether any row is another now.
template <class Schema>
[[nodiscard]] bool took_effect(const push_answer<Schema>& answer) {
    bool any = false;
    Schema::for_each([&]<class T>(of<T>) {
        for (const operation_answer<T>& each : answer.answers.template of<T>())
            any |= each.outcome == push_outcome::applied || each.outcome == push_outcome::merged;
    });
    return any;
}

}  // namespace syncfw::detail
