// SPDX-License-Identifier: BSL-1.0
#include <syncfw/core/uuid.hpp>
#include <syncfw/security/secret_file.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace {

using namespace syncfw;
namespace fs = std::filesystem;

/// A file that goes with the test, with these permissions.
class file {
  public:
    explicit file(std::string_view content, unsigned mode = 0600) {
        std::ofstream(path_, std::ios::binary) << content;
        fs::permissions(path_, static_cast<fs::perms>(mode));
    }
    ~file() { fs::remove(path_); }
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    [[nodiscard]] std::string path() const { return path_.string(); }

  private:
    fs::path path_ = fs::temp_directory_path() / ("syncfw-secret-" + to_string(new_uuid()));
};

std::string read(std::string_view content) {
    const auto found = read_secret_file(file(content).path());
    return found ? found->reveal() : std::string(describe(found.error().code).name);
}

}  // namespace

TEST_CASE("secret file: its content without the newline at its end") {
    CHECK(read("secret") == "secret");
    CHECK(read("secret\n") == "secret");
    CHECK(read("secret\r\n") == "secret");
    CHECK(read("two\nlines\n\n") == "two\nlines\n");
    CHECK(read(" with spaces ") == " with spaces ");
    CHECK(read("") == "invalid_value");
    CHECK(read("\n") == "invalid_value");
    CHECK(read(std::string(secret_file_bytes_max, 'x')).size() == secret_file_bytes_max);
    CHECK(read(std::string(secret_file_bytes_max + 1, 'x')) == "too_large");
}

TEST_CASE("secret file: T8, one that others may read is refused, and the error says what to do") {
    for (const unsigned mode : {0644U, 0640U, 0604U, 0620U, 0601U, 0666U, 0777U}) {
        const file open("secret", mode);
        const auto refused = read_secret_file(open.path());
        REQUIRE(!refused);
        CHECK(refused.error().code == errc::forbidden);
        CHECK(refused.error().message.find("chmod 600 " + open.path()) != std::string::npos);
    }
    for (const unsigned mode : {0600U, 0400U}) CHECK(read_secret_file(file("secret", mode).path()));
}

TEST_CASE("secret file: what is missing or no file is refused") {
    CHECK(read_secret_file("/nowhere/at/all").error().code == errc::not_found);
    CHECK(!read_secret_file(fs::temp_directory_path().string()));
    CHECK(read_secret_file("/dev/null").error().code == errc::invalid_value);
}
