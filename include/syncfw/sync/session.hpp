// SPDX-License-Identifier: BSL-1.0
// One synchronisation, without any input or output of its own: it says what to send and takes what
// came back. `replica::sync` is a loop around it; who has other ways (an event loop, a simulation)
// runs it himself.
//
//     auto session = mine.begin_sync();
//     while (auto request = *session.next()) {
//         auto answer = exchange(*request);
//         auto done = answer ? session.receive(*answer) : session.lost(answer.error());
//         if (!done) return done.error();
//     }
//
// What was sent without an answer is sent again unchanged, by the next session, before anything
// else: so nothing takes effect twice, and no page is taken in while it is unknown what was
// applied.
#pragma once

#include <syncfw/sync/detail/replica_core.hpp>
#include <syncfw/sync/detail/row_choice.hpp>
#include <syncfw/sync/detail/subscription.hpp>
#include <syncfw/sync/messages.hpp>
#include <syncfw/sync/report.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

enum class sync_parts : unsigned char { push_and_pull, push, pull };

template <class World>
class sync_session {
  public:
    using schema_type = typename World::schema_type;

    sync_session(detail::replica_core<World>& core, sync_parts which)
        : core_(&core),
          which_(which),
          operations_max_(core.options().operations_max),
          rows_max_(core.options().rows_max),
          at_(which == sync_parts::pull ? stage::settle : stage::push) {}

    /// The next request, or nothing when all is done. An error is the store's: nothing is lost, and
    /// a later session goes on.
    [[nodiscard]] result<std::optional<std::string>> next();

    /// Takes the answer to the last request in. Where another page follows, its request is given to
    /// `ahead` before this one is stored; `next` will give the same, or something else where that
    /// turns out to be due.
    using request_ahead = std::function<void(std::string)>;
    result<void> receive(std::string_view answer, const request_ahead& ahead = {});

    /// There is no answer, and nobody knows whether there was an effect. The session is over, and
    /// the error is given back; but for a push that was too large for somebody on the way: that is
    /// cut in halves, and `next` goes on.
    result<void> lost(const error& why);

    [[nodiscard]] const sync_report& report() const noexcept { return report_; }

  private:
    enum class stage : unsigned char { settle, push, subscribe, pull, sweep, done };

    [[nodiscard]] result<bool> has_only_to_ask();
    [[nodiscard]] result<std::optional<std::string>> next_push();
    template <class Transaction, class Batch>
    [[nodiscard]] result<bool> take_queued(Transaction& tx, Batch& batch);
    [[nodiscard]] result<std::optional<std::string>> next_pull();
    template <class Transaction>
    [[nodiscard]] result<detail::rows_here> look_around(Transaction& tx, const feed_position& at,
                                                        bool is_backfill);
    [[nodiscard]] result<void> subscribe();
    [[nodiscard]] result<void> take_filters();
    [[nodiscard]] result<void> let_go(const detail::row_choice<schema_type>& wanted);
    [[nodiscard]] result<void> doubt();
    [[nodiscard]] result<void> sweep();
    result<void> receive_push(std::string_view bytes);
    result<void> receive_pull(std::string_view bytes, const request_ahead& ahead);
    [[nodiscard]] result<std::string> page_request(const feed_position& from, std::int64_t rows_max,
                                                   std::vector<uuid> open_conflicts) const;
    void choose_page(std::int64_t behind);
    result<void> take_back_batch(const error& why);
    result<void> begin_renewal(const error& why);
    void count(std::string_view bytes) {
        ++report_.messages;
        report_.bytes += static_cast<std::int64_t>(bytes.size());
    }
    [[nodiscard]] stage behind_push() const {
        return which_ == sync_parts::push && !pushes_again_ ? stage::done : stage::subscribe;
    }
    [[nodiscard]] stage behind_pull() {
        return std::exchange(pushes_again_, false) ? stage::push : stage::done;
    }

    detail::replica_core<World>* core_;
    sync_parts which_;
    std::int64_t operations_max_;
    std::int64_t rows_max_;
    stage at_;
    uuid batch_{};
    std::optional<feed_position> position_{};  // From where the next page is asked for, if known,
    std::optional<feed_position> backfill_{};  // and this where it is of what is newly wanted.
    std::optional<std::int64_t> queued_until_{};  // The last of the work that it is about.
    static constexpr int renewals_max = 3;
    int renewals_ = 0;
    bool has_looked_ = false;
    bool is_first_doubted_ = false;
    bool pushes_again_ = false;
    bool is_fresh_ = false;  // All rows that are here came by this session.
    sync_report report_{};
};

}  // namespace syncfw

#include <syncfw/sync/detail/session_steps.hpp>
#include <syncfw/sync/detail/subscription_steps.hpp>
