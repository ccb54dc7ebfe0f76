// SPDX-License-Identifier: BSL-1.0
// What client.hpp does: each verb is a function.
#pragma once

#include <syncfw/app/client_options.hpp>
#include <syncfw/app/database_url.hpp>
#include <syncfw/app/detail/client_owner.hpp>
#include <syncfw/app/detail/client_rows.hpp>
#include <syncfw/app/detail/client_sync.hpp>
#include <syncfw/app/detail/client_verbs.hpp>
#include <syncfw/app/detail/complain.hpp>
#include <syncfw/app/detail/tls_settings.hpp>
#include <syncfw/app/field_keys.hpp>
#include <syncfw/app/settings.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/transport/http_link.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::app::detail {

/// One call of the program.
template <class Schema>
class client_run {
    using store_type = sqlite::store<Schema, field_keys<Schema>>;
    using replica_type = replica<world<store_type>, http_link>;

  public:
    client_run(const settings& given, const std::vector<std::string>& words,
               const client_options& what)
        : given_(given), words_(words), what_(what), is_json_(given.flag("json")) {}

    /// Does the verb, by its own name whatever the program calls it.
    [[nodiscard]] int run(std::string_view verb) {
        auto done = open();
        auto code = done ? dispatch(verb) : result<int>(done.error());
        return code ? *code : fail(code.error());
    }

  private:
    // --- what it stands on ------------------------------------------------------------------

    [[nodiscard]] result<void> open();
    [[nodiscard]] result<int> dispatch(std::string_view verb);
    [[nodiscard]] int fail(const error& why) const;
    [[nodiscard]] sync_options rules() const {
        sync_options made = what_.sync;
        // A watch and other calls use one file at the same time.
        if (made.lease_microseconds == 0) made.lease_microseconds = 5'000'000;
        return made;
    }
    [[nodiscard]] http::client_options line_options() const {
        return {.connect_milliseconds = 5'000,
                .token = [this] { return given_.secret_of("token"); },
                .tls = tls_};
    }
    [[nodiscard]] result<std::vector<outbox_operation>> outbox();
    template <class F>
    [[nodiscard]] result<int> with_row(F&& f);
    template <class T>
    [[nodiscard]] result<std::vector<record<T>>> live_rows();
    template <class T>
    [[nodiscard]] result<conflict_sides<T>> sides_in(const parked_conflict& each) {
        const syncfw::detail::keys_of keys(*store_, whose_);
        return read_conflict<T>(each, keys.view());
    }

    // --- verbs ------------------------------------------------------------------------------

    [[nodiscard]] result<int> add();
    [[nodiscard]] result<int> edit();
    [[nodiscard]] result<int> remove();
    [[nodiscard]] result<int> restore();
    [[nodiscard]] result<int> list();
    [[nodiscard]] result<int> status();
    [[nodiscard]] result<int> pending();
    [[nodiscard]] result<int> sync(std::string_view verb);
    [[nodiscard]] result<int> watch();
    [[nodiscard]] result<int> conflicts();
    [[nodiscard]] result<int> resolve();
    [[nodiscard]] result<int> parked();
    [[nodiscard]] result<int> explain();
    [[nodiscard]] result<int> validate();

    // --- what verbs print -------------------------------------------------------------------

    static void print(const std::string& line) {
        std::fputs((line + "\n").c_str(), stdout);
        std::fflush(stdout);
    }
    /// As a list of JSON, or line by line; without any, people are told so.
    void print_list(const std::vector<std::string>& lines, const std::string& none) const {
        if (is_json_) return print(array_text(lines));
        for (const std::string& each : lines) print(each);
        if (lines.empty()) print(none);
    }
    /// One row that was written.
    [[nodiscard]] int wrote(std::string_view entity, const std::string& key, bool tells_people);
    [[nodiscard]] result<json_object> json_of(const outbox_operation& each);
    [[nodiscard]] result<std::string> change_of(const outbox_operation& each);
    [[nodiscard]] result<std::vector<std::string>> sides_of(const parked_conflict& each);
    [[nodiscard]] result<json_object> json_of(const parked_conflict& each);
    [[nodiscard]] result<int> tell_sync(const sync_ended& ended);
    [[nodiscard]] result<void> tell_refused();
    [[nodiscard]] std::string tell_watch(const result<sync_report>& how, std::int64_t unsent,
                                         const std::string& before, timestamp now);
    [[nodiscard]] static json_object json_of(const sync_report& seen);
    [[nodiscard]] static std::string words_of(const sync_report& seen);
    [[nodiscard]] std::string words_of(const sync_ended& ended, std::int64_t unsent) const;

