// SPDX-License-Identifier: BSL-1.0
// Writes of clients that know no versions: which row, what becomes of it, and when that was.
//
//     syncfw::timed_write wanted{.id = "op-123", .kind = write_kind::update, .entity = "book",
//                                .key = "book-456", .data = {…}, .at = then};
//     syncfw::write_result done = syncfw::take_write(hub, who, wanted);
//
// What such a client had seen when it wrote, nobody knows. So its write is held against the time at
// which each field was last written here (`server_options::field_times`, which must be on):
//
// - A field that was last written earlier gets the client's value. That is no conflict.
// - One that was written later or at the same time, to another value, is in conflict: it is merged
//   as its annotation says, with the client's side as the earlier one. So of scalars the server's
//   value stays.
// - Documents are always merged member by member: a member that the write lacks may be one that its
//   client never saw. A set gets exactly the client's values, or the union in a conflict.
// - A deletion of a row that was written later or at the same time, and a change of a row that is
//   deleted, are left to the server's policy: `park_deletions` keeps both for a person.
// - What is created under a key that is there is a conflict where values differ.
// - Where the row was written later and the policy takes one side whole, the write may lose all but
//   what it adds to counters and sets: that is a conflict too, and `merged`.
//
// Clocks of clients run ahead; a time too far in the future counts as one about now. Each write
// takes effect once: its id comes again with its first result, or is refused for another write, as
// long as answers are kept (`retention::answers_until`). A write that failed left nothing behind,
// and may come again mended.
#pragma once

#include <syncfw/sync/detail/kept_answer.hpp>
#include <syncfw/sync/detail/timed_plan.hpp>
#include <syncfw/sync/server.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

enum class write_status : unsigned char { success, conflict, error };

struct write_result {
    write_status status = write_status::success;
    std::string resolution{};  ///< Of a conflict: `client`, `server`, `merged`, or `manual`.
    document data{};           ///< Of a conflict: the row as it is now.
    error why{};               ///< Of an error.
    bool is_repeated = false;  ///< The result is the first one's.
    bool wrote = false;        ///< Whether any row is another now.
};

/// What the writes of one request did so far: the later ones of a request know of the earlier ones.
using writes_before = std::map<std::pair<std::string, std::string>, std::int64_t>;

/// Takes one write. `within(tx, result)` is called in its transaction, where it took effect or had
/// been taken before, for what is to be remembered with it.
template <class Server, class Within>
[[nodiscard]] write_result take_write(Server& hub, const caller& who, const timed_write& asked,
                                      writes_before& before, Within&& within);
template <class Server>
[[nodiscard]] write_result take_write(Server& hub, const caller& who, const timed_write& asked) {
    writes_before before;
    return take_write(hub, who, asked, before,
                      [](auto&, const write_result&) -> result<void> { return {}; });
}

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

/// The engine's id of a write: its own where a device could have given it, else one made of it. Ids
/// are of one tenant, so who looks for two texts of the same id finds them for himself alone.
[[nodiscard]] inline uuid id_of_write(std::string_view name) {
    uuid own;
    if (uuid::parse(name, own) && !is_the_servers(own)) return own;
    return id_of_name(name, named::operation);
}

/// The first result of a write, to be given again.
[[nodiscard]] inline kept_answer receipt_for(const timed_write& asked) {
    constexpr std::string_view no_subject("\0write", 6);
    return {
        no_subject, asked.id,
        syncfw::json::encode(document::array(static_cast<std::int64_t>(asked.kind), asked.entity,
                                             asked.key, asked.data, to_string(asked.at)))};
}
[[nodiscard]] inline std::string text_of(const write_result& result) {
    return syncfw::json::encode(document::array(result.resolution, result.data));
}
[[nodiscard]] inline result<write_result> result_in(const std::string& receipt) {
    const auto kept = syncfw::json::decode_document(receipt);
    if (!kept) return kept.error();
    write_result first{.is_repeated = true};
    first.resolution = *kept->elements()->at(0).text();
    first.data = kept->elements()->at(1);
    if (!first.resolution.empty()) first.status = write_status::conflict;
    return first;
}

/// Whether the row is now what the operation was to make of it.
template <class T>
[[nodiscard]] bool is_as_planned(const operation<T>& op, const operation_answer<T>& answer) {
    return answer.is_deleted == (op.kind == operation_kind::remove) &&
           (changed_fields(op.after, answer.row) & op.changed).empty();
}

