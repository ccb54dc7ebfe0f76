// SPDX-License-Identifier: BSL-1.0
// The verbs about what is unsent, refused or in conflict, and those that synchronise.
#pragma once

#include <syncfw/app/detail/client_run.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::app::detail {

template <class S>
result<std::vector<outbox_operation>> client_run<S>::outbox() {
    using annotations::field;
    auto tx = begin_read(*store_, whose_);
    if (!tx) return tx.error();
    auto rows = tx->scan(all<outbox_operation>().order_by(field<&outbox_operation::position>));
    if (!rows) return rows.error();
    std::vector<outbox_operation> all;
    for (record<outbox_operation>& each : *rows) all.push_back(std::move(each.value));
    return all;
}

/// What the operation does to its row: `new`, `changed` or `removed`.
template <class S>
result<std::string> client_run<S>::change_of(const outbox_operation& each) {
    return S::visit(each.entity_name, [&]<class T>(of<T>) -> result<std::string> {
        auto at = syncfw::detail::parse_row_key<T>(each.row_key);
        if (!at) return at.error();
        auto row = mine_->template get<T>(*at);
        if (!row) return row.error();
        return std::string(!*row ? "removed" : each.base ? "changed" : "new");
    });
}

template <class S>
result<json_object> client_run<S>::json_of(const outbox_operation& each) {
    auto change = change_of(each);
    if (!change) return change.error();
    json_object line;
    line.set_text("operation", to_string(each.id))
        .set_text("entity", each.entity_name)
        .set_text("id", each.row_key)
        .set_text("change", *change)
        .set_text("state", syncfw::detail::enum_name(each.state))
        .set("attempts", std::to_string(each.attempts))
        .set_text("writtenAt", to_string(each.written_at));
    if (each.state == outbox_state::failed)
        line.set_text("code", each.code).set_text("reason", each.reason);
    return line;
}

template <class S>
result<int> client_run<S>::pending() {
    auto work = outbox();
    if (!work) return work.error();
    std::vector<std::string> lines;
    for (const outbox_operation& each : *work) {
        if (each.state == outbox_state::failed) continue;
        auto as_json = json_of(each);
        if (!as_json) return as_json.error();
        auto change = change_of(each);
        const bool is_sent = each.state == outbox_state::in_flight;
        lines.push_back(is_json_ ? as_json->text()
                                 : each.entity_name + " " + each.row_key + "  " + *change +
                                       ", written " + to_string(each.written_at) +
                                       (is_sent ? "  (sent, and not answered)" : ""));
    }
    print_list(lines, "nothing is unsent");
    return exit_done;
}

template <class S>
result<int> client_run<S>::parked() {
    if (words_.size() == 1) {
        auto refused = mine_->failed();
        if (!refused) return refused.error();
        std::vector<std::string> lines;
        for (const outbox_operation& each : *refused) {
            auto as_json = json_of(each);
            if (!as_json) return as_json.error();
            lines.push_back(is_json_ ? as_json->text()
                                     : to_string(each.id) + "  " + each.entity_name + " " +
                                           each.row_key + "  " + each.reason);
        }
        print_list(lines, "nothing was refused");
        return exit_done;
    }
    const bool is_retry = words_[1] == "retry";
    if (words_.size() != 3 || (!is_retry && words_[1] != "drop"))
        return bad_setting("write: " + words_[0] + ", or " + words_[0] + " retry ID, or " +
                           words_[0] + " drop ID");
    auto id = uuid::parse(words_[2]);
    if (!id) return bad_setting(shown(words_[2]) + " is no operation's id");
    auto done = is_retry ? mine_->retry(*id) : mine_->drop(*id);
    if (!done) return done.error();
    return exit_done;
}

/// The fields in which both sides differ.
template <class S>
result<std::vector<std::string>> client_run<S>::sides_of(const parked_conflict& each) {
    return S::visit(each.entity_name, [&]<class T>(of<T>) -> result<std::vector<std::string>> {
        auto sides = sides_in<T>(each);
        if (!sides) return sides.error();
        if (sides->theirs.is_deleted()) return std::vector<std::string>{"theirs: deleted"};
        if (sides->mine.is_deleted()) return std::vector<std::string>{"mine: deleted"};
        return differences(sides->mine.value, sides->theirs.value);
    });
}

template <class S>
result<json_object> client_run<S>::json_of(const parked_conflict& each) {
    return S::visit(each.entity_name, [&]<class T>(of<T>) -> result<json_object> {
        auto sides = sides_in<T>(each);
        if (!sides) return sides.error();
        json_object line;
        line.set_text("conflict", to_string(each.id))
            .set_text("entity", each.entity_name)
            .set_text("id", each.row_key)
            .set_text("reason", each.reason)
            .set_text("detectedAt", to_string(each.detected_at))
            .set("base", sides->base ? json_of_row(sides->base->value) : "null")
            .set("mine", json_of_row(sides->mine.value))
            .set("theirs", json_of_row(sides->theirs.value));
        return line;
    });
}

template <class S>
result<int> client_run<S>::conflicts() {
    auto open = mine_->conflicts();
    if (!open) return open.error();
    std::vector<std::string> lines;
    for (const parked_conflict& each : *open) {
        if (is_json_) {
            auto line = json_of(each);
            if (!line) return line.error();
            lines.push_back(line->text());
            continue;
        }
        lines.push_back(to_string(each.id) + "  " + each.entity_name + " " + each.row_key + "  " +
                        each.reason + ", " + to_string(each.detected_at));
        auto sides = sides_of(each);
        if (!sides) return sides.error();
        for (const std::string& difference : *sides) lines.push_back("  " + difference);
    }
    print_list(lines, "no conflict is open");
    return exit_done;
}

