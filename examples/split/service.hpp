// SPDX-License-Identifier: BSL-1.0
// The service, as the other files see it: what its routes read. Behind it stand the engine and a
// SQLite file, in service.cpp alone.
#pragma once

#include "library.hpp"
#include <syncfw/core/result.hpp>
#include <syncfw/core/tenant.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/transport/http/router.hpp>

#include <memory>
#include <string>
#include <vector>

// [service]
class library_service {
  public:
    static syncfw::result<std::unique_ptr<library_service>> open(const std::string& file,
                                                                 unsigned short port);
    ~library_service();

    syncfw::http::router& routes();
    /// The rows that live. Each entity is named once more at the end of service.cpp.
    template <class T, auto Shape>
    syncfw::result<std::vector<T>> find(const syncfw::tenant_id& whose,
                                        const syncfw::query<T, Shape>& asked) {
        return find<T>(whose, asked.view());
    }
    template <class T>
    syncfw::result<std::vector<T>> find(const syncfw::tenant_id& whose,
                                        const syncfw::query_view& asked);

    std::string address() const;
    int run();
    void stop();

  private:
    struct parts;
    explicit library_service(std::unique_ptr<parts> made);

    std::unique_ptr<parts> parts_;
};

void add_routes(library_service& to);
// [/service]
