// SPDX-License-Identifier: BSL-1.0
// Two devices and a server in one process, on links that can be cut.
#pragma once

#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace two_devices {

using namespace syncfw;
using namespace syncfw::annotations;

struct task {
    std::int64_t id = 0;
    std::string title{};
    bool done = false;
    counter votes{};
    set_of<std::string> tags{};
    std::optional<std::string> email{};
    std::string draft{};
    std::string approved_by{};
    bool is_deleted = false;

    static constexpr auto sync_entity = entity<"task">(
        field<&task::id>(primary_key), field<&task::title>(length<0, 20>),
        field<&task::email>(unique), field<&task::draft>(local_only),
        field<&task::approved_by>(server_owned), field<&task::is_deleted>(soft_delete));
};
using tasks = schema<task>;

/// The link can be cut, and can lose answers.
template <class Hub>
struct bad_link {
    Hub* hub;
    bool is_cut = false;
    int answers_to_lose = 0;
    result<std::string> exchange(std::string_view request) {
        if (is_cut) return error{.code = errc::peer_unavailable, .message = "cut"};
        std::string answer = hub->handle(caller{}, request);
        if (answers_to_lose > 0 && answers_to_lose-- > 0)
            return error{.code = errc::timed_out, .message = "no answer"};
        return answer;
    }
};

template <class Policy = merge_fields>
struct scene {
    memory::store<tasks> hub_store{};
    memory::store<tasks> a_store{memory::options{.unique = false}};
    memory::store<tasks> b_store{memory::options{.unique = false}};
    server<world<memory::store<tasks>>, Policy> hub;
    bad_link<decltype(hub)> a_link{&hub}, b_link{&hub};
    replica<world<memory::store<tasks>>, bad_link<decltype(hub)>> a{a_store, a_link},
        b{b_store, b_link};

    explicit scene(const server_options& options = {}) : hub(hub_store, Policy(), options) {}

    void sync_all() {
        for (int i = 0; i < 2; ++i) {
            REQUIRE(a.sync());
            REQUIRE(b.sync());
        }
    }
    task on_a(std::int64_t id) { return a.template get<task>(id)->value(); }
    task on_b(std::int64_t id) { return b.template get<task>(id)->value(); }
    std::int64_t versions() { return *begin_read(hub_store, tenant_id())->last_sequence(); }
};

}  // namespace two_devices