    const settings& given_;
    const std::vector<std::string>& words_;
    const client_options& what_;
    bool is_json_;
    std::shared_ptr<const http::filter_source> tls_{};
    std::optional<store_type> store_{};
    std::optional<http_link> link_{};
    tenant_id whose_{};
    std::unique_ptr<replica_type> mine_{};
};

// --- how it is done ------------------------------------------------------------------------------

template <class S>
result<void> client_run<S>::open() {
    auto url = parse_database_url(given_["database"]);
    if (!url) return url.error();
    if (url->is_postgres)
        return bad_setting("a client keeps its rows in SQLite: sqlite:///file.db");
    tls_ = what_.tls;
    if (!tls_) {
        auto made = tls_for(given_["server"], given_);
        if (!made) return made.error();
        tls_ = std::move(*made);
    }
    auto link = http_link::make(given_["server"], line_options());
    if (!link) return link.error();
    link_.emplace(std::move(*link));
    auto keys = field_keys_from_settings<S>{what_.field_keys}(given_);
    if (!keys) return keys.error();
    // The server keeps values unique; a page of its rows must fit in whatever order it comes.
    auto store = sqlite::open<S>(url->place, {.unique = false, .migrations = what_.migrations},
                                 std::move(*keys));
    if (!store) {
        // Whatever is wrong with a file, it is no wrong word of the command line.
        error why = store.error();
        if (why.code == errc::invalid_value) why.code = errc::unavailable;
        return why;
    }
    store_.emplace(std::move(*store));
    if (auto done = claim_role(*store_, "device"); !done) return done;
    auto whose = find_owner(*store_, given_["tenant"], given_["token"], what_.of_user);
    if (!whose) return whose.error();
    whose_ = std::move(*whose);
    mine_ = std::make_unique<replica_type>(*store_, *link_, whose_, rules());
    if (whose_.name() == nobody) return {};
    replica_type nobodys(*store_, *link_, tenant_id(std::string(nobody)), rules());
    return adopt<S>(nobodys, *mine_, *store_);
}

template <class S>
result<int> client_run<S>::dispatch(std::string_view verb) {
    if (verb == "add") return add();
    if (verb == "edit") return edit();
    if (verb == "remove") return remove();
    if (verb == "restore") return restore();
    if (verb == "list") return list();
    if (verb == "status") return status();
    if (verb == "pending") return pending();
    if (verb == "watch") return watch();
    if (verb == "conflicts") return conflicts();
    if (verb == "resolve") return resolve();
    if (verb == "parked") return parked();
    if (verb == "explain") return explain();
    if (verb == "validate") return validate();
    return sync(verb);
}

template <class S>
int client_run<S>::fail(const error& why) const {
    bool is_usage = false;
    for (const errc each : {errc::invalid_value, errc::unknown_field, errc::unknown_entity,
                            errc::forbidden_field, errc::missing_field, errc::out_of_range,
                            errc::type_mismatch, errc::malformed, errc::unsupported_format})
        is_usage = is_usage || why.code == each;
    const bool is_opened = mine_ != nullptr;
    if (!is_opened && why.code == errc::unsupported_format && link_) is_usage = false;
    const int code = is_usage ? exit_usage : exit_failed;
    if (is_json_) {
        json_object inside, line;
        inside.set_text("code", describe(why.code).name).set_text("message", to_string(why));
        print(line.set("error", inside.text()).text());
    }
    return is_usage ? complain_of_usage(what_.program, why)
                    : complain(what_.program, code, to_string(why));
}