/// What the engine made of the operation, where it was not as planned.
template <class Schema>
void read_answer(const push_message<Schema>& planned, const push_answer<Schema>& answer,
                 write_result& result) {
    const auto is_conflict = [&](const char* resolution) {
        result.status = write_status::conflict;
        result.resolution = resolution;
    };
    Schema::for_each([&]<class T>(of<T>) {
        auto op = planned.operations.template of<T>().begin();
        for (const operation_answer<T>& each : answer.answers.template of<T>()) {
            result.wrote =
                each.outcome == push_outcome::applied || each.outcome == push_outcome::merged;
            switch (each.outcome) {
                case push_outcome::applied: break;
                case push_outcome::merged:
                    if (!is_as_planned(*op, each)) is_conflict("merged");
                    break;
                case push_outcome::superseded: is_conflict("server"); break;
                case push_outcome::parked: is_conflict("manual"); break;
                case push_outcome::rejected:
                    result = {.status = write_status::error,
                              .why = {.code = each.code, .message = each.reason}};
            }
            ++op;
        }
    });
}

/// Makes the engine's operation of a write, and says how the write ended.
template <class Server>
class write_taker {
  public:
    using schema_type = typename Server::schema_type;

    write_taker(const timed_write& asked, writes_before& before)
        : asked_(asked), before_(before), receipt_(receipt_for(asked)) {}

    template <class Transaction>
    [[nodiscard]] result<push_message<schema_type>> make(Transaction& tx) {
        planned_ = {};
        ended_ = {};
        auto receipt = receipt_.find(tx);
        if (!receipt && receipt.error().code == errc::conflict)
            return error{.code = errc::already_exists,
                         .message = "another operation had this id",
                         .field = "id"};
        if (!receipt) return receipt.error();
        if (*receipt) {
            auto first = result_in(**receipt);
            if (!first) return first.error();
            ended_ = std::move(*first);
            return planned_;
        }
        auto done = schema_type::visit(asked_.entity, [&]<class T>(of<T>) -> result<void> {
            const auto known = before_.find({asked_.entity, asked_.key});
            auto plan = plan_timed<T>(tx, asked_, known == before_.end() ? -1 : known->second);
            if (!plan) return plan.error();
            ended_.resolution = std::move(plan->resolution);
            if (!ended_.resolution.empty()) ended_.status = write_status::conflict;
            if (!plan->op) return {};
            plan->op->id = id_of_write(asked_.id);
            planned_.operations.template of<T>().push_back(std::move(*plan->op));
            return {};
        });
        if (!done) return done.error();
        return planned_;
    }

    template <class Transaction, class Within>
    [[nodiscard]] result<void> keep(Transaction& tx, const push_answer<schema_type>& answer,
                                    Within& within) {
        if (!ended_.is_repeated) {
            read_answer(planned_, answer, ended_);
            if (ended_.status == write_status::error) return ended_.why;
            if (auto shown = show(tx); !shown) return shown;
            auto kept = receipt_.keep(tx, text_of(ended_), answer.newest.moment());
            if (!kept) return kept;
        }
        return within(tx, std::as_const(ended_));
    }

    [[nodiscard]] write_result ended(const result<push_answer<schema_type>>& answer) {
        if (!answer) return {.status = write_status::error, .why = answer.error()};
        if (ended_.wrote) before_[{asked_.entity, asked_.key}] = version_;
        return std::move(ended_);
    }

  private:
    // Of a conflict the row is told as it is now.
    template <class Transaction>
    [[nodiscard]] result<void> show(Transaction& tx) {
        return schema_type::visit(asked_.entity, [&]<class T>(of<T>) -> result<void> {
            auto at = key_parser<key_of<T>>::parse(asked_.key);
            if (!at) return at.error();
            auto row = tx.template get<T>(*at);
            if (!row) return row.error();
            if (!*row) return {};
            version_ = (*row)->version();
            if (ended_.status == write_status::conflict) ended_.data = to_plain((*row)->value);
            return {};
        });
    }

    const timed_write& asked_;
    writes_before& before_;
    kept_answer receipt_;
    push_message<schema_type> planned_{};
    write_result ended_{};
    std::int64_t version_ = 0;
};

}  // namespace detail

template <class Server, class Within>
write_result take_write(Server& hub, const caller& who, const timed_write& asked,
                        writes_before& before, Within&& within) {
    constexpr std::size_t id_max = 200;
    if (asked.id.empty() || asked.id.size() > id_max)
        return {.status = write_status::error,
                .why = {.code = errc::invalid_value,
                        .message = "an operation's id has 1 to 200 bytes",
                        .field = "id"}};
    detail::write_taker<Server> taker(asked, before);
    auto answer = hub.push_within(
        who, [&](auto& tx) { return taker.make(tx); },
        [&](auto& tx, const auto& made) { return taker.keep(tx, made, within); });
    return taker.ended(answer);
}

}  // namespace syncfw
