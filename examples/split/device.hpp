// SPDX-License-Identifier: BSL-1.0
// The device, as the other files see it. What is behind it only device.cpp knows: a replica, its
// SQLite file, and the way to the server.
#pragma once

#include "library.hpp"
#include <syncfw/core/result.hpp>
#include <syncfw/entity/key.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/sync/report.hpp>
#include <syncfw/sync/watch.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// [device]
class device {
  public:
    static syncfw::result<std::unique_ptr<device>> open(const std::string& file,
                                                        const std::string& server,
                                                        std::string token);
    ~device();

    /// All that is written within `f` travels and takes effect together, or not at all. As with a
    /// replica, one thread at a time uses a device.
    syncfw::result<void> transact(const std::function<syncfw::result<void>()>& f);

    syncfw::result<syncfw::sync_report> sync();
    syncfw::result<syncfw::replica_status> status();

  private:
    template <class T>
    friend class rows;
    struct parts;
    explicit device(std::unique_ptr<parts> made);

    std::unique_ptr<parts> parts_;
};

/// The rows of one entity on a device. Each entity is named once more at the end of device.cpp.
template <class T>
class rows {
  public:
    explicit rows(device& of) : parts_(of.parts_.get()) {}

    syncfw::result<void> put(const T& row);
    syncfw::result<void> patch(const syncfw::key_of<T>& at, const std::function<void(T&)>& change);
    syncfw::result<void> remove(const syncfw::key_of<T>& at);

    syncfw::result<std::optional<T>> get(const syncfw::key_of<T>& at) const;
    template <auto Shape>
    syncfw::result<std::vector<T>> find(const syncfw::query<T, Shape>& asked) const {
        return find(asked.view());
    }
    syncfw::result<std::vector<T>> find(const syncfw::query_view& asked) const;

    using told = std::function<void(const std::vector<T>&)>;
    template <auto Shape>
    syncfw::result<syncfw::watch> observe(syncfw::query<T, Shape> asked, told now) const {
        return observe([*this, asked = std::move(asked)] { return find(asked); }, std::move(now));
    }

  private:
    using read = std::function<syncfw::result<std::vector<T>>()>;
    syncfw::result<syncfw::watch> observe(read asked, told now) const;

    device::parts* parts_;
};
// [/device]
