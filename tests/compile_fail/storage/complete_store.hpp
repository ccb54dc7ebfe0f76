// SPDX-License-Identifier: BSL-1.0
// A store that has all that a store needs and does nothing; the wrong programs hide a part of it.
#pragma once

#include <syncfw/storage/storage.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace complete {

using namespace syncfw;

struct book {
    std::int64_t id = 0;
    static constexpr auto sync_entity =
        entity<"book">(annotations::field<&book::id>(annotations::primary_key));
};

struct reader {
    template <class T>
    result<std::optional<record<T>>> get(const key_of<T>&) {
        return std::optional<record<T>>();
    }
    template <class T>
    result<std::vector<record<T>>> scan(const query_view&) {
        return std::vector<record<T>>();
    }
    template <class T>
    result<std::vector<record<T>>> changes(std::int64_t, std::int64_t, std::int64_t) {
        return std::vector<record<T>>();
    }
    result<std::int64_t> last_sequence() { return std::int64_t{0}; }
    result<std::optional<std::string>> get_value(std::string_view) {
        return std::optional<std::string>();
    }
    bool is_usable() { return true; }
};

struct writer : reader {
    template <class T>
    result<void> put(const record<T>&) {
        return {};
    }
    template <class T>
    result<void> erase(const key_of<T>&) {
        return {};
    }
    result<std::int64_t> next_sequence(std::int64_t) { return std::int64_t{1}; }
    result<void> put_value(std::string_view, std::string_view) { return {}; }
    result<void> erase_value(std::string_view) { return {}; }
    result<void> commit() { return {}; }
};

/// The store of these transactions.
template <class Reader, class Writer>
struct store {
    using schema_type = schema<book>;
    using reader = Reader;
    using writer = Writer;
    result<Reader> begin_read(const tenant_id&) { return Reader(); }
    result<Writer> begin_write(const tenant_id&) { return Writer(); }
    result<void> migrate() { return {}; }
    result<store_identity> identity() { return store_identity(); }
};

}  // namespace complete
