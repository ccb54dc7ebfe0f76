// SPDX-License-Identifier: BSL-1.0
// The options of a program: from its command line, its environment, and what it says itself.
//
//     const std::vector<setting> known = {
//         {.name = "port", .value = "8080", .help = "where it listens", .kind = number},
//         {.name = "mode", .one_of = {"fast", "safe"}, .value = "safe", .help = "how it works"}};
//     auto read = settings::read(known, {argv + 1, argv + argc}, process_variable);
//     if (!read) return refuse(read.error());          // exit 2, and one line on stderr
//     listen(read->number("port"), (*read)["mode"]);   // --port 80, --port=80, or PORT=80
//
// An option beats the environment, where each has the same name in capitals: `--page-size` is
// `PAGE_SIZE`. An empty variable counts as none. No message ever has the value of a secret.
#pragma once

#include <syncfw/app/detail/nearest.hpp>
#include <syncfw/config.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/secret.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::app {

enum class setting_kind : unsigned char {
    text,
    number,  ///< A whole one, from `least` to `most`.
    flag,    ///< `--name`, `--name=false`; in the environment 1, true, yes, on, or the opposite.
    secret,  ///< A text that is never shown.
};

/// One option.
struct setting {
    std::string name{};                 ///< `page-size` for `--page-size` and `PAGE_SIZE`.
    std::vector<std::string> one_of{};  ///< The values that there are; none: all.
    std::string value{};                ///< Where it isn't given.
    std::string help{};                 ///< Half a sentence.
    setting_kind kind = setting_kind::text;
    std::int64_t least = 0;
    std::int64_t most = INT64_MAX;
    std::string variable{};      ///< In the environment, where that isn't the name in capitals.
    std::string stands_for{};    ///< What the help calls the value: `URL`.
    bool only_variable = false;  ///< For what everybody could see on a command line.
};

/// The environment: the value of a name, or none.
using variables = std::function<std::optional<std::string>(const std::string& name)>;

/// The process' own.
[[nodiscard]] inline std::optional<std::string> process_variable(const std::string& name) {
    const char* const found = std::getenv(name.c_str());
    return found == nullptr ? std::nullopt : std::optional<std::string>(found);
}

/// `page-size` → `PAGE_SIZE`
[[nodiscard]] std::string variable_of(const setting& known);

class settings {
  public:
    /// Fails with `errc::unknown_field` where there is no such option, with `errc::invalid_value`
    /// where a value is none. `--help` is always known; with it, nothing else is looked at.
    [[nodiscard]] static result<settings> read(std::vector<setting> known,
                                               const std::vector<std::string>& words,
                                               const variables& environment);

    /// To ask for a setting that isn't declared is a programming mistake.
    [[nodiscard]] const std::string& operator[](std::string_view name) const;
    [[nodiscard]] std::int64_t number(std::string_view name) const;
    [[nodiscard]] bool flag(std::string_view name) const { return (*this)[name] == "true"; }
    [[nodiscard]] secret<std::string> secret_of(std::string_view name) const {
        return secret<std::string>((*this)[name]);
    }
    /// By an option; what the environment says is no command.
    [[nodiscard]] bool is_on_line(std::string_view name) const { return find(name).is_on_line; }

    /// The value where neither the line nor the environment gives one: for a program whose verbs
    /// have defaults of their own.
    void default_to(std::string_view name, std::string value);

    [[nodiscard]] bool wants_help() const noexcept { return wants_help_; }
    /// What is no option, in its order. All behind `--` is none.
    [[nodiscard]] const std::vector<std::string>& words() const noexcept { return words_; }

  private:
    struct entry {
        setting of{};
        std::string value{};
        bool is_on_line = false;
        bool is_given = false;
    };

    [[nodiscard]] const entry& find(std::string_view name) const;
    [[nodiscard]] entry* find_option(std::string_view name);
    [[nodiscard]] result<void> read_words(const std::vector<std::string>& words);
    [[nodiscard]] result<void> read_option(const std::vector<std::string>& words, std::size_t& at);
    [[nodiscard]] result<void> read_variables(const variables& environment);
    [[nodiscard]] error no_option(std::string_view name) const;
    /// `where` is what the user wrote it in: `--port`, or `PORT`.
    [[nodiscard]] static result<void> take(entry& to, std::string value, const std::string& where);

    std::vector<entry> entries_{};
    std::vector<std::string> words_{};
    bool wants_help_ = false;
};

/// One thing that a program can be told to do.
struct verb_line {
    std::string usage{};  ///< `add ENTITY field=value …`
    std::string help{};
};

/// What `--help` prints.
[[nodiscard]] std::string help_page(std::string_view program, std::string_view about,
                                    std::span<const setting> known,
                                    std::span<const verb_line> verbs = {});

// --- how it is done ------------------------------------------------------------------------------

inline std::string variable_of(const setting& known) {
    if (!known.variable.empty()) return known.variable;
    std::string name = known.name;
    for (char& c : name) {
        if (c == '-') c = '_';
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return name;
}

namespace detail {

[[nodiscard]] inline std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (text.empty() || read.ec != std::errc() || read.ptr != end) return {};
    return value;
}

[[nodiscard]] inline std::optional<bool> yes_or_no(std::string_view text) {
    for (const std::string_view yes : {"true", "1", "yes", "on"})
        if (text == yes) return true;
    for (const std::string_view no : {"false", "0", "no", "off"})
        if (text == no) return false;
    return {};
}

/// A value as a message may show it: on one line, and not without end.
[[nodiscard]] inline std::string shown(std::string_view value) {
    constexpr std::size_t most = 60;
    std::string text = "'";
    for (const char c : value.substr(0, most))
        text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return text + (value.size() > most ? "…'" : "'");
}

[[nodiscard]] inline error bad_setting(std::string message) {
    return {.code = errc::invalid_value, .message = std::move(message)};
}

}  // namespace detail

