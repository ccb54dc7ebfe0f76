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

    connection(PGconn* opened, const options& wanted)
        : handle_(opened), prepares_(wanted.prepared_statements) {}

    std::unique_ptr<PGconn, closer> handle_;
    bool prepares_;
    std::map<std::string, std::string, std::less<>> prepared_{};
};

}  // namespace syncfw::postgres::detail
