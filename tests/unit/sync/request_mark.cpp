// SPDX-License-Identifier: BSL-1.0
// Goal: what marks an operation stays for ever, for servers keep it and compare it with what comes
// again. Method: marks that were made when the first servers ran.
#include <syncfw/core/detail/hex.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/entity/entity.hpp>
#include <syncfw/sync/detail/request_mark.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

using namespace syncfw;
using namespace syncfw::annotations;

namespace {

struct page {
    std::string id{};
    std::string zone{};
    std::int64_t lines = 0;
    std::optional<double> weight{};
    std::string author{};
    secret<std::string> diary{};

    static constexpr auto sync_entity =
        entity<"page">(field<&page::id>(primary_key), field<&page::diary>(encrypted));
};
struct cell {
    std::int64_t row = 0;
    std::string column{};
    std::string content{};

    static constexpr auto sync_entity =
        entity<"cell">(field<&cell::row>(primary_key), field<&cell::column>(primary_key));
};
struct note {
    uuid id{};
    std::string text{};

    static constexpr auto sync_entity = entity<"note">(field<&note::id>(primary_key));
};

uuid id_of(std::uint8_t first) {
    return uuid({first, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10, 11, 12, 13, 14, 15, 16});
}

template <class T>
operation<T> changing(const T& after) {
    return {.id = id_of(1),
            .base_version = 7,
            .written = stamp(0x18C'0000'0000'0000, replica_id(9)),
            .changed = field_mask::first(entity_of<T>.fields.size()),
            .after = after};
}

template <class T>
std::string mark_of(const operation<T>& op) {
    detail::request_marker marker;
    // What was marked before leaves nothing behind.
    (void)marker(changing(page{.id = "another", .zone = "longer than what comes"}), "another");
    std::string text;
    for (const std::byte each : marker(op, key(op.after))) {
        char pair[2];
        detail::write_hex(pair, static_cast<std::uint8_t>(each));
        text.append(pair, 2);
    }
    return text;
}

const page of_all{.id = "p1",
                  .zone = "north",
                  .lines = -40,
                  .weight = 0.5,
                  .author = "Ada",
                  .diary = secret<std::string>("dear")};

}  // namespace

TEST_CASE("request mark: it is the same for ever, whatever kind of key the row has") {
    CHECK(mark_of(changing(of_all)) == "c5a8e1a893eee7b2022b915262db61d8");
    CHECK(mark_of(changing(cell{.row = 3, .column = "b", .content = "x"})) ==
          "efa8386a918639d3a3e79b766c20fb07");
    CHECK(mark_of(changing(note{.id = id_of(5), .text = "milk"})) ==
          "cfbfce372de4f53c06397688a73eff07");
    operation<page> removing = changing(page{.id = "p1"});
    removing.kind = operation_kind::remove;
    removing.changed = {};
    removing.resolves = {id_of(2), id_of(3)};
    CHECK(mark_of(removing) == "834fb3e79ec59a767b7cb9da785de203");
}

TEST_CASE("request mark: fields that are foreign stand among the others, by their names") {
    operation<page> op = changing(of_all);
    op.foreign = {{"zzz:text", "\4last"}, {"aaa:text", "\5first"}, {"mmm:i64?", "\1"}};
    CHECK(mark_of(op) == "1c18ecea499c0a1a5d79dc54d347bc0a");
    // What this side learns later is marked alike.
    operation<page> before = changing(of_all);
    before.changed.reset(4);
    before.foreign = {{"author:text", "\3Ada"}};
    CHECK(mark_of(before) == mark_of(changing(of_all)));
}

TEST_CASE("request mark: whatever an operation asks makes another mark") {
    const operation<page> op = changing(of_all);
    const std::string mark = mark_of(op);
    operation<page> other = op;
    other.id = id_of(9);
    CHECK(mark_of(other) != mark);
    other = op;
    other.base_version = 8;
    CHECK(mark_of(other) != mark);
    other = op;
    other.written = stamp(1, replica_id(9));
    CHECK(mark_of(other) != mark);
    other = op;
    other.changed.reset(2);
    CHECK(mark_of(other) != mark);
    other = op;
    other.after.zone = "south";
    CHECK(mark_of(other) != mark);
    other = op;
    other.resolves = {id_of(2)};
    CHECK(mark_of(other) != mark);
}
