// SPDX-License-Identifier: BSL-1.0
// Goal: one declaration means the same wherever and however it is written. Method: the same
// entity in each form and by each back end, and what is known of its fields.
#include <syncfw/core/counter.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/core/sync_status.hpp>
#include <syncfw/entity/entity.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace syncfw::annotations;
using syncfw::entity_info;
using syncfw::entity_of;
using syncfw::field_info;
using syncfw::meaning;
using syncfw::no_field;
using syncfw::place_of;
using syncfw::value_kind;

// Inside of the struct, by PFR.
struct inside {
    int id = 0;
    std::string title{};
    static constexpr auto sync_entity =
        entity<"book">(field<&inside::id>(primary_key), field<&inside::title>(max_length<200>));
};

// Beside the struct, by PFR.
struct beside {
    int id = 0;
    std::string title{};
};
constexpr auto sync_entity(syncfw::of<beside>) {
    return entity<"book">(field<&beside::id>(primary_key), field<&beside::title>(max_length<200>));
}

// Inside, by Describe, private.
class closed {
    BOOST_DESCRIBE_CLASS(closed, (), (), (), (id, title))
    int id = 0;
    std::string title{};

  public:
    static constexpr auto sync_entity =
        entity<"book">(field<&closed::id>(primary_key), field<&closed::title>(max_length<200>));
};

// A hidden friend, by Describe, private.
class guarded {
    BOOST_DESCRIBE_CLASS(guarded, (), (), (), (id, title))
    int id = 0;
    std::string title{};

    friend constexpr auto sync_entity(syncfw::of<guarded>) {
        return entity<"book">(field<&guarded::id>(primary_key),
                              field<&guarded::title>(max_length<200>));
    }
};

// Described from outside.
struct described {
    int id = 0;
    std::string title{};
};
BOOST_DESCRIBE_STRUCT(described, (), (id, title))
constexpr auto sync_entity(syncfw::of<described>) {
    return entity<"book">(field<&described::id>(primary_key),
                          field<&described::title>(max_length<200>));
}

// Members of a base come first.
struct base {
    int id = 0;
};
BOOST_DESCRIBE_STRUCT(base, (), (id))
struct derived : base {
    std::string title{};
};
BOOST_DESCRIBE_STRUCT(derived, (base), (title))
constexpr auto sync_entity(syncfw::of<derived>) {
    return entity<"book">(field<&derived::id>(primary_key),
                          field<&derived::title>(max_length<200>));
}

template <class T>
void check_is_book() {
    const entity_info& book = entity_of<T>;
    CHECK(book.name == "book");
    REQUIRE(book.fields.size() == 2);
    CHECK(book.fields[0].name == "id");
    CHECK(book.fields[0].type == "int32");
    CHECK(book.fields[0].has(meaning::primary_key));
    CHECK(book.fields[1].name == "title");
    CHECK(book.fields[1].type == "text");
    CHECK(book.fields[1].has(meaning::length));
    CHECK_FALSE(book.fields[1].has(meaning::primary_key));
}

TEST_CASE("entity: each form of the declaration and each back end give the same") {
    check_is_book<inside>();
    check_is_book<beside>();
    check_is_book<closed>();
    check_is_book<guarded>();
    check_is_book<described>();
    check_is_book<derived>();
}

TEST_CASE("entity: a local struct can be one") {
    struct local {
        int id = 0;
        std::string title{};
        static constexpr auto declare() {
            return entity<"book">(field<&local::id>(primary_key),
                                  field<&local::title>(max_length<200>));
        }
    };
    // A local class has no static data members, but its members have names.
    CHECK(local::declare().name == "book");
    CHECK(syncfw::detail::member_names<local>[1] == "title");
}

TEST_CASE("entity: the function wins over a member that was inherited") {
    struct check : inside {};
    CHECK(syncfw::entity_type<inside>);
    CHECK(syncfw::entity_type<check>);  // Has a declaration; the gates refuse it.
    CHECK_FALSE(syncfw::entity_type<int>);
    CHECK_FALSE(syncfw::entity_type<base>);
}

enum class mood { good, bad };
enum class coded : std::uint8_t { low = 3, high = 60 };
enum wide { first = -5, second = 1'000 };
BOOST_DESCRIBE_ENUM(wide, first, second)

struct money {
    std::int64_t cents = 0;
};

struct address {
    std::string city{};
    std::optional<int> number{};
};

}  // namespace

template <>
struct syncfw::value_traits<money> {
    using storage_type = std::int64_t;
    static std::int64_t to_storage(const money& m) { return m.cents; }
    static result<money> from_storage(std::int64_t cents) { return money{cents}; }
};

