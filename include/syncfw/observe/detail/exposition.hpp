// SPDX-License-Identifier: BSL-1.0
// Prometheus' text format 0.0.4, and what it allows.
#pragma once

#include <syncfw/codec/detail/json_write.hpp>
#include <syncfw/config.hpp>
#include <syncfw/core/detail/utf8.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail::exposition {

inline constexpr std::size_t label_value_size_max = 128;

/// Letters, digits and underscores. Prometheus allows colons too, and keeps them for its rules.
[[nodiscard]] constexpr bool is_name(std::string_view text) noexcept {
    if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
    for (const char c : text)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_'))
            return false;
    return true;
}

[[nodiscard]] constexpr bool is_label(std::string_view text) noexcept {
    return is_name(text) && !text.starts_with("__");
}

/// Only label values have their quotes escaped.
inline void append_escaped(std::string& out, std::string_view text, bool escapes_quotes) {
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        // Some of Prometheus' readers take NUL for the end of the text.
        if (static_cast<unsigned char>(c) >= 0x80 || c == '\0') {
            const std::size_t size = multibyte_size(text.data() + at, text.size() - at);
            out.append(size == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(at, size));
            at += size == 0 ? 1 : size;
            continue;
        }
        if (c == '\n')
            out += "\\n";
        else if (c == '\\' || (c == '"' && escapes_quotes))
            (out += '\\') += c;
        else
            out += c;
        ++at;
    }
}

/// The longest beginning that is no longer than this, and does not end within a character.
[[nodiscard]] inline std::string_view beginning(std::string_view text, std::size_t size_max) {
    if (text.size() <= size_max) return text;
    std::size_t kept = size_max;
    for (int i = 0; i < 3 && (static_cast<unsigned char>(text[kept]) & 0xC0u) == 0x80u; ++i) --kept;
    return text.substr(0, kept);
}

/// What stands between the braces.
template <class Values>
[[nodiscard]] std::string label_text(const std::vector<std::string>& labels, const Values& values) {
    std::string text;
    auto value = values.begin();
    for (const std::string& label : labels) {
        if (!text.empty()) text += ',';
        text.append(label).append("=\"");
        append_escaped(text, beginning(*value++, label_value_size_max), true);
        text += '"';
    }
    return text;
}

inline void append_number(std::string& out, double value) {
    char text[json::number_size_max];
    if (value != value)
        out += "NaN";
    else if (value - value != 0)
        out += value > 0 ? "+Inf" : "-Inf";
    else
        out.append(text, json::put_real(text, value));
}
inline void append_number(std::string& out, std::uint64_t value) {
    char text[json::number_size_max];
    out.append(text, json::put_integer(text, value));
}

template <class Number>
void append_sample(std::string& out, std::string_view name, std::string_view labels, Number value) {
    out.append(name);
    if (!labels.empty()) out.append("{").append(labels).append("}");
    out += ' ';
    append_number(out, value);
    out += '\n';
}

/// One metric of a registry, of whatever type.
class metric {
  public:
    metric(std::string name, std::string help, std::vector<std::string> labels)
        : name_(std::move(name)), help_(std::move(help)), labels_(std::move(labels)) {
        SYNCFW_ASSERT(is_name(name_), "a metric's name has letters, digits and underscores");
        SYNCFW_ASSERT(!help_.empty(), "a metric says what it counts");
        for (std::size_t i = 0; i < labels_.size(); ++i) {
            SYNCFW_ASSERT(is_label(labels_[i]), "a label's name has letters, digits, underscores");
            for (std::size_t j = 0; j < i; ++j)
                SYNCFW_ASSERT(labels_[i] != labels_[j], "a metric has a label once");
        }
    }
    metric(const metric&) = delete;
    metric& operator=(const metric&) = delete;
    virtual ~metric() = default;

    virtual void append_to(std::string& out) const = 0;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const std::vector<std::string>& labels() const noexcept { return labels_; }

  protected:
    void append_head(std::string& out, std::string_view type) const {
        out.append("# HELP ").append(name_).append(" ");
        append_escaped(out, help_, false);
        out.append("\n# TYPE ").append(name_).append(" ").append(type).append("\n");
    }

  private:
    std::string name_;
    std::string help_;
    std::vector<std::string> labels_;
};

/// A gauge whose value is asked for when it is written.
class asked_gauge final : public metric {
  public:
    asked_gauge(std::string name, std::string help, std::function<double()> value)
        : metric(std::move(name), std::move(help), {}), value_(std::move(value)) {}

    void append_to(std::string& out) const override {
        const double value = value_();
        if (value != value) return;
        append_head(out, "gauge");
        append_sample(out, name(), {}, value);
    }

  private:
    std::function<double()> value_;
};

}  // namespace syncfw::detail::exposition
