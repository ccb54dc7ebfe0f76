// SPDX-License-Identifier: BSL-1.0
// What the checks of a store have in common.
#pragma once

#include <syncfw/query/query.hpp>
#include <syncfw/storage/storage.hpp>
#include <syncfw/testing/conformance_schema.hpp>
#include <syncfw/testing/detail/checker.hpp>
#include <syncfw/testing/detail/script.hpp>
#include <syncfw/testing/random.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw::testing {

struct check_options {
    bool threads = true;  ///< False for a store that has room for one transaction at a time.
    std::size_t many_rows = 5'000;
    /// True where commits are made to lose their answer after they took effect.
    bool commits_lose_answers = false;
};

}  // namespace syncfw::testing

namespace syncfw::testing::detail {

/// The row of a key as a text, "none" where there is none.
template <class T, class Transaction>
[[nodiscard]] std::string row_at(Transaction& tx, const key_of<T>& at) {
    auto found = tx.template get<T>(at);
    if (!found) return to_string(found.error());
    return *found ? image_of(**found) : "none";
}

template <class Make>
class store_checker : public checker {
  public:
    using store_type = std::remove_reference_t<decltype(*std::declval<Make&>()())>;
    using writer = write_transaction<store_type>;
    using reader = read_transaction<store_type>;

    store_checker(Make& make, const check_options& options) : make_(make), options_(options) {}

  protected:
    static constexpr std::uint64_t seed = 20;

    template <class F>
    void check(const char* promise, F&& f) {
        promise_ = promise;
        auto store = make_();
        if (must("migrate", store->migrate())) f(*store);
    }

    static tenant_id tenant(const char* name = "one") { return tenant_id(name); }

    template <class F>
    void write(store_type& store, const tenant_id& whose, F&& f) {
        auto tx = begin_write(store, whose);
        if (!must("begin_write", tx)) return;
        f(*tx);
        must("commit", kept(tx->commit()));
    }
    /// Of a commit whose answer was lost it is known here that it took effect.
    [[nodiscard]] result<void> kept(result<void> done) const {
        const bool is_kept =
            options_.commits_lose_answers && !done && done.error().code == errc::commit_unknown;
        return is_kept ? result<void>() : done;
    }
    template <class F>
    void read(store_type& store, const tenant_id& whose, F&& f) {
        auto tx = begin_read(store, whose);
        if (must("begin_read", tx)) f(*tx);
    }
    static specimen make(std::uint64_t index, std::int64_t whole = 0) {
        specimen s;
        set_key(s, index);
        s.whole = whole;
        return s;
    }
    static record<specimen> placed(std::uint64_t index, std::int64_t sequence) {
        record<specimen> row{.value = make(index)};
        row.set_sequence(sequence);
        return row;
    }
    static std::string numbers(const result<std::vector<record<specimen>>>& rows) {
        if (!rows) return to_string(rows.error());
        std::string all;
        for (const auto& each : *rows) all += std::to_string(each.sequence()) + " ";
        return all;
    }

    Make& make_;
    check_options options_;
};

}  // namespace syncfw::testing::detail
