// SPDX-License-Identifier: BSL-1.0
// A store of which a call fails when it is told to, so that what stands upon stores can be tried
// with each failure that it can meet.
//
//     const std::uint64_t failures = for_each_failure([](fault_plan& faults) {
//         memory::store<library> below;
//         faulty_store store(below, faults);
//         const auto done = lend_book(store, id);
//         faults.stop();
//         CHECK(is_lent_or_as_before(store, done));
//     });
//     CHECK(failures > 10);  // so many calls had their turn
#pragma once

#include <syncfw/storage/storage.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::testing {

/// How a call fails.
enum class fault : unsigned char {
    /// It does nothing, and its transaction goes on. A commit that does so has rolled back.
    refused,
    /// Its transaction is gone with it, as with the line to a server. A commit that does so took
    /// effect, and the answer was lost: `errc::commit_unknown`.
    lost,
    /// The process is killed: this call and all behind it do nothing.
    killed,
    /// The same, but a commit at that moment still took effect.
    killed_late,
};

/// Which call fails, and how. One plan belongs to one store and its transactions.
class fault_plan {
  public:
    /// None does.
    fault_plan() = default;
    /// The call of this number does, counted from 1: each `begin_read`, `put`, `commit` and so on.
    explicit fault_plan(std::uint64_t number, fault how = fault::refused,
                        errc code = errc::unavailable)
        : number_(number), how_(how), code_(code) {}

    /// Whether it came to the failure.
    [[nodiscard]] bool has_failed() const noexcept { return !what_failed_.empty(); }
    /// The operation's name.
    [[nodiscard]] const std::string& what_failed() const noexcept { return what_failed_; }
    [[nodiscard]] fault how() const noexcept { return how_; }
    /// Whether the process was killed.
    [[nodiscard]] bool is_over() const noexcept {
        return has_failed() && (how_ == fault::killed || how_ == fault::killed_late);
    }
    /// From here on nothing fails.
    void stop() noexcept { number_ = 0; }

    /// For the store: the error where this call is the one that fails.
    [[nodiscard]] std::optional<error> count(const char* operation);

  private:
    std::atomic<std::uint64_t> number_{0};
    std::atomic<std::uint64_t> calls_{0};
    fault how_ = fault::refused;
    errc code_ = errc::unavailable;
    std::string what_failed_{};
};

/// Calls `f(plan)` with the first call failing, then with the second, and so on, in both ways each,
/// until nothing fails because there is no such call. Gives how many failures there were.
template <class F>
std::uint64_t for_each_failure(F&& f, errc code = errc::unavailable) {
    std::uint64_t failures = 0;
    for (std::uint64_t number = 1;; ++number) {
        for (const fault how : {fault::refused, fault::lost}) {
            fault_plan plan(number, how, code);
            f(plan);
            if (!plan.has_failed()) return failures;
            ++failures;
        }
    }
}

// --- how it is done ------------------------------------------------------------------------------

inline std::optional<error> fault_plan::count(const char* operation) {
    if (is_over()) return error{.code = errc::unavailable, .message = "the process was killed"};
    const std::uint64_t call = ++calls_;
    if (call != number_) return {};
    what_failed_ = operation;
    const bool is_unknown = how_ == fault::lost && what_failed_ == "commit";
    return error{.code = is_unknown ? errc::commit_unknown : code_,
                 .message = "the store was told to fail",
                 .cause = "call " + std::to_string(call) + ", " + operation};
}

namespace detail {

template <class Native>
class faulty_reader {
  public:
    faulty_reader(Native native, fault_plan& faults)
        : native_(std::move(native)), faults_(&faults) {}

    template <class T>
    auto get(const key_of<T>& key) {
        return call("get", [&] { return native_->template get<T>(key); });
    }
    template <class T>
    auto get_many(std::span<const key_of<T>> keys)
        requires requires(Native& n) { n.template get_many<T>(keys); }
    {
        return call("get_many", [&] { return native_->template get_many<T>(keys); });
    }
    template <class T>
    auto scan(const query_view& asked) {
        return call("scan", [&] { return native_->template scan<T>(asked); });
    }
    template <class T>
    auto count(const query_view& asked)
        requires requires(Native& n) { n.template count<T>(asked); }
    {
        return call("count", [&] { return native_->template count<T>(asked); });
    }
    template <class T>
    auto changes(std::int64_t after, std::int64_t until, std::int64_t limit) {
        return call("changes", [&] { return native_->template changes<T>(after, until, limit); });
    }
    auto last_sequence() {
        return call("last_sequence", [&] { return native_->last_sequence(); });
    }
    auto get_value(std::string_view name) {
        return call("get_value", [&] { return native_->get_value(name); });
    }
    [[nodiscard]] bool is_usable() {
        return native_ && !faults_->is_over() && native_->is_usable();
    }

