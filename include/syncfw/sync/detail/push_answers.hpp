// SPDX-License-Identifier: BSL-1.0
// What is told and kept of an operation's end.
#pragma once

#include <syncfw/storage/system_entities.hpp>
#include <syncfw/sync/detail/audit_trail.hpp>
#include <syncfw/sync/detail/push_rules.hpp>
#include <syncfw/sync/detail/request_mark.hpp>
#include <syncfw/sync/detail/row_key.hpp>
#include <syncfw/sync/messages.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::detail {

/// How it ended, for when it comes again.
template <class T>
[[nodiscard]] record<applied_operation> kept_answer_of(const operation_answer<T>& answer,
                                                       const request_marker::mark& mark,
                                                       timestamp now) {
    return {.value = {.id = answer.id,
                      .outcome = std::string(to_string(answer.outcome)),
                      .code = code_name(answer.code),
                      .reason = answer.reason,
                      .version = answer.version,
                      .request_hash = blob(mark.begin(), mark.end()),
                      .applied_at = now}};
}

/// The same outcome as the first time, with the row as it is by now.
template <class T>
void repeat_answer(const applied_operation& known, const request_marker::mark& mark,
                   const std::optional<record<T>>& now, operation_answer<T>& answer) {
    if (known.request_hash != blob(mark.begin(), mark.end())) {
        answer.outcome = push_outcome::rejected;
        answer.code = errc::already_exists;
        answer.reason = "another operation had this id";
        return;
    }
    for (const push_outcome each :
         {push_outcome::applied, push_outcome::merged, push_outcome::superseded,
          push_outcome::parked, push_outcome::rejected})
        if (known.outcome == to_string(each)) answer.outcome = each;
    for (const error_description& each : error_descriptions)
        if (known.code == each.name) answer.code = each.code;
    answer.reason = known.reason;
    if (!now || answer.outcome == push_outcome::rejected) return;
    answer.row = now->value;
    answer.differs = told_fields<T>;
}

template <class T>
void add_audited(audit_trail& to, const operation<T>& op, const operation_answer<T>& answer,
                 const push_rules& rules) {
    constexpr std::string_view kinds[] = {"put", "remove", "restore"};
    const std::string outcome(to_string(answer.outcome));
    const bool is_refused = answer.outcome == push_outcome::rejected;
    to.add({.id = op.id,
            .at = rules.now,
            .subject = rules.subject,
            .action = std::string(kinds[static_cast<std::size_t>(op.kind)]),
            .entity_name = std::string(entity_of<T>.name),
            .row_key = row_key(op.after)},
           {.outcome = outcome,
            .rule = is_refused ? code_name(answer.code) : answer.reason,
            .words = answer.reason.empty() ? outcome : outcome + ": " + answer.reason,
            .fields = names_of<T>(op.changed)});
}

}  // namespace syncfw::detail
