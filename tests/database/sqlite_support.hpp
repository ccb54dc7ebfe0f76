// SPDX-License-Identifier: BSL-1.0
// What the tests of the SQLite store share: a folder that goes with the test, a schema, processes.
#pragma once

#include <syncfw/storage/sqlite.hpp>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <type_traits>
#include <unistd.h>
#include <utility>
#include <vector>

namespace stores {

using namespace syncfw;
using namespace syncfw::annotations;

struct shelf {
    std::int64_t id = 0;
    std::string name{};

    static constexpr auto sync_entity = entity<"shelf">(field<&shelf::id>(primary_key));
};

struct book {
    std::int64_t id = 0;
    std::string title{};
    std::optional<std::string> isbn{};
    std::optional<std::int64_t> on{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::isbn>(unique, column("number")),
                       field<&book::on>(references<&shelf::id>));
};

using library = schema<shelf, book>;
using library_store = sqlite::store<library>;

inline const tenant_id nobody{};

/// A folder of its own for each test.
class folder {
  public:
    folder() {
        std::string name = (std::filesystem::temp_directory_path() / "syncfw-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;

    [[nodiscard]] std::string operator/(std::string_view name) const {
        return (path_ / name).string();
    }
    [[nodiscard]] std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

inline std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_bytes(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

template <class T>
T expect(result<T> given) {
    if (!given) FAIL(to_string(given.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*given);
}

inline library_store open(const std::string& path, const sqlite::options& wanted = {}) {
    return expect(sqlite::open<library>(path, wanted));
}

/// For tests that make no power cuts.
inline constexpr sqlite::options quick{.durability = sqlite::durability::process_crash};

/// The program that the store does not know: plain SQL on the file.
inline void run_sql(const std::string& path, const std::string& text) {
    sqlite3* opened = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &opened) == SQLITE_OK);
    if (sqlite3_exec(opened, text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        FAIL(text << ": " << sqlite3_errmsg(opened));
    sqlite3_close(opened);
}

/// Puts books in one transaction, each with its number of the feed.
template <class Store>
result<void> put_books(Store& store, std::int64_t first, std::int64_t count) {
    auto tx = begin_write(store, nobody);
    if (!tx) return tx.error();
    auto sequence = tx->next_sequence(count);
    if (!sequence) return sequence.error();
    std::vector<record<book>> rows;
    for (std::int64_t i = 0; i < count; ++i) {
        rows.push_back({.value = {.id = first + i, .title = "book"}});
        rows.back().set_sequence(*sequence + i);
    }
    if (auto done = tx->put_many(rows); !done) return done;
    return tx->commit();
}

template <class Store>
std::int64_t count_books(Store& store) {
    auto tx = expect(begin_read(store, nobody));
    return expect(tx.count(all<book>()));
}

template <class Store>
void check_sound(Store& store) {
    const auto damage = expect(store.check_integrity());
    INFO((damage.empty() ? std::string() : damage.front()));
    CHECK(damage.empty());
}

/// Runs f in a process of its own, which ends with what f returns, and no destructors.
template <class F>
pid_t start_process(F&& f) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(f());
    return child;
}
/// How it ended: its number, or -1 when it was killed.
inline int end_of(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace stores
