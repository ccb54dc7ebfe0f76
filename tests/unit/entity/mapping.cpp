// SPDX-License-Identifier: BSL-1.0
// Goal: of two different entities exactly the fields that belong together cross. Method: two
// systems' idea of a customer, and random values both ways.
#include <syncfw/entity/mapping.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <optional>
#include <string>

namespace {

using namespace syncfw::annotations;
using syncfw::leave_out;
using syncfw::place_of;
using syncfw::rename;

enum class status { active, cancelled };

struct account {
    int id = 0;
    std::string mail{};
    std::string name{};
    std::string password{};
    std::string theme{};
    status how{};
    std::int64_t version = 0;
    bool gone = false;
    static constexpr auto sync_entity =
        entity<"account">(field<&account::id>(primary_key), field<&account::version>(is::version),
                          field<&account::gone>(soft_delete), field<&account::theme>(local_only));
};
struct customer {
    std::int64_t version = 0;
    std::string full_name{};
    status how{};
    std::string email{};
    std::string theme{};
    int number = 0;
    std::string stripe_id{};
    std::string password{};
    bool gone = false;
    static constexpr auto sync_entity = entity<"customer">(
        field<&customer::number>(primary_key), field<&customer::version>(is::version),
        field<&customer::full_name>(json("name")), field<&customer::stripe_id>(required),
        field<&customer::how>(soft_delete(status::cancelled)));
};

constexpr auto people = syncfw::mapping<account, customer>(
    rename<&account::id, &customer::number>, rename<&account::mail, &customer::email>,
    leave_out<&account::password>, leave_out<&customer::stripe_id>);

static_assert(people.pairs().size() == 4);
static_assert(people.shared().test(place_of<&account::id>));
static_assert(people.shared().test(place_of<&account::mail>));
static_assert(people.shared().test(place_of<&account::name>));
static_assert(people.shared().test(place_of<&account::how>));

account random_account() {
    return {.id = *rc::gen::arbitrary<int>(),
            .mail = *rc::gen::arbitrary<std::string>(),
            .name = *rc::gen::arbitrary<std::string>(),
            .password = "a's own",
            .theme = "a's own",
            .how = *rc::gen::element(status::active, status::cancelled),
            .version = 1,
            .gone = true};
}

TEST_CASE("mapping: the shared fields cross, and all others stay") {
    CHECK(rc::check([] {
        const account a = random_account();
        customer c{.version = 7, .theme = "own", .stripe_id = "own", .password = "own"};
        people.to_second(a, c);
        RC_ASSERT(c.number == a.id);
        RC_ASSERT(c.email == a.mail);
        RC_ASSERT(c.full_name == a.name);
        RC_ASSERT(c.how == a.how);
        RC_ASSERT(c.version == 7);
        RC_ASSERT(c.theme == "own");
        RC_ASSERT(c.stripe_id == "own");
        RC_ASSERT(c.password == "own");
        RC_ASSERT(!c.gone);
        RC_ASSERT(people.differs(a, c).empty());
    }));
}

TEST_CASE("mapping: there and back changes nothing") {
    CHECK(rc::check([] {
        const account a = random_account();
        account again{.version = 3};
        customer c;
        people.to_second(a, c);
        people.to_first(c, again);
        RC_ASSERT(people.differs(again, c).empty());
        RC_ASSERT(again.id == a.id && again.mail == a.mail && again.name == a.name);
        RC_ASSERT(again.password.empty() && again.version == 3 && !again.gone);
    }));
}

TEST_CASE("mapping: differs names the fields of the first entity") {
    const account a{.id = 1, .mail = "a@b.c", .name = "Ada"};
    const customer c{.full_name = "Bea", .email = "a@b.c", .number = 1, .password = "x"};
    const syncfw::field_mask differing = people.differs(a, c);
    CHECK(differing.count() == 1);
    CHECK(differing.test(place_of<&account::name>));
}

TEST_CASE("mapping: an entity with itself shares all but what each store keeps for itself") {
    constexpr auto same = syncfw::mapping<account, account>();
    CHECK(same.pairs().size() == 5);
    constexpr auto fewer = syncfw::mapping<account, account>(leave_out<&account::name>);
    CHECK(fewer.pairs().size() == 4);
}

}  // namespace
