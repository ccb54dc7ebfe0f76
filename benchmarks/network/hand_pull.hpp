// SPDX-License-Identifier: BSL-1.0
// A pull as one writes it for one table in an afternoon: the changes behind a place of the feed by
// SQLite and Beast, without tokens, tenants, limits, deletions or a way back from a wrong place.
#pragma once

#include "../storage/raw_sqlite.hpp"
#include "beast.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline std::int64_t number_in(std::string_view text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// Answers the place where the feed ends, and a line for each row that changed since the one asked.
class hand_hub {
  public:
    hand_hub(const std::string& path, const std::vector<book_record>& rows) : rows_(path, true) {
        rows_.upsert(rows, rows.size());
    }
    [[nodiscard]] unsigned short port() const { return serving_.port(); }

  private:
    [[nodiscard]] std::string changes(std::string_view path) {
        std::int64_t place = number_in(path.substr(path.find('=') + 1));
        std::string lines;
        rows_.visit_changes(place, [&](std::int64_t sequence, std::string_view title) {
            place = sequence;
            (lines += title) += '\n';
        });
        return std::to_string(place) + '\n' + lines;
    }

    raw_sqlite rows_;
    beast_server serving_{[this](std::string_view path) { return changes(path); }};
};

/// Its place is in its database, as it must be where a process may die.
class hand_device {
  public:
    hand_device(const std::string& path, unsigned short port) : rows_(path, true), line_(port) {}
    /// How many lines came.
    std::size_t pull() {
        const std::string answer =
            line_.ask("/changes?after=" + std::to_string(rows_.place()), "{}");
        const std::int64_t place = number_in(answer);
        if (place != rows_.place()) rows_.set_place(place);
        return answer.size() - answer.find('\n') - 1;
    }

  private:
    raw_sqlite rows_;
    beast_client line_;
};

}  // namespace bench
