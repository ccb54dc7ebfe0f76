// SPDX-License-Identifier: BSL-1.0
// Regular expressions for validation, compiled while the program is compiled and matched in linear
// time, so that no text and no pattern can make a server slow (as backtracking ones can), and
// without <regex>, which would double the cost of including the library.
//
// Known: literals, `.`, `[a-z_]`, `[^a-z]`, `\d \D \w \W \s \S`, `\` before a special character,
// groups, `|`, `*`, `+`, `?`, `{n}`, `{m,n}`, `{m,}`. The whole text has to match. Classes are
// ASCII; a character outside of it matches `.`, a negated class, or itself as a literal.
#pragma once

#include <syncfw/core/fixed_string.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace syncfw {

namespace detail {

inline constexpr std::size_t pattern_steps_max = 64;

// Glushkov's automaton: each character of the pattern is a state, kept as one bit.
struct pattern_program {
    struct step {
        std::uint64_t ascii[2]{};
        bool beyond_ascii = false;  // takes every character outside of ASCII
        char32_t literal = 0;       // or this one
        std::uint64_t follow = 0;

        [[nodiscard]] constexpr bool takes(char32_t c) const {
            if (c < 128) return (ascii[c / 64] >> (c % 64) & 1) != 0;
            return beyond_ascii || (literal != 0 && c == literal);
        }
    };
    std::array<step, pattern_steps_max> steps{};
    std::size_t count = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool nullable = false;
    bool valid = false;
};

// One character of UTF-8 that was checked before; a broken one counts byte by byte.
constexpr char32_t next_character(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(at++);
    const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    if (more == 0) return lead;
    char32_t c = lead & (0x3Fu >> more);
    for (int i = 0; i < more && at < text.size(); ++i) c = c << 6 | (byte(at++) & 0x3Fu);
    return c;
}

class pattern_compiler {
  public:
    constexpr explicit pattern_compiler(std::string_view pattern) : text_(pattern) {}

    constexpr pattern_program run() {
        const part whole = alternation();
        program_.valid = valid_ && at_ == text_.size();
        program_.first = whole.first;
        program_.last = whole.last;
        program_.nullable = whole.nullable;
        return program_;
    }

  private:
    struct part {
        bool nullable = true;
        std::uint64_t first = 0;
        std::uint64_t last = 0;
    };
    using step = pattern_program::step;

    constexpr bool done() const { return !valid_ || at_ == text_.size(); }
    constexpr bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
    constexpr bool take(char c) {
        if (!next_is(c)) return false;
        ++at_;
        return true;
    }
    constexpr part fail() {
        valid_ = false;
        return {};
    }

    constexpr part join(part a, part b) {
        connect(a.last, b.first);
        return {a.nullable && b.nullable, a.first | (a.nullable ? b.first : 0),
                b.last | (b.nullable ? a.last : 0)};
    }
    constexpr void connect(std::uint64_t from, std::uint64_t to) {
        for (std::size_t i = 0; i < program_.count; ++i)
            if ((from >> i & 1) != 0) program_.steps[i].follow |= to;
    }

    constexpr part alternation() {
        if (++depth_ > 16) return fail();
        part whole = sequence();
        while (valid_ && take('|')) {
            const part other = sequence();
            whole = {whole.nullable || other.nullable, whole.first | other.first,
                     whole.last | other.last};
        }
        --depth_;
        return whole;
    }
    constexpr part sequence() {
        part whole;
        while (!done() && !next_is('|') && !next_is(')')) whole = join(whole, repetition());
        return whole;
    }
    constexpr part repetition() {
        const std::size_t start = at_;
        part one = atom();
        std::size_t min = 1, max = 1;
        bool endless = false;
        if (take('*')) {
            min = 0, endless = true;
        } else if (take('+')) {
            endless = true;
        } else if (take('?')) {
            min = 0;
        } else if (take('{')) {
            min = max = number();
            if (take(',')) {
                endless = next_is('}');
                if (!endless) max = number();
            }
            if (endless && max == 0) max = 1;  // {0,} is *
            if (!take('}') || max < min || max == 0) return fail();
        }
        const std::size_t end = at_;
        part whole = min > 0 ? one : optional(one);
        for (std::size_t i = 1; i < max && valid_; ++i) {  // copies: each has states of its own
            at_ = start;
            one = atom();
            whole = join(whole, i < min ? one : optional(one));
        }
        if (endless) connect(one.last, one.first);
        at_ = end;
        return whole;
    }
    static constexpr part optional(part p) { return {true, p.first, p.last}; }

