// SPDX-License-Identifier: BSL-1.0
// One connection to a server, with its prepared statements.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/storage/postgres/error.hpp>
#include <syncfw/storage/postgres/options.hpp>
#include <syncfw/storage/postgres/values.hpp>

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::postgres::detail {

struct result_deleter {
    void operator()(PGresult* made) const noexcept { PQclear(made); }
};
using answer = std::unique_ptr<PGresult, result_deleter>;

/// Whether the server said yes.
[[nodiscard]] inline bool is_good(const answer& given) noexcept {
    const ExecStatusType status = PQresultStatus(given.get());
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

class connection {
  public:
    [[nodiscard]] static result<std::unique_ptr<connection>> open(const std::string& url,
                                                                  const options& wanted) {
        const char* const names[] = {
            "dbname",          "client_encoding", "fallback_application_name",
            "connect_timeout", "keepalives_idle", nullptr};
        const char* const values[] = {url.c_str(), "UTF8", "syncfw", "10", "30", nullptr};
        std::unique_ptr<connection> made(
            new connection(PQconnectdbParams(names, values, 1), wanted));
        if (PQstatus(made->handle_.get()) != CONNECTION_OK) return error_of(made->handle_.get());
        PQsetNoticeProcessor(made->handle_.get(), [](void*, const char*) {}, nullptr);
        return made;
    }

    [[nodiscard]] PGconn* handle() const noexcept { return handle_.get(); }
    [[nodiscard]] bool is_alive() const noexcept {
        return PQstatus(handle_.get()) == CONNECTION_OK;
    }
    [[nodiscard]] bool is_idle() const noexcept {
        return PQtransactionStatus(handle_.get()) == PQTRANS_IDLE;
    }

    /// Several statements at once, without parameters.
    [[nodiscard]] answer run(const char* text) { return answer(PQexec(handle_.get(), text)); }

    /// A statement with parameters, prepared once. Everything comes in binary form.
    [[nodiscard]] answer run(std::string_view text, parameters& given) {
        if (!prepares_)
            return answer(PQexecParams(handle_.get(), std::string(text).c_str(), given.count(),
                                       given.types(), given.values().data(), given.lengths().data(),
                                       given.formats(), 1));
        auto known = prepared_.find(text);
        if (known == prepared_.end()) {
            const std::string name = "s" + std::to_string(prepared_.size());
            answer made(PQprepare(handle_.get(), name.c_str(), std::string(text).c_str(),
                                  given.count(), given.types()));
            if (!is_good(made)) return made;
            known = prepared_.emplace(std::string(text), name).first;
        }
        return answer(PQexecPrepared(handle_.get(), known->second.c_str(), given.count(),
                                     given.values().data(), given.lengths().data(), given.formats(),
                                     1));
    }

    /// The same between a savepoint and its release, in one round trip. After a refusal the
    /// savepoint is still there.
    [[nodiscard]] answer run_guarded(std::string_view text, parameters& given) {
        PGconn* const to = handle_.get();
        const std::string words(text);
        const auto known = prepared_.find(text);
        const std::string name = !prepares_ ? std::string()
                                 : known != prepared_.end()
                                     ? known->second
                                     : "s" + std::to_string(prepared_.size());
        const bool is_new = prepares_ && known == prepared_.end();
        const auto send = [&](const char* plain) {
            return PQsendQueryParams(to, plain, 0, nullptr, nullptr, nullptr, nullptr, 1) == 1;
        };
        bool is_sent = PQenterPipelineMode(to) == 1 && send("SAVEPOINT guard");
        if (is_new)
            is_sent = is_sent && PQsendPrepare(to, name.c_str(), words.c_str(), given.count(),
                                               given.types()) == 1;
        is_sent =
            is_sent &&
            (prepares_ ? PQsendQueryPrepared(to, name.c_str(), given.count(), given.values().data(),
                                             given.lengths().data(), given.formats(), 1)
                       : PQsendQueryParams(to, words.c_str(), given.count(), given.types(),
                                           given.values().data(), given.lengths().data(),
                                           given.formats(), 1)) == 1;
        is_sent = is_sent && send("RELEASE guard") && PQpipelineSync(to) == 1;
        int good = 0;
        answer told = is_sent ? read_pipeline(good) : nullptr;
        const bool is_over = PQexitPipelineMode(to) == 1;
        if (!is_over) return nullptr;
        // Prepared behind the savepoint, whatever became of its first use.
        if (is_new && good >= 2) prepared_.emplace(words, name);
        return told;
    }

    // What migrations need.
    [[nodiscard]] result<void> execute(std::string_view text) {
        const answer done = run(std::string(text).c_str());
        if (!is_good(done)) return why(done);
        return {};
    }
    [[nodiscard]] result<std::optional<std::string>> read_text(std::string_view text) {
        const answer done = run(std::string(text).c_str());
        if (!is_good(done)) return why(done);
        if (PQntuples(done.get()) == 0 || PQgetisnull(done.get(), 0, 0) != 0)
            return std::optional<std::string>();
        return std::optional<std::string>(PQgetvalue(done.get(), 0, 0));
    }

    [[nodiscard]] [[gnu::cold]] error why(const answer& failed) const {
        if (!is_alive() || failed == nullptr) {
            error lost = error_of(handle_.get());
            lost.code = errc::unavailable;
            return lost;
        }
        return error_of(failed.get());
    }

  private:
    struct closer {
        void operator()(PGconn* open) const noexcept { PQfinish(open); }
    };

    // The first failure of a pipeline, or its last answer; null when the line was cut. Counts the
    // statements that went well.
    [[nodiscard]] answer read_pipeline(int& good) {
        answer told;
        for (int nothings = 0; nothings < 2;) {
            answer next(PQgetResult(handle_.get()));
            if (next == nullptr) {
                ++nothings;  // One ends each statement's answer, two are the end of all.
                continue;
            }
            nothings = 0;
            const ExecStatusType status = PQresultStatus(next.get());
            if (status == PGRES_PIPELINE_SYNC) return told;
            if (is_good(next)) ++good;
            if (told == nullptr || is_good(told)) told = std::move(next);
        }
        return nullptr;
    }

    connection(PGconn* opened, const options& wanted)
        : handle_(opened), prepares_(wanted.prepared_statements) {}

    std::unique_ptr<PGconn, closer> handle_;
    bool prepares_;
    std::map<std::string, std::string, std::less<>> prepared_{};
};

}  // namespace syncfw::postgres::detail
