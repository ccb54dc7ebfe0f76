// SPDX-License-Identifier: BSL-1.0
// The prepared statements of a connection. Those of constant texts are found by the address of the
// text and stay; those of texts made at run time by their content, and the least used one goes.
#pragma once

#include <syncfw/storage/sqlite/statement.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::sqlite::detail {

class statement_cache {
  public:
    static constexpr std::size_t transient_max = 64;

    [[nodiscard]] statement* find(const char* text) const noexcept {
        if (slots_.empty()) return nullptr;
        for (std::size_t at = place_of(text);; at = (at + 1) & (slots_.size() - 1)) {
            if (slots_[at].text == text) return slots_[at].made.get();
            if (slots_[at].text == nullptr) return nullptr;
        }
    }
    statement* add(const char* text, statement&& made) {
        if ((count_ + 1) * 2 > slots_.size()) grow();
        ++count_;
        return insert({text, std::make_unique<statement>(std::move(made))});
    }

    [[nodiscard]] statement* find_transient(std::string_view text) noexcept {
        for (transient& each : transient_)
            if (each.text == text) {
                each.used = ++uses_;
                return each.made.get();
            }
        return nullptr;
    }
    statement* add_transient(const std::string& text, statement&& made) {
        transient fresh{text, std::make_unique<statement>(std::move(made)), ++uses_};
        if (transient_.size() < transient_max)
            return transient_.emplace_back(std::move(fresh)).made.get();
        transient* oldest = &transient_.front();
        for (transient& each : transient_)
            if (each.used < oldest->used) oldest = &each;
        *oldest = std::move(fresh);
        return oldest->made.get();
    }

    void clear() noexcept {
        slots_.clear();
        transient_.clear();
        count_ = 0;
    }

  private:
    struct slot {
        const char* text = nullptr;
        std::unique_ptr<statement> made{};
    };
    struct transient {
        std::string text{};
        std::unique_ptr<statement> made{};
        std::uint64_t used = 0;
    };

    // A table of a power of two, never more than half full.
    [[nodiscard]] std::size_t place_of(const char* text) const noexcept {
        const auto mixed = reinterpret_cast<std::uintptr_t>(text) * 0x9E37'79B9'7F4A'7C15;
        return (mixed >> 32) & (slots_.size() - 1);
    }
    statement* insert(slot&& each) noexcept {
        std::size_t at = place_of(each.text);
        while (slots_[at].text != nullptr) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = std::move(each);
        return slots_[at].made.get();
    }
    void grow() {
        std::vector<slot> before = std::exchange(
            slots_, std::vector<slot>(slots_.empty() ? std::size_t{32} : slots_.size() * 2));
        for (slot& each : before)
            if (each.text != nullptr) (void)insert(std::move(each));
    }

    std::vector<slot> slots_{};
    std::size_t count_ = 0;
    std::vector<transient> transient_{};
    std::uint64_t uses_ = 0;
};

}  // namespace syncfw::sqlite::detail
