// SPDX-License-Identifier: BSL-1.0
// Another library that keeps books in SQLite and in PostgreSQL. One .cpp for each, which registers
// itself.
#pragma once

#include "entity.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// A table of books with the columns and indexes that the adapters' tables have.
class peer_store {
  public:
    virtual ~peer_store() = default;
    /// In transactions of so many rows.
    virtual void upsert(const std::vector<book_record>& records, std::size_t rows_each) = 0;
    /// All of the tenant, ordered by key.
    virtual std::vector<book> select() = 0;
};

struct peer_library {
    std::string name;
    std::unique_ptr<peer_store> (*sqlite)(const std::string& path);
    std::unique_ptr<peer_store> (*postgres)(const std::string& url);
};

inline std::vector<peer_library>& peer_libraries() {
    static std::vector<peer_library> all;
    return all;
}

struct registered_peer {
    explicit registered_peer(const peer_library& each) { peer_libraries().push_back(each); }
};

}  // namespace bench
