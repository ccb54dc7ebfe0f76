// SPDX-License-Identifier: BSL-1.0
// The one file that holds the sync engine. It is compiled anew when an entity changes.
// [engine]
#include "device.hpp"

#include <syncfw/storage/sqlite.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/transport/http_link.hpp>

struct device::parts {
    using store_type = syncfw::sqlite::store<library>;
    using replica_type = syncfw::replica<syncfw::world<store_type>, syncfw::http_link>;

    parts(store_type opened, syncfw::http_link way)
        : store(std::move(opened)),
          link(std::move(way)),
          mine(store, link, syncfw::tenant_id("ann")) {}

    struct opening {  // What is written meanwhile is a part of this transaction.
        opening(parts& of, replica_type::edit_type& edit) : of_(of) { of_.open = &edit; }
        ~opening() { of_.open = nullptr; }
        parts& of_;
    };
    template <class F>
    syncfw::result<void> write(F f) {
        return open != nullptr ? f(*open) : mine.transact(f);
    }

    store_type store;
    syncfw::http_link link;
    replica_type mine;
    replica_type::edit_type* open = nullptr;
};

syncfw::result<std::unique_ptr<device>> device::open(const std::string& file,
                                                     const std::string& server, std::string token) {
    auto store = syncfw::sqlite::open<library>(file);
    if (!store) return store.error();
    auto link = syncfw::http_link::make(
        server, {.token = [token = std::move(token)] { return syncfw::secret(token); }});
    if (!link) return link.error();
    return std::unique_ptr<device>(
        new device(std::make_unique<parts>(std::move(*store), std::move(*link))));
}
device::device(std::unique_ptr<parts> made) : parts_(std::move(made)) {}
device::~device() = default;

syncfw::result<void> device::transact(const std::function<syncfw::result<void>()>& f) {
    if (parts_->open != nullptr) return f();
    return parts_->mine.transact([&](auto& edit) {
        const parts::opening within(*parts_, edit);
        return f();
    });
}
syncfw::result<syncfw::sync_report> device::sync() {
    return parts_->mine.sync();
}
syncfw::result<syncfw::replica_status> device::status() {
    return parts_->mine.status();
}
// [/engine]

// [rows]
template <class T>
syncfw::result<void> rows<T>::put(const T& row) {
    return parts_->write([&](auto& edit) { return edit.put(row); });
}
template <class T>
syncfw::result<void> rows<T>::patch(const syncfw::key_of<T>& at,
                                    const std::function<void(T&)>& change) {
    return parts_->write([&](auto& edit) { return edit.template patch<T>(at, change); });
}
template <class T>
syncfw::result<void> rows<T>::remove(const syncfw::key_of<T>& at) {
    return parts_->write([&](auto& edit) { return edit.template remove<T>(at); });
}
template <class T>
syncfw::result<std::optional<T>> rows<T>::get(const syncfw::key_of<T>& at) const {
    return parts_->open ? parts_->open->template get<T>(at) : parts_->mine.template get<T>(at);
}
template <class T>
syncfw::result<std::vector<T>> rows<T>::find(const syncfw::query_view& asked) const {
    return parts_->open ? parts_->open->template find<T>(asked)
                        : parts_->mine.template find<T>(asked);
}
template <class T>
syncfw::result<syncfw::watch> rows<T>::observe(read asked, told now) const {
    return parts_->mine.observe(std::move(asked), std::move(now));
}

template class rows<book>;
template class rows<loan>;
// [/rows]