template <class S>
int client_run<S>::wrote(std::string_view entity, const std::string& key, bool tells_people) {
    json_object line;
    line.set_text("entity", entity).set_text("id", key);
    if (is_json_) print(line.text());
    if (!is_json_ && tells_people) print(key);
    return exit_done;
}

/// Calls `f(of<T>, key)` for the row that the words behind the verb name.
template <class S>
template <class F>
result<int> client_run<S>::with_row(F&& f) {
    auto place = find_entity<S>(words_[1]);
    if (!place) return place.error();
    return S::visit_at(*place, [&]<class T>(of<T> type) -> result<int> {
        auto at = read_key<T>(words_[2]);
        if (!at) return at.error();
        return f(type, *at);
    });
}

template <class S>
result<int> client_run<S>::add() {
    auto place = find_entity<S>(words_[1]);
    if (!place) return place.error();
    return S::visit_at(*place, [&]<class T>(of<T>) -> result<int> {
        T row{};
        field_mask present;
        if (auto done = set_fields(row, words_, 2, &present); !done) return done.error();
        if (auto done = require_key<T>(present); !done) return done.error();
        apply_defaults(row, present);
        give_key(row, present);
        auto known = mine_->template get<T>(key(row));
        if (!known) return known.error();
        if (*known)
            return error{.code = errc::already_exists,
                         .message = "there is such a row already; edit it",
                         .entity = std::string(entity_of<T>.name),
                         .key = key_text(key(row))};
        if (auto done = mine_->put(row); !done) return done.error();
        return wrote(entity_of<T>.name, syncfw::detail::row_key(row), true);
    });
}

template <class S>
result<int> client_run<S>::edit() {
    return with_row([&]<class T>(of<T>, const key_of<T>& at) -> result<int> {
        result<void> read;
        auto done = mine_->template patch<T>(at, [&](T& row) {
            T changed = row;
            read = set_fields(changed, words_, 3);
            if (read) row = std::move(changed);
        });
        if (!read) return read.error();
        if (!done) return done.error();
        return wrote(entity_of<T>.name, words_[2], false);
    });
}

template <class S>
result<int> client_run<S>::remove() {
    return with_row([&]<class T>(of<T>, const key_of<T>& at) -> result<int> {
        if (auto done = mine_->template remove<T>(at); !done) return done.error();
        return wrote(entity_of<T>.name, words_[2], false);
    });
}

template <class S>
result<int> client_run<S>::restore() {
    return with_row([&]<class T>(of<T>, const key_of<T>& at) -> result<int> {
        if (auto done = mine_->template restore<T>(at); !done) return done.error();
        return wrote(entity_of<T>.name, words_[2], false);
    });
}

template <class S>
template <class T>
result<std::vector<record<T>>> client_run<S>::live_rows() {
    auto tx = begin_read(*store_, whose_);
    if (!tx) return tx.error();
    auto rows = tx->scan(all<T>());
    if (!rows) return rows.error();
    std::erase_if(*rows, [](const record<T>& each) { return each.is_deleted(); });
    return rows;
}

template <class S>
result<int> client_run<S>::list() {
    std::size_t only = no_field;
    if (words_.size() > 1) {
        auto place = find_entity<S>(words_[1]);
        if (!place) return place.error();
        only = *place;
    }
    json_object all;
    result<void> done;
    S::for_each([&]<class T>(of<T>) {
        if (!done || (only != no_field && only != S::template place<T>)) return;
        auto rows = live_rows<T>();
        if (!rows) {
            done = rows.error();
            return;
        }
        std::vector<std::string> lines;
        for (const record<T>& each : *rows)
            lines.push_back(is_json_ ? json_of_row(each.value) : line_of_row(each));
        if (is_json_) {
            all.set(entity_of<T>.name, array_text(lines));
            return;
        }
        if (only == no_field && !lines.empty()) print(std::string(entity_of<T>.name) + ":");
        for (const std::string& each : lines) print((only == no_field ? "  " : "") + each);
    });
    if (!done) return done.error();
    if (is_json_)
        print(only == no_field ? all.text() : std::string(all.get(S::entities[only].name)));
    return exit_done;
}

