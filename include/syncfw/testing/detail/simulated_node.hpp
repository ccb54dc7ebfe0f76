// SPDX-License-Identifier: BSL-1.0
// What one node of a simulated world has: its time and chance, a line that it does not use, and a
// place for its rows.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/testing/faulty_store.hpp>
#include <syncfw/testing/random.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncfw::testing::detail {

/// Time and chance of one node: the world's, and a clock that is wrong in its own way.
struct node_clock {
    const std::int64_t* now;  // microseconds of virtual time
    random_source random;
    std::int64_t skew = 0;
};

struct simulated_environment {
    node_clock* clock = nullptr;

    [[nodiscard]] timestamp now() const {
        constexpr std::int64_t begin = 1'750'000'000'000'000;
        return timestamp::from_microseconds(begin + *clock->now + clock->skew);
    }
    [[nodiscard]] std::uint64_t random() const { return clock->random.next(); }
    void pause(std::int64_t) const {}
};

/// A node's store, which its life may end, under a name that the world gives it: the names of
/// stores are random, and decide between stamps of one moment.
template <class S>
class named_store : public faulty_store<S> {
  public:
    named_store(S& below, fault_plan& life, const uuid& name)
        : faulty_store<S>(below, life), name_(name) {}

    [[nodiscard]] result<store_identity> identity() {
        auto real = faulty_store<S>::identity();
        if (real) real->history = name_;
        return real;
    }

  private:
    uuid name_;
};

[[nodiscard]] inline uuid name_of_store(std::uint64_t node, std::uint64_t times_restored) {
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<std::uint8_t>(times_restored >> (8 * i));
        bytes[8 + i] = static_cast<std::uint8_t>((node + 1) >> (8 * i));
    }
    return uuid(bytes);
}

/// Nobody sends by this: the simulation carries all messages itself.
struct no_link {
    [[nodiscard]] result<std::string> exchange(std::string_view) {
        return error{.code = errc::peer_unavailable, .message = "there is no link"};
    }
};

/// Where a node's rows are, also while it is dead: in memory that outlives it. A setup may have
/// another `place_type`, with a disk.
template <class Setup>
class memory_place {
  public:
    using storage_type = memory::store<typename Setup::schema_type>;

    memory_place(std::uint64_t, bool keeps_unique)
        : store_(memory::options{.unique = keeps_unique}) {}
    [[nodiscard]] storage_type& store() noexcept { return store_; }
    /// The node was killed, by its process's end or its machine's.
    void restart(bool) {}

  private:
    storage_type store_;
};

template <class Setup>
struct place_for {
    using type = memory_place<Setup>;
};
template <class Setup>
    requires requires { typename Setup::place_type; }
struct place_for<Setup> {
    using type = typename Setup::place_type;
};

/// What the server decides by. A setup may have another `server_policy_type` than its policy, to
/// try whether that is found.
template <class Setup>
struct server_policy_of {
    using type = typename Setup::policy_type;
};
template <class Setup>
    requires requires { typename Setup::server_policy_type; }
struct server_policy_of<Setup> {
    using type = typename Setup::server_policy_type;
};

}  // namespace syncfw::testing::detail
