// SPDX-License-Identifier: BSL-1.0
// A queue of timed writes on the server, worked off in the background: for clients that hand their
// work in and go. It is an entity in the same store, in no feed, so a server's schema lists it:
//
//     using library = syncfw::schema<book, tag, syncfw::queued_write>;
//
//     syncfw::write_queue queue(hub, store);
//     queue.add(who, wanted, now);
//     auto step = queue.work(now);      // handles what is due; step->wait says when to come again
//
// Writes of one row are handled in the order in which they came; one that fails holds back those
// of its row alone. It is tried at once, then after 1, 2, 4 and 8 seconds, and is parked after the
// fifth time, for somebody to look at. A write is marked in the transaction in which it takes
// effect, so no crash makes it happen twice, or never. What is parked stays until somebody marks
// it, and only what is marked is ever cleared.
#pragma once

#include <syncfw/sync/timed_write.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

enum class queue_state : unsigned char { waiting, synced, parked };
BOOST_DESCRIBE_ENUM(queue_state, waiting, synced, parked)

/// A write that waits, or has been handled. Nothing of it is a device's to say.
struct queued_write {
    std::string id{};
    std::int64_t position = 0;
    write_kind kind{};
    std::string entity_name{};
    std::string row_key{};
    document data{};
    timestamp at{};
    queue_state state{};
    std::int64_t attempts = 0;
    timestamp due{};
    std::string code{};    ///< Of the last failure,
    std::string reason{};  ///< in words.

    static constexpr auto sync_entity = entity<"queuedWrite">(
        annotations::field<&queued_write::id>(annotations::primary_key),
        annotations::field<&queued_write::position>(annotations::server_owned,
                                                    annotations::indexed),
        annotations::field<&queued_write::kind>(annotations::server_owned),
        annotations::field<&queued_write::entity_name>(annotations::server_owned),
        annotations::field<&queued_write::row_key>(annotations::server_owned),
        annotations::field<&queued_write::data>(annotations::server_owned),
        annotations::field<&queued_write::at>(annotations::server_owned),
        annotations::field<&queued_write::state>(annotations::server_owned),
        annotations::field<&queued_write::attempts>(annotations::server_owned),
        annotations::field<&queued_write::due>(annotations::server_owned),
        annotations::field<&queued_write::code>(annotations::server_owned),
        annotations::field<&queued_write::reason>(annotations::server_owned));
};
BOOST_DESCRIBE_STRUCT(queued_write, (),
                      (id, position, kind, entity_name, row_key, data, at, state, attempts, due,
                       code, reason))

/// How many writes of a user wait, and how many are parked.
struct queue_counts {
    std::int64_t waiting = 0;
    std::int64_t parked = 0;
};

struct queue_rules {
    std::int64_t batch = 10;  ///< So many of a user's are handled at a time.
    std::int64_t attempts = 5;
    std::int64_t first_wait_microseconds = 1'000'000;  ///< After the first failure; then doubles.
};

/// How one write went.
struct queue_result {
    std::string user{};
    std::string id{};
    write_result made{};
    bool is_parked = false;
};

struct queue_step {
    std::int64_t handled = 0;
    std::int64_t failed = 0;
    std::int64_t parked = 0;
    std::vector<queue_result> results{};
    std::int64_t left = 0;             ///< That wait, of all users.
    std::optional<timestamp> due{};    ///< When the next one can be handled.
    std::vector<tenant_id> changed{};  ///< Whose rows are others now.
};

/// The wait after so many failures (from 1).
[[nodiscard]] constexpr std::int64_t queue_wait(std::int64_t failures, const queue_rules& rules) {
    return rules.first_wait_microseconds << std::min<std::int64_t>(failures - 1, 20);
}

template <class Server>
class write_queue {
  public:
    using storage_type = typename Server::storage_type;

    /// Both must outlive it.
    write_queue(Server& hub, storage_type& store, queue_rules rules = {})
        : hub_(&hub), store_(&store), rules_(rules) {}

    /// Takes a write, whose id and time it gives itself. Refused is what could never be handled.
    [[nodiscard]] result<queued_write> add(const caller& who, timed_write wanted, timestamp now);

    /// What is not marked, in its order.
    [[nodiscard]] result<std::vector<queued_write>> pending(const tenant_id& whose);
    [[nodiscard]] result<queue_counts> count(const tenant_id& whose);
    /// Gives how many of these ids the user has; all of them are marked then.
    [[nodiscard]] result<std::int64_t> mark(const tenant_id& whose,
                                            const std::vector<std::string>& ids);
    /// Forgets what is marked.
    [[nodiscard]] result<std::int64_t> clear(const tenant_id& whose);

    /// Handles a batch of each user's writes. Any number of processes may do so at once.
    [[nodiscard]] result<queue_step> work(timestamp now);

  private:
    [[nodiscard]] static result<void> check(const timed_write& wanted);
    [[nodiscard]] result<void> note_owner(const tenant_id& whose);
    [[nodiscard]] result<void> work_of(const tenant_id& whose, timestamp now, queue_step& step);
    [[nodiscard]] result<std::vector<queued_write>> take_due(const tenant_id& whose, timestamp now,
                                                             queue_step& step);
    [[nodiscard]] write_result handle(const caller& who, const queued_write& each,
                                      writes_before& before);
    [[nodiscard]] result<bool> note_failure(const tenant_id& whose, const queued_write& each,
                                            const error& why, timestamp now);

    Server* hub_;
    storage_type* store_;
    queue_rules rules_;
};

}  // namespace syncfw

#include <syncfw/sync/detail/write_queue_steps.hpp>