template <class S>
result<int> client_run<S>::status() {
    auto seen = mine_->status();
    if (!seen) return seen.error();
    const auto moment = [&](const std::optional<timestamp>& at, const char* none) {
        return at ? to_string(*at) : std::string(none);
    };
    if (is_json_) {
        const auto or_null = [](const std::optional<timestamp>& at) {
            return at ? json_text(to_string(*at)) : std::string("null");
        };
        json_object line;
        line.set_text("server", given_["server"])
            .set_text("database", store_->path())
            .set_text("tenant", whose_.name())
            .set("pending", std::to_string(seen->pending))
            .set("refused", std::to_string(seen->failed))
            .set("conflicts", std::to_string(seen->conflicts))
            .set("oldestPending", or_null(seen->oldest_pending))
            .set("lastSync", or_null(seen->last_sync))
            .set("isRenewing", seen->is_renewing ? "true" : "false");
        print(line.text());
        return exit_done;
    }
    const std::string since =
        seen->oldest_pending ? ", the oldest since " + to_string(*seen->oldest_pending) : "";
    print("server     " + given_["server"]);
    print("database   " + store_->path());
    print("whose      " + whose_.name());
    print("pending    " + std::to_string(seen->pending) + since);
    print("refused    " + std::to_string(seen->failed));
    print("conflicts  " + std::to_string(seen->conflicts));
    print("last sync  " + moment(seen->last_sync, "never"));
    return exit_done;
}

template <class S>
result<int> client_run<S>::explain() {
    return with_row([&]<class T>(of<T>, const key_of<T>& at) -> result<int> {
        auto seen = mine_->template explain<T>(at);
        if (!seen) return seen.error();
        if (!is_json_) {
            print(to_string(*seen));
            return seen->exists ? exit_done : exit_failed;
        }
        json_object line;
        line.set_text("entity", entity_of<T>.name)
            .set_text("id", words_[2])
            .set("exists", seen->exists ? "true" : "false")
            .set("isDeleted", seen->is_deleted ? "true" : "false")
            .set_text("status", to_string(seen->status))
            .set("version", std::to_string(seen->version))
            .set_text("words", to_string(*seen));
        print(line.text());
        return seen->exists ? exit_done : exit_failed;
    });
}

template <class S>
result<int> client_run<S>::validate() {
    auto damage = store_->check_integrity();
    if (!damage) return damage.error();
    std::vector<std::string> found = std::move(*damage);
    std::int64_t count = 0;
    result<void> done;
    S::for_each([&]<class T>(of<T>) {
        if (!done) return;
        auto rows = live_rows<T>();
        if (!rows) done = rows.error();
        for (std::size_t i = 0; rows && i < rows->size(); ++i, ++count)
            for (const violation& each : violations((*rows)[i].value))
                found.push_back(std::string(entity_of<T>.name) + " " +
                                syncfw::detail::row_key((*rows)[i].value) + ": " + each.words);
    });
    if (!done) return done.error();
    std::vector<std::string> texts;
    for (const std::string& each : found) texts.push_back(json_text(each));
    json_object line;
    line.set("rows", std::to_string(count)).set("problems", array_text(texts));
    if (is_json_) print(line.text());
    for (const std::string& each : found)
        if (!is_json_) print(each);
    if (!is_json_ && found.empty())
        print("all is well with " + std::to_string(count) + (count == 1 ? " row" : " rows"));
    return found.empty() ? exit_done : exit_failed;
}

}  // namespace syncfw::app::detail

#include <syncfw/app/detail/client_unsettled.hpp>
#include <syncfw/app/detail/client_watch.hpp>
