// SPDX-License-Identifier: BSL-1.0
#include <syncfw/app/database_url.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

using namespace syncfw;
using syncfw::app::parse_database_url;

TEST_CASE("database URL: three slashes are a path from here, four one from the root") {
    CHECK(parse_database_url("sqlite:///books.db")->place == "books.db");
    CHECK(parse_database_url("sqlite:////var/lib/books.db")->place == "/var/lib/books.db");
    CHECK(parse_database_url("sqlite:///a/b.db")->place == "a/b.db");
    CHECK(parse_database_url("sqlite::memory:")->place == ":memory:");
    CHECK(parse_database_url("sqlite:///a%20b%25.db")->place == "a b%.db");
    CHECK(!parse_database_url("sqlite:///books.db")->is_postgres);
}

TEST_CASE("database URL: PostgreSQL's goes to its library as it is") {
    for (const std::string each : {"postgresql://ann@db:5432/books?sslmode=require",
                                   "postgres://db/books", "postgresql:///books"}) {
        const auto read = parse_database_url(each);
        REQUIRE(read);
        CHECK(read->is_postgres);
        CHECK(read->place == each);
    }
}

TEST_CASE("database URL: what is none is refused without a word of what may be a password") {
    for (const std::string each :
         {"", "books.db", "mysql://ann:hush@db/books", "sqlite://books.db", "sqlite:/books.db",
          "sqlite:books.db", "sqlite:///", "sqlite:////", "sqlite:///a.db?mode=ro", "sqlite:///a#b",
          "sqlite:///%zz", "sqlite:///%00", "postgresql:/ann:hush@db",
          "postgresql://ann:hush@db/\nbooks", "POSTGRESQL://ann:hush@db/books"}) {
        const auto read = parse_database_url(each);
        REQUIRE_MESSAGE(!read, each);
        CHECK(read.error().code == errc::invalid_value);
        CHECK(read.error().message.find("hush") == std::string::npos);
    }
}

TEST_CASE("database URL: a relative path comes back, whatever letters it has") {
    rc::check([](const std::string& name) {
        // One by one: a condition of this macro is taken apart, and evaluated as a whole.
        RC_PRE(!name.empty());
        RC_PRE(name.back() != '/');
        RC_PRE(name.find('\0') == std::string::npos);
        const auto read = parse_database_url("sqlite:///" + http::escape(name));
        RC_ASSERT(read.has_value());
        RC_ASSERT(read->place == name);
    });
}