namespace {

struct everything {
    syncfw::uuid id{};
    bool flag = false;
    std::int8_t small = 0;
    std::uint32_t unsigned_32 = 0;
    std::int64_t large = 0;
    float half = 0;
    double real = 0;
    std::string text{};
    syncfw::blob bytes{};
    syncfw::timestamp when{};
    mood how{};
    std::optional<std::string> maybe{};
    std::vector<std::int32_t> list{};
    syncfw::set_of<std::string> set{};
    syncfw::counter count{};
    syncfw::document free{};
    address nested{};
    money price{};
    std::optional<money> rebate{};
    syncfw::secret<std::string> hidden{};
    std::vector<std::optional<address>> deep{};

    static constexpr auto sync_entity = entity<"everything">(field<&everything::id>(primary_key),
                                                             field<&everything::hidden>(encrypted));
};

struct row_of_type {
    std::string_view name;
    std::string_view type;
    value_kind kind;
    bool nullable = false;
};

TEST_CASE("entity: each type of a field has its layout, its kind and its nullness") {
    const row_of_type rows[] = {
        {"id", "uuid", value_kind::uuid},
        {"flag", "bool", value_kind::boolean},
        {"small", "int8", value_kind::integer},
        {"unsigned_32", "uint32", value_kind::integer},
        {"large", "int64", value_kind::integer},
        {"half", "float32", value_kind::real},
        {"real", "float64", value_kind::real},
        {"text", "text", value_kind::text},
        {"bytes", "bytes", value_kind::bytes},
        {"when", "timestamp", value_kind::timestamp},
        {"how", "enum(good|bad)", value_kind::text},
        {"maybe", "text?", value_kind::text, true},
        {"list", "[int32]", value_kind::json},
        {"set", "set(text)", value_kind::json},
        {"count", "counter", value_kind::json},
        {"free", "document", value_kind::json},
        {"nested", "{city:text,number:int32?}", value_kind::json},
        {"price", "int64", value_kind::integer},
        {"rebate", "int64?", value_kind::integer, true},
        {"hidden", "text", value_kind::text},
        {"deep", "[{city:text,number:int32?}?]", value_kind::json},
    };
    REQUIRE(entity_of<everything>.fields.size() == std::size(rows));
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        const field_info& field = entity_of<everything>.fields[i];
        CAPTURE(rows[i].name);
        CHECK(field.name == rows[i].name);
        CHECK(field.type == rows[i].type);
        CHECK(field.kind == rows[i].kind);
        CHECK(field.nullable == rows[i].nullable);
    }
}

struct annotated {
    int id = 0;
    std::string owner{};
    std::int64_t version = 0;
    syncfw::sync_status status{};
    bool synced = false;
    std::optional<syncfw::timestamp> deleted{};
    std::string iban{};
    std::string mail{};
    double credit = 0;
    int scroll = 0;
    std::optional<int> parent{};
    std::string updated{};
    int likes = 0;

    static constexpr auto sync_entity = entity<"annotated">(
        field<&annotated::id>(primary_key), field<&annotated::owner>(tenant),
        field<&annotated::version>(is::version), field<&annotated::status>(sync_state),
        field<&annotated::synced>(server_synced), field<&annotated::deleted>(soft_delete),
        field<&annotated::iban>(encrypted),
        field<&annotated::mail>(encrypted_revealing_equality, unique),
        field<&annotated::credit>(server_owned), field<&annotated::scroll>(local_only),
        field<&annotated::parent>(references<&annotated::id>, indexed),
        field<&annotated::updated>(column("updated_on"), json("updatedAt"), alias("updated_at"),
                                   alias("changed")),
        field<&annotated::likes>(merge(by::maximum), default_value(0)));
};
constexpr const entity_info& info = entity_of<annotated>;

const field_info& at(std::string_view name) {
    return *std::find_if(info.fields.begin(), info.fields.end(),
                         [&](const field_info& each) { return each.name == name; });
}

TEST_CASE("entity: a field is found by its wire name, its aliases and what it means") {
    CHECK(info.find("id") == 0);
    CHECK(info.find("updatedAt") == place_of<&annotated::updated>);
    CHECK(info.find("updated_at") == place_of<&annotated::updated>);
    CHECK(info.find("changed") == place_of<&annotated::updated>);
    CHECK(info.find("updated") == no_field);
    CHECK(info.find("updated_on") == no_field);
    CHECK(info.find("") == no_field);
    CHECK(info.find(meaning::tenant) == place_of<&annotated::owner>);
    CHECK(info.find(meaning::created_at) == no_field);
    CHECK(at("updated").column == "updated_on");
    CHECK(at("updated").json == "updatedAt");
    CHECK(at("mail").column == "mail");
    CHECK(info.all_with(meaning::unique).count() == 1);
}