template <class S>
result<int> client_run<S>::resolve() {
    auto id = uuid::parse(words_[1]);
    if (!id) return bad_setting(shown(words_[1]) + " is no conflict's id");
    const bool is_mine = words_[2] == "mine";
    if (is_mine || words_[2] == "theirs") {
        if (words_.size() > 3) return bad_setting("a side stands alone: mine, or theirs");
        auto done = mine_->resolve(*id, is_mine ? side::mine : side::theirs);
        if (!done) return done.error();
        return exit_done;
    }
    auto open = mine_->conflicts(many);
    if (!open) return open.error();
    for (const parked_conflict& each : *open) {
        if (each.id != *id) continue;
        return S::visit(each.entity_name, [&]<class T>(of<T>) -> result<int> {
            auto sides = sides_in<T>(each);
            if (!sides) return sides.error();
            auto here = mine_->template get<T>(key(sides->mine.value));
            if (!here) return here.error();
            T row = *here ? std::move(**here) : std::move(sides->mine.value);
            if (auto done = set_fields(row, words_, 2); !done) return done.error();
            if (auto done = mine_->resolve(*id, row); !done) return done.error();
            return exit_done;
        });
    }
    return error{.code = errc::not_found, .message = "no open conflict has this id"};
}

// --- synchronising -------------------------------------------------------------------------------

template <class S>
json_object client_run<S>::json_of(const sync_report& seen) {
    json_object line;
    line.set("sent", std::to_string(seen.pushed))
        .set("received", std::to_string(seen.pulled))
        .set("takenAway", std::to_string(seen.left))
        .set("superseded", std::to_string(seen.superseded))
        .set("refused", std::to_string(seen.rejected))
        .set("parked", std::to_string(seen.parked));
    return line;
}

template <class S>
std::string client_run<S>::words_of(const sync_report& seen) {
    std::string words =
        "sent " + std::to_string(seen.pushed) + ", received " + std::to_string(seen.pulled);
    const auto add = [&](std::int64_t count, const char* what) {
        if (count > 0) words += ", " + std::to_string(count) + " " + what;
    };
    add(seen.left, "taken away");
    add(seen.superseded, "given up for what the server has");
    add(seen.rejected, "refused");
    add(seen.parked, "in conflict");
    return words;
}

template <class S>
std::string client_run<S>::words_of(const sync_ended& ended, std::int64_t unsent) const {
    std::string words = to_string(*ended.why);
    if (ended.retry_after > 0)
        words += "; it asks to wait " + std::to_string((ended.retry_after + 999'999) / 1'000'000) +
                 " seconds";
    if (is_unreachable(ended.why->code))
        words += unsent == 1 ? "; one unsent change is kept for later"
                             : "; " + std::to_string(unsent) + " unsent changes are kept for later";
    return words;
}

template <class S>
result<int> client_run<S>::sync(std::string_view verb) {
    system_environment from;
    std::optional<progress_line> progress(!is_json_);
    bool is_begun = false;
    const auto show = [&](const sync_report& seen) { return progress->show(seen), true; };
    const auto attempt = [&]() -> result<sync_report> {
        if (verb == "push") return mine_->push();
        if (verb == "pull") return mine_->pull();
        // A renewal that was begun goes on by itself.
        const bool is_full = verb == "full-sync" && !std::exchange(is_begun, true);
        return is_full ? mine_->full_sync() : mine_->sync(show);
    };
    const std::int64_t patience = given_.number("patience") * 1'000'000;
    const sync_ended ended =
        try_to_sync(attempt, [&] { return link_->retry_after(); }, from, patience);
    progress.reset();
    return tell_sync(ended);
}

/// What waits for a person, one line each.
template <class S>
result<void> client_run<S>::tell_refused() {
    auto refused = mine_->failed();
    if (!refused) return refused.error();
    for (const outbox_operation& each : *refused)
        print("refused: " + each.entity_name + " " + each.row_key + ": " + each.reason);
    auto open = mine_->conflicts();
    if (!open) return open.error();
    for (const parked_conflict& each : *open)
        print("conflict: " + each.entity_name + " " + each.row_key + ": " + each.reason +
              "; settle it with: " + name_of_verb(what_, "resolve") + " " + to_string(each.id) +
              " mine|theirs");
    return {};
}

template <class S>
result<int> client_run<S>::tell_sync(const sync_ended& ended) {
    auto now = mine_->status();
    if (!now) return now.error();
    int code = exit_done;
    if (now->failed + now->conflicts > 0) code = exit_refused;
    if (ended.why) code = is_unreachable(ended.why->code) ? exit_unreachable : exit_failed;
    if (is_json_) {
        json_object line = json_of(ended.seen);
        line.set("pending", std::to_string(now->pending))
            .set("refusedInAll", std::to_string(now->failed))
            .set("conflicts", std::to_string(now->conflicts));
        if (ended.why) {
            json_object inside;
            inside.set_text("code", describe(ended.why->code).name)
                .set_text("message", to_string(*ended.why))
                .set("retryAfter", std::to_string((ended.retry_after + 999'999) / 1'000'000));
            line.set("error", inside.text());
        }
        print(line.text());
    } else {
        if (!ended.why || ended.seen.messages > 0) print(words_of(ended.seen));
        if (auto done = tell_refused(); !done) return done.error();
    }
    if (ended.why) return complain(what_.program, code, words_of(ended, now->pending));
    return code;
}

}  // namespace syncfw::app::detail
