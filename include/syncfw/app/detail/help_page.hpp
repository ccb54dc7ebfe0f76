// SPDX-License-Identifier: BSL-1.0
// The page that `--help` prints; settings.hpp includes it.
#pragma once

#include <syncfw/app/settings.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace syncfw::app {
namespace detail {

inline constexpr std::size_t help_width = 79;
inline constexpr std::size_t help_column = 26;

/// The words of a text, broken into lines that begin at the column. The first line goes on at `at`.
[[nodiscard]] inline std::string wrapped(std::string_view text, std::size_t column,
                                         std::size_t at) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        if (at > column && at + end > help_width) {
            out.append("\n").append(column, ' ');
            at = column;
        }
        out.append(text.substr(0, end));
        at += end + 1;
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!text.empty() && at + std::min(text.find(' '), text.size()) <= help_width) out += ' ';
    }
    return out;
}

/// `  left      right`, the right side in as many lines as it needs.
[[nodiscard]] inline std::string help_entry(const std::string& left, std::string_view right) {
    std::string line = "  " + left;
    if (line.size() + 2 > help_column)
        line.append("\n").append(help_column, ' ');
    else
        line.append(help_column - line.size(), ' ');
    return line + wrapped(right, help_column, help_column) + "\n";
}

[[nodiscard]] inline std::string left_of(const setting& known) {
    if (known.only_variable) return variable_of(known);
    std::string text = "--" + known.name;
    if (known.kind == setting_kind::flag) return text;
    const char* const word = known.kind == setting_kind::number ? "N" : "TEXT";
    return text + " " + (known.stands_for.empty() ? std::string(word) : known.stands_for);
}

[[nodiscard]] inline std::string right_of(const setting& known) {
    std::string text = known.help;
    if (!known.one_of.empty()) text += ": " + syncfw::detail::in_a_row(known.one_of);
    std::string notes;
    if (!known.only_variable) notes = variable_of(known);
    const bool has_value = !known.value.empty() && known.kind != setting_kind::flag &&
                           known.kind != setting_kind::secret;
    if (has_value) notes += (notes.empty() ? "" : "; else ") + known.value;
    return notes.empty() ? text : text + " [" + notes + "]";
}

}  // namespace detail

inline std::string help_page(std::string_view program, std::string_view about,
                             std::span<const setting> known, std::span<const verb_line> verbs) {
    std::string page(program);
    if (!about.empty()) page.append(": ").append(detail::wrapped(about, 0, page.size() + 2));
    page.append("\n\nusage: ").append(program);
    page += verbs.empty() ? " [option] …\n" : " [option] … VERB …\n";
    if (!verbs.empty()) page += "\nverbs\n";
    for (const verb_line& each : verbs) page += detail::help_entry(each.usage, each.help);
    page += "\noptions [the variable that says the same; else the value]\n";
    bool has_variables = false;
    for (const setting& each : known) {
        has_variables = has_variables || each.only_variable;
        if (!each.only_variable)
            page += detail::help_entry(detail::left_of(each), detail::right_of(each));
    }
    page += detail::help_entry("--help", "prints this page");
    if (has_variables) page += "\nin the environment alone\n";
    for (const setting& each : known)
        if (each.only_variable)
            page += detail::help_entry(detail::left_of(each), detail::right_of(each));
    return page;
}

}  // namespace syncfw::app