TEST_CASE("entity: forms of deletion, encryption and merging are told apart") {
    CHECK(at("deleted").deletes == syncfw::deletion::time);
    CHECK(at("iban").cipher == syncfw::encryption::randomised);
    CHECK(at("mail").cipher == syncfw::encryption::equality);
    CHECK(at("id").cipher == syncfw::encryption::none);
    CHECK(at("likes").merge == syncfw::merge_rule::maximum);
    CHECK(at("credit").merge == syncfw::merge_rule::none);
}

TEST_CASE("entity: a reference knows its target, also its own entity") {
    CHECK(bool{at("parent").refers_to.type == info.type});
    CHECK(at("parent").refers_to.entity == "annotated");
    CHECK(at("parent").refers_to.field == "id");
    CHECK(bool{at("id").refers_to.type == nullptr});
}

TEST_CASE("entity: own-fields: what the server owns is not on the way to it") {
    for (std::string_view name : {"owner", "version", "status", "synced", "credit"}) {
        CAPTURE(name);
        CHECK(at(name).travels(syncfw::local));
        CHECK(at(name).travels(syncfw::to_client));
        CHECK_FALSE(at(name).travels(syncfw::to_server));
    }
    CHECK(at("scroll").travels(syncfw::local));
    CHECK_FALSE(at("scroll").travels(syncfw::to_client));
    CHECK_FALSE(at("scroll").travels(syncfw::to_server));
    CHECK(at("mail").travels(syncfw::to_server));
    CHECK(info.on(syncfw::local).count() == 13);
    CHECK(info.on(syncfw::to_client).count() == 12);
    CHECK(info.on(syncfw::to_server).count() == 7);
}

template <class E>
std::vector<std::string_view> names() {
    std::vector<std::string_view> all;
    for (const auto& each : syncfw::detail::enumerators<E>) all.push_back(each.name);
    return all;
}

TEST_CASE("names: enumerators by value or by description, both ways") {
    CHECK(names<mood>() == std::vector<std::string_view>{"good", "bad"});
    CHECK(names<coded>() == std::vector<std::string_view>{"low", "high"});
    CHECK(names<wide>() == std::vector<std::string_view>{"first", "second"});
    using syncfw::detail::enum_from_name;
    using syncfw::detail::enum_name;
    CHECK(enum_name(coded::high) == "high");
    CHECK(enum_name(second) == "second");
    CHECK(enum_name(first) == "first");
    CHECK(enum_name(static_cast<coded>(7)).empty());
    CHECK(enum_name(static_cast<mood>(-1)).empty());
    mood read{};
    CHECK(enum_from_name("bad", read));
    CHECK(read == mood::bad);
    CHECK_FALSE(enum_from_name("Bad", read));
    CHECK_FALSE(enum_from_name("", read));
    CHECK(read == mood::bad);
}

namespace inner {
struct deep_name {
    int a_1 = 0;
    std::vector<std::string> B2{};
    std::optional<mood> c{};
};
}  // namespace inner

TEST_CASE("names: members, whatever their types and namespaces") {
    CHECK(syncfw::detail::member_names<inner::deep_name>[0] == "a_1");
    CHECK(syncfw::detail::member_names<inner::deep_name>[1] == "B2");
    CHECK(syncfw::detail::member_names<inner::deep_name>[2] == "c");
    CHECK(field<&inner::deep_name::B2>.name() == "B2");
}

TEST_CASE("reflect: members by reference, all at once and one by its place") {
    derived both;
    both.id = 7;
    syncfw::detail::with_members(both, [](int& id, std::string& title) {
        CHECK(id == 7);
        title = "Dune";
    });
    CHECK(both.title == "Dune");
    syncfw::detail::member_at<0>(both) = 8;
    CHECK(both.id == 8);
    const inside plain{.id = 1, .title = "Emma"};
    CHECK(syncfw::detail::member_at<1>(plain) == "Emma");
    const closed empty;
    CHECK(syncfw::detail::member_at<1>(empty).empty());
}

TEST_CASE("field_mask: sets of fields") {
    using syncfw::field_mask;
    field_mask odd;
    for (std::size_t i = 1; i < 128; i += 2) odd.set(i);
    CHECK(odd.count() == 64);
    CHECK(odd.test(127));
    CHECK_FALSE(odd.test(126));
    const field_mask ten = field_mask::first(10);
    CHECK((odd & ten).count() == 5);
    CHECK((odd | ten).count() == 69);
    CHECK((ten - odd).count() == 5);
    CHECK((odd - odd).empty());
    CHECK(ten.byte(0) == 0xFF);
    CHECK(ten.byte(1) == 0x03);
    field_mask again;
    for (std::size_t i = 0; i < 16; ++i) again.set_byte(i, odd.byte(i));
    CHECK(again == odd);
    again.reset(127);
    CHECK(again != odd);
}

}  // namespace