    constexpr std::size_t number() {
        if (done() || text_[at_] < '0' || text_[at_] > '9') {
            valid_ = false;
            return 0;
        }
        std::size_t value = 0;
        while (!done() && text_[at_] >= '0' && text_[at_] <= '9' && value <= pattern_steps_max)
            value = value * 10 + static_cast<std::size_t>(text_[at_++] - '0');
        return value;
    }

    constexpr part atom() {
        if (done()) return fail();
        if (take('(')) {
            const part inside = alternation();
            return take(')') ? inside : fail();
        }
        step one;
        if (take('[')) {
            if (!bracket(one)) return fail();
        } else if (take('.')) {
            one.ascii[0] = one.ascii[1] = ~std::uint64_t{0};
            one.beyond_ascii = true;
        } else if (take('\\')) {
            if (done() || !escape(one)) return fail();
        } else {
            if (std::string_view("*+?{}])|^$").find(text_[at_]) != std::string_view::npos)
                return fail();
            add(one, next_character(text_, at_));
        }
        if (program_.count == pattern_steps_max) return fail();
        const std::uint64_t bit = std::uint64_t{1} << program_.count;
        program_.steps[program_.count++] = one;
        return {false, bit, bit};
    }

    static constexpr void add(step& s, char32_t c) {
        if (c < 128)
            s.ascii[c / 64] |= std::uint64_t{1} << (c % 64);
        else
            s.literal = c;
    }
    static constexpr void add_range(step& s, char from, char to) {
        for (int c = from; c <= to; ++c) add(s, static_cast<char32_t>(c));
    }
    static constexpr void negate(step& s) {
        s.ascii[0] = ~s.ascii[0];
        s.ascii[1] = ~s.ascii[1];
        s.beyond_ascii = true;
    }
    constexpr bool escape(step& s) {
        step named;
        const char c = text_[at_++];
        switch (c) {
            case 'd':
            case 'D': add_range(named, '0', '9'); break;
            case 'w':
            case 'W':
                add_range(named, '0', '9'), add_range(named, 'a', 'z');
                add_range(named, 'A', 'Z'), add(named, '_');
                break;
            case 's':
            case 'S':
                for (char space : {' ', '\t', '\n', '\r', '\f', '\v'})
                    add(named, static_cast<char32_t>(space));
                break;
            default:
                if (is_letter_or_digit(c)) return false;
                add(named, static_cast<char32_t>(c));
        }
        if (c == 'D' || c == 'W' || c == 'S') negate(named);
        s.ascii[0] |= named.ascii[0];
        s.ascii[1] |= named.ascii[1];
        s.beyond_ascii = s.beyond_ascii || named.beyond_ascii;
        return true;
    }
    static constexpr bool is_letter_or_digit(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
    constexpr bool bracket(step& s) {
        const bool negated = take('^');
        bool empty = true;
        for (; !done() && !next_is(']'); empty = false) {
            if (take('\\')) {
                if (done() || !escape(s)) return false;
                continue;
            }
            const char from = text_[at_++];
            if (from == '[' || static_cast<unsigned char>(from) > 127) return false;
            char to = from;
            if (next_is('-') && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
                to = text_[at_ + 1];
                at_ += 2;
                if (to < from || to == '\\') return false;
            }
            add_range(s, from, to);
        }
        if (negated) negate(s);
        return take(']') && !empty;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0;
    bool valid_ = true;
    pattern_program program_{};
};

constexpr bool is_valid_pattern(std::string_view pattern) {
    return pattern_compiler(pattern).run().valid;
}

template <fixed_string Pattern>
inline constexpr pattern_program compiled_pattern = pattern_compiler(Pattern.view()).run();

constexpr bool matches(const pattern_program& program, std::string_view text) {
    std::uint64_t reachable = program.first;
    bool accepted = program.nullable;
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = next_character(text, at);
        std::uint64_t entered = 0, next = 0;
        for (; reachable != 0; reachable &= reachable - 1) {
            const pattern_program::step& step =
                program.steps[static_cast<std::size_t>(std::countr_zero(reachable))];
            if (!step.takes(c)) continue;
            entered |= reachable & (~reachable + 1);
            next |= step.follow;
        }
        if (entered == 0) return false;
        accepted = (entered & program.last) != 0;
        reachable = next;
    }
    return accepted;
}

}  // namespace detail
}  // namespace syncfw