  protected:
    template <class F>
    auto call(const char* operation, F&& f) -> decltype(f()) {
        if (auto failed = faults_->count(operation)) {
            if (faults_->how() == fault::lost) native_.reset();
            return *failed;
        }
        if (!native_) return error{.code = errc::unavailable, .message = "the transaction is lost"};
        return f();
    }

    std::optional<Native> native_;
    fault_plan* faults_;
};

template <class Native>
class faulty_writer : public faulty_reader<Native> {
  public:
    using faulty_reader<Native>::faulty_reader;

    template <class T>
    result<void> put(const record<T>& row) {
        return this->call("put", [&] { return this->native_->template put<T>(row); });
    }
    template <class T>
    result<void> put_many(std::span<const record<T>> rows)
        requires requires(Native& n) { n.template put_many<T>(rows); }
    {
        return this->call("put_many", [&] { return this->native_->template put_many<T>(rows); });
    }
    template <class T>
    result<std::int64_t> put_newer(std::span<const record<T>> rows)
        requires requires(Native& n) { n.template put_newer<T>(rows); }
    {
        return this->call("put_newer", [&] { return this->native_->template put_newer<T>(rows); });
    }
    template <class T>
    result<void> erase(const key_of<T>& key) {
        return this->call("erase", [&] { return this->native_->template erase<T>(key); });
    }
    template <class T>
    result<void> erase_many(std::span<const key_of<T>> keys)
        requires requires(Native& n) { n.template erase_many<T>(keys); }
    {
        return this->call("erase_many",
                          [&] { return this->native_->template erase_many<T>(keys); });
    }
    auto next_sequence(std::int64_t count) {
        return this->call("next_sequence", [&] { return this->native_->next_sequence(count); });
    }
    result<void> put_value(std::string_view name, std::string_view bytes) {
        return this->call("put_value", [&] { return this->native_->put_value(name, bytes); });
    }
    result<void> erase_value(std::string_view name) {
        return this->call("erase_value", [&] { return this->native_->erase_value(name); });
    }
    result<void> commit() {
        std::optional<Native> ending = std::move(this->native_);
        this->native_.reset();
        const bool was_over = this->faults_->is_over();
        auto failed = this->faults_->count("commit");
        if (!ending) return error{.code = errc::unavailable, .message = "the transaction is lost"};
        const bool takes_effect =
            this->faults_->how() == fault::lost || this->faults_->how() == fault::killed_late;
        if (failed && (was_over || !takes_effect)) return *failed;
        auto done = ending->commit();
        return failed && done ? result<void>(*failed) : done;
    }
};

}  // namespace detail

/// The store beneath, whose calls fail as the plan says. Both must outlive it.
template <class S>
class faulty_store {
  public:
    using schema_type = typename S::schema_type;
    using reader = detail::faulty_reader<typename S::reader>;
    using writer = detail::faulty_writer<typename S::writer>;

    faulty_store(S& below, fault_plan& faults) : below_(&below), faults_(&faults) {}

    [[nodiscard]] result<reader> begin_read(const tenant_id& whose) {
        if (auto failed = faults_->count("begin_read")) return *failed;
        auto native = below_->begin_read(whose);
        if (!native) return native.error();
        return reader(std::move(*native), *faults_);
    }
    [[nodiscard]] result<writer> begin_write(const tenant_id& whose) {
        if (auto failed = faults_->count("begin_write")) return *failed;
        auto native = below_->begin_write(whose);
        if (!native) return native.error();
        return writer(std::move(*native), *faults_);
    }
    result<void> migrate() {
        if (auto failed = faults_->count("migrate")) return *failed;
        return below_->migrate();
    }
    [[nodiscard]] result<store_identity> identity() {
        if (auto failed = faults_->count("identity")) return *failed;
        return below_->identity();
    }
    [[nodiscard]] result<std::optional<tenant_id>> tenant_after(
        const std::optional<tenant_id>& last)
        requires lists_tenants<S>
    {
        if (auto failed = faults_->count("tenant_after")) return *failed;
        return below_->tenant_after(last);
    }
    [[nodiscard]] bool keeps_unique() const
        requires requires(const S& below) { below.keeps_unique(); }
    {
        return below_->keeps_unique();
    }

  private:
    S* below_;
    fault_plan* faults_;
};

}  // namespace syncfw::testing
