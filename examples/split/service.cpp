// SPDX-License-Identifier: BSL-1.0
// The one file that holds the server: the engine, its store, HTTP.
// [service]
#include "service.hpp"

#include <syncfw/app/service.hpp>
#include <syncfw/storage/find_live.hpp>
#include <syncfw/storage/sqlite.hpp>

struct library_service::parts {
    using store_type = syncfw::sqlite::store<library>;

    parts(store_type opened, unsigned short port)
        : store(std::move(opened)),
          served(hub, told, syncfw::trusting({.tenant = syncfw::tenant_id("ann")}),
                 {.port = port}) {}

    store_type store;
    syncfw::service_events told{syncfw::logger(stderr, syncfw::log_level::warning)};
    decltype(syncfw::server(store, syncfw::last_write_wins(), {}, syncfw::observed(told))) hub{
        store, syncfw::last_write_wins(), {}, syncfw::observed(told)};
    syncfw::service served;
};
// [/service]

syncfw::result<std::unique_ptr<library_service>> library_service::open(const std::string& file,
                                                                       unsigned short port) {
    auto store = syncfw::sqlite::open<library>(file);
    if (!store) return store.error();
    auto made = std::make_unique<parts>(std::move(*store), port);
    if (auto done = made->served.listen(); !done) return done.error();
    return std::unique_ptr<library_service>(new library_service(std::move(made)));
}
library_service::library_service(std::unique_ptr<parts> made) : parts_(std::move(made)) {}
library_service::~library_service() = default;

syncfw::http::router& library_service::routes() {
    return parts_->served.routes();
}
std::string library_service::address() const {
    return "http://127.0.0.1:" + std::to_string(parts_->served.port());
}
int library_service::run() {
    return parts_->served.run();
}
void library_service::stop() {
    parts_->served.stop();
}

// [find]
template <class T>
syncfw::result<std::vector<T>> library_service::find(const syncfw::tenant_id& whose,
                                                     const syncfw::query_view& asked) {
    auto tx = begin_read(parts_->store, whose);
    if (!tx) return tx.error();
    return syncfw::find_live<T>(*tx, asked);
}
template syncfw::result<std::vector<book>> library_service::find(const syncfw::tenant_id&,
                                                                 const syncfw::query_view&);
template syncfw::result<std::vector<loan>> library_service::find(const syncfw::tenant_id&,
                                                                 const syncfw::query_view&);
// [/find]