inline result<settings> settings::read(std::vector<setting> known,
                                       const std::vector<std::string>& words,
                                       const variables& environment) {
    settings made;
    for (setting& each : known) {
        const std::string first = each.value;
        made.entries_.push_back({.of = std::move(each), .value = first});
    }
    if (auto done = made.read_words(words); !done) return done.error();
    if (made.wants_help_) return made;
    if (auto done = made.read_variables(environment); !done) return done.error();
    return made;
}

inline const settings::entry& settings::find(std::string_view name) const {
    for (const entry& each : entries_)
        if (each.of.name == name) return each;
    SYNCFW_ASSERT(false, "a setting is asked for that the program doesn't declare");
    std::abort();
}

inline const std::string& settings::operator[](std::string_view name) const {
    return find(name).value;
}

inline std::int64_t settings::number(std::string_view name) const {
    return detail::whole_number((*this)[name]).value_or(0);
}

inline void settings::default_to(std::string_view name, std::string value) {
    entry* const found = find_option(name);
    SYNCFW_ASSERT(found != nullptr, "a default is for a setting that the program declares");
    if (!found->is_given) found->value = std::move(value);
}

inline settings::entry* settings::find_option(std::string_view name) {
    for (entry& each : entries_)
        if (each.of.name == name) return &each;
    return nullptr;
}

inline result<void> settings::read_words(const std::vector<std::string>& words) {
    for (const std::string& each : words) {
        if (each == "--") break;
        if (each == "--help" || each == "-h") wants_help_ = true;
    }
    if (wants_help_) return {};
    bool are_options = true;
    for (std::size_t at = 0; at < words.size(); ++at) {
        const std::string& word = words[at];
        if (are_options && word == "--") {
            are_options = false;
        } else if (are_options && word.size() > 1 && word.front() == '-') {
            if (auto done = read_option(words, at); !done) return done;
        } else {
            words_.push_back(word);
        }
    }
    return {};
}

inline error settings::no_option(std::string_view name) const {
    std::vector<std::string> names{"help"};
    for (const entry& each : entries_) {
        if (!each.of.only_variable) names.push_back(each.of.name);
        if (each.of.only_variable && each.of.name == name)
            return {.code = errc::unknown_field,
                    .message = "--" + each.of.name +
                               " is no option, because everybody on the machine can see a command "
                               "line; set " +
                               variable_of(each.of) + " in the environment"};
    }
    return {.code = errc::unknown_field,
            .message = "there is no option " + detail::shown("--" + std::string(name)) +
                       syncfw::detail::or_meant(name, names, "--")};
}

inline result<void> settings::read_option(const std::vector<std::string>& words, std::size_t& at) {
    std::string_view word = words[at];
    if (!word.starts_with("--"))
        return error{.code = errc::unknown_field,
                     .message = "there is no option " + detail::shown(word) +
                                "; options begin with two hyphens"};
    word.remove_prefix(2);
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    entry* const found = find_option(name);
    if (found == nullptr || found->of.only_variable) return no_option(name);
    std::string value = "true";
    if (equals != std::string_view::npos) {
        value = word.substr(equals + 1);
    } else if (found->of.kind != setting_kind::flag) {
        if (at + 1 == words.size())
            return detail::bad_setting("--" + found->of.name + " needs a value");
        value = words[++at];
    }
    if (found->is_on_line)
        return detail::bad_setting("--" + found->of.name + " is given twice; give it once");
    found->is_on_line = true;
    return take(*found, std::move(value), "--" + found->of.name);
}

inline result<void> settings::read_variables(const variables& environment) {
    for (entry& each : entries_) {
        if (each.is_on_line) continue;
        const std::string name = variable_of(each.of);
        auto value = environment(name);
        if (!value || value->empty()) continue;
        if (auto done = take(each, std::move(*value), name); !done) return done;
    }
    return {};
}

inline result<void> settings::take(entry& to, std::string value, const std::string& where) {
    const setting& known = to.of;
    const auto refuse = [&](const std::string& wanted) {
        return detail::bad_setting(where + " is " + wanted + ", and not " + detail::shown(value));
    };
    if (known.kind == setting_kind::number) {
        const auto read = detail::whole_number(value);
        if (!read || *read < known.least || *read > known.most) {
            const bool has_end = known.most != INT64_MAX;
            return refuse("a whole number of " + std::to_string(known.least) +
                          (has_end ? " to " + std::to_string(known.most) : " or more"));
        }
    }
    if (known.kind == setting_kind::flag) {
        const auto read = detail::yes_or_no(value);
        if (!read) return refuse("true or false");
        value = *read ? "true" : "false";
    }
    if (!known.one_of.empty()) {
        bool is_one = false;
        for (const std::string& each : known.one_of) is_one = is_one || each == value;
        if (!is_one)
            return detail::bad_setting(where + " is " + syncfw::detail::in_a_row(known.one_of) +
                                       ", and not " + detail::shown(value) +
                                       syncfw::detail::or_meant(value, known.one_of));
    }
    to.value = std::move(value);
    to.is_given = true;
    return {};
}

}  // namespace syncfw::app

#include <syncfw/app/detail/help_page.hpp>
