// SPDX-License-Identifier: BSL-1.0
// The three-way merge of texts, line by line.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace syncfw::detail {

using lines = std::vector<std::string_view>;

/// What stands between the line ends; an empty text has no line.
[[nodiscard]] inline lines split_lines(std::string_view text) {
    lines all;
    if (text.empty()) return all;
    for (;;) {
        const std::size_t end = text.find('\n');
        all.push_back(text.substr(0, end));
        if (end == text.npos) return all;
        text.remove_prefix(end + 1);
    }
}

[[nodiscard]] inline std::string join_lines(const lines& all) {
    std::string text;
    for (const std::string_view& each : all)
        text.append(&each == all.data() ? "" : "\n").append(each);
    return text;
}

inline constexpr std::size_t no_line = static_cast<std::size_t>(-1);

/// For each line of the base, where it is in the other text; `no_line` where it was changed. What
/// is too large to compare counts as changed between its equal beginning and end.
[[nodiscard]] inline std::vector<std::size_t> match_lines(const lines& base, const lines& other) {
    constexpr std::size_t cells_max = 4'000'000;
    std::vector<std::size_t> matches(base.size(), no_line);
    std::size_t first = 0;
    while (first < base.size() && first < other.size() && base[first] == other[first]) {
        matches[first] = first;
        ++first;
    }
    std::size_t same_behind = 0;
    while (same_behind < base.size() - first && same_behind < other.size() - first &&
           base[base.size() - 1 - same_behind] == other[other.size() - 1 - same_behind]) {
        ++same_behind;
        matches[base.size() - same_behind] = other.size() - same_behind;
    }
    const std::size_t rows = base.size() - first - same_behind;
    const std::size_t columns = other.size() - first - same_behind;
    if (rows == 0 || columns == 0 || rows > cells_max / columns) return matches;

    // The longest common subsequence of what is left, from the end.
    std::vector<std::uint32_t> common((rows + 1) * (columns + 1));
    const auto cell = [&](std::size_t row, std::size_t column) -> std::uint32_t& {
        return common[row * (columns + 1) + column];
    };
    for (std::size_t row = rows; row-- > 0;)
        for (std::size_t column = columns; column-- > 0;)
            cell(row, column) = base[first + row] == other[first + column]
                                    ? cell(row + 1, column + 1) + 1
                                    : std::max(cell(row + 1, column), cell(row, column + 1));
    for (std::size_t row = 0, column = 0; row < rows && column < columns;) {
        if (base[first + row] == other[first + column])
            matches[first + row++] = first + column++;
        else if (cell(row + 1, column) >= cell(row, column + 1))
            ++row;
        else
            ++column;
    }
    return matches;
}

class text_merge {
  public:
    text_merge(std::string_view base, std::string_view mine, std::string_view theirs)
        : base_(split_lines(base)), mine_(split_lines(mine)), theirs_(split_lines(theirs)) {}

    /// False where the same lines were changed on both sides.
    [[nodiscard]] bool run(bool is_mine_later, std::string& text) {
        lines merged;
        const auto in_mine = match_lines(base_, mine_);
        const auto in_theirs = match_lines(base_, theirs_);
        std::size_t b = 0, m = 0, t = 0;
        for (std::size_t i = 0;; ++i) {
            const bool is_end = i == base_.size();
            if (!is_end && (in_mine[i] == no_line || in_theirs[i] == no_line)) continue;
            const std::size_t mine_end = is_end ? mine_.size() : in_mine[i];
            const std::size_t theirs_end = is_end ? theirs_.size() : in_theirs[i];
            if (!add(part(base_, b, i), part(mine_, m, mine_end), part(theirs_, t, theirs_end),
                     is_mine_later, merged))
                return false;
            if (is_end) break;
            merged.push_back(base_[i]);
            b = i + 1, m = mine_end + 1, t = theirs_end + 1;
        }
        text = join_lines(merged);
        return true;
    }

  private:
    using piece = std::span<const std::string_view>;

    [[nodiscard]] static piece part(const lines& all, std::size_t begin, std::size_t end) {
        return piece(all).subspan(begin, end - begin);
    }
    [[nodiscard]] static bool is_same(piece a, piece b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }
    static void append(piece from, lines& merged) {
        merged.insert(merged.end(), from.begin(), from.end());
    }

    [[nodiscard]] static bool add(piece base, piece mine, piece theirs, bool is_mine_later,
                                  lines& merged) {
        if (is_same(base, mine) || is_same(mine, theirs)) {
            append(theirs, merged);
        } else if (is_same(base, theirs)) {
            append(mine, merged);
        } else if (base.empty()) {
            // Both put something in at the same place: both stay, the earlier first.
            append(is_mine_later ? theirs : mine, merged);
            append(is_mine_later ? mine : theirs, merged);
        } else {
            return false;
        }
        return true;
    }
    lines base_;
    lines mine_;
    lines theirs_;
};

[[nodiscard]] inline bool merge_text(std::string_view base, std::string_view mine,
                                     std::string_view theirs, bool is_mine_later,
                                     std::string& merged) {
    return text_merge(base, mine, theirs).run(is_mine_later, merged);
}

}  // namespace syncfw::detail
