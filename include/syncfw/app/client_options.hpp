// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/security/keyring.hpp>
#include <syncfw/storage/migration.hpp>
#include <syncfw/sync/detail/replica_core.hpp>
#include <syncfw/transport/http/filter.hpp>

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace syncfw::app {

/// What a client is called, and what it says where its user doesn't.
struct client_options {
    std::string program{};                         ///< As it is called: `bookshelf`.
    std::string server = "http://127.0.0.1:8080";  ///< An address.
    std::string database{};                        ///< None: `sqlite:///PROGRAM.db`.
    std::string about{};                           ///< One line for `--help`.
    std::vector<std::string> verbs{};              ///< Those that it has; none: all.
    /// Other names for verbs: `{{"remove", "delete"}, {"watch", "monitor"}}`.
    std::vector<std::pair<std::string, std::string>> renamed{};
    /// Whether rows belong to the token's user; else to its tenant. The server must agree.
    bool of_user = false;
    sync_options sync{};
    /// For a server at https, in place of what the settings say: a client's `tls_context`.
    std::shared_ptr<const http::filter_source> tls{};
    std::span<const migration> migrations{};
    keyring_options field_keys{};  ///< Of encrypted fields that others have by another name.
};

}  // namespace syncfw::app
