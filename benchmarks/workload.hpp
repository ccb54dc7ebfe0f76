// SPDX-License-Identifier: BSL-1.0
// The standard workload: books like those of a small library, the same for each seed on every
// machine. A book has about 139.6 bytes of payload (texts as long as they are, eight bytes a
// number, one a bool).
#pragma once

#include <syncfw/core/sync_status.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct book {
    std::string id{};         ///< A uuid's 36 characters.
    std::string tenant_id{};  ///< `library-042`
    std::string title{};      ///< 20 to 60 bytes, some beyond ASCII, a few that JSON escapes.
    std::string author{};
    std::int64_t pages = 0;
    double rating = 0;  ///< One or two decimals.
    bool is_deleted = false;
    std::int64_t version = 0;
    syncfw::sync_status sync_status = syncfw::sync_status::synced;
    std::int64_t updated_at = 0;  ///< Microseconds since 1970.

    friend bool operator==(const book&, const book&) = default;
};

/// SplitMix64: the standard library's generators are exact, but its distributions differ.
class random_source {
  public:
    explicit random_source(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9E37'79B9'7F4A'7C15;
        z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9;
        z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EB;
        return z ^ (z >> 31);
    }
    /// 0 to `limit - 1`.
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }
    bool one_in(std::size_t n) { return below(n) == 0; }

    template <std::size_t N>
    std::string_view pick(const std::string_view (&from)[N]) {
        return from[below(N)];
    }

  private:
    std::uint64_t state_;
};

namespace detail {

inline constexpr std::string_view plain_words[] = {
    "The",   "Garden", "of",     "Silent",  "Rivers", "and",    "Winter",  "Letters", "from",
    "a",     "Forest", "Keeper", "Last",    "Summer", "in",     "Harbour", "Shadow",  "Atlas",
    "Stone", "House",  "Memory", "Distant", "Light",  "Night",  "Journey", "Bread",   "Clouds",
    "with",  "North",  "Glass",  "Ocean",   "Paper",  "Orchard"};
inline constexpr std::string_view foreign_words[] = {"Été",  "Größe", "Señora", "Łódź",
                                                     "日本", "Чайка", "naïve",  "Ærø"};
inline constexpr std::string_view escaped_words[] = {"\"Echo\"", "C:\\Temp", "line\nbreak"};
inline constexpr std::string_view first_names[] = {"Ada",    "Ursula", "Jorge", "Chinua", "Toni",
                                                   "Haruki", "Isabel", "Italo", "Zoe",    "Leo"};
inline constexpr std::string_view last_names[] = {"Lovelace", "Le Guin",      "Borges",  "Achebe",
                                                  "Morrison", "Murakami",     "Allende", "Calvino",
                                                  "Tolstoy",  "Winterbourne", "García",  "Ng"};

inline std::string uuid_text(random_source& random) {
    std::string text = "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx";
    for (char& c : text)
        if (c == 'x') c = "0123456789abcdef"[random.below(16)];
    return text;
}

inline std::string title(random_source& random) {
    const std::size_t wanted = 20 + random.below(36);
    std::string text{random.pick(plain_words)};
    while (text.size() < wanted) {
        text += ' ';
        if (random.one_in(60)) {
            text += random.pick(escaped_words);
        } else if (random.one_in(50)) {
            text += random.pick(foreign_words);
        } else {
            text += random.pick(plain_words);
        }
    }
    return text;
}

inline double rating(random_source& random) {
    return random.one_in(3) ? static_cast<double>(random.below(501)) / 100
                            : static_cast<double>(random.below(51)) / 10;
}

inline syncfw::sync_status status(random_source& random) {
    const std::size_t percent = random.below(100);
    if (percent < 80) return syncfw::sync_status::synced;
    if (percent < 95) return syncfw::sync_status::pending;
    return percent < 98 ? syncfw::sync_status::failed : syncfw::sync_status::conflict;
}

}  // namespace detail

inline book make_book(random_source& random) {
    book b;
    b.id = detail::uuid_text(random);
    b.tenant_id = "library-0" + std::to_string(10 + random.below(90));
    b.title = detail::title(random);
    b.author = detail::first_names[random.below(10)];
    b.author += ' ';
    b.author += random.pick(detail::last_names);
    b.pages = static_cast<std::int64_t>(64 + random.below(1400));
    b.rating = detail::rating(random);
    b.is_deleted = random.one_in(20);
    b.version = static_cast<std::int64_t>(1 + random.below(60));
    b.sync_status = detail::status(random);
    b.updated_at = 1'700'000'000'000'000 + static_cast<std::int64_t>(random.below(50'000'000'000));
    return b;
}

inline std::vector<book> make_books(std::size_t count, std::uint64_t seed = 1) {
    random_source random(seed);
    std::vector<book> books(count);
    for (book& b : books) b = make_book(random);
    return books;
}

inline double payload_bytes(const std::vector<book>& books) {
    std::size_t bytes = 0;
    for (const book& b : books)
        bytes += b.id.size() + b.tenant_id.size() + b.title.size() + b.author.size() +
                 to_string(b.sync_status).size() + 4 * 8 + 1;
    return static_cast<double>(bytes) / static_cast<double>(books.size());
}

}  // namespace bench
