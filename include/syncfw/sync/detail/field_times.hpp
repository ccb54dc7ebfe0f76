// SPDX-License-Identifier: BSL-1.0
// When each field of a row was last written, kept by a server that has to compare writes which know
// no version with what is there. It is a small value of the tenant's beside each row, made with the
// row's next write; until then all fields are as old as the row.
#pragma once

#include <syncfw/codec/delta.hpp>
#include <syncfw/core/stamp.hpp>
#include <syncfw/entity/field_mask.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/sync/detail/row_key.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::detail {

class field_times {
  public:
    /// All fields are as old as the row.
    explicit field_times(stamp of_row) : rest_(of_row.value()) {}

    [[nodiscard]] std::uint64_t of(std::string_view field) const {
        const auto known = each_.find(field);
        return known == each_.end() ? rest_ : known->second;
    }
    void set(std::string_view field, std::uint64_t time) { each_[std::string(field)] = time; }

    /// One line for each field; the first, without a name, is of all others.
    [[nodiscard]] std::string text() const {
        std::string written = "=" + std::to_string(rest_) + "\n";
        for (const auto& [name, time] : each_)
            written.append(name).append("=").append(std::to_string(time)).append("\n");
        return written;
    }
    void read(std::string_view written) {
        while (!written.empty()) {
            const std::string_view line = written.substr(0, written.find('\n'));
            written.remove_prefix(line.size() < written.size() ? line.size() + 1 : line.size());
            const std::size_t equals = line.find('=');
            if (equals == std::string_view::npos) continue;
            std::uint64_t time = 0;
            std::from_chars(line.data() + equals + 1, line.data() + line.size(), time);
            if (equals == 0)
                rest_ = time;
            else
                set(line.substr(0, equals), time);
        }
    }

  private:
    std::uint64_t rest_;
    std::map<std::string, std::uint64_t, std::less<>> each_{};
};

template <class T>
[[nodiscard]] std::string field_times_name(const T& row) {
    return "times/" + std::string(entity_of<T>.name) + "/" + row_key(row);
}

template <class T, class Transaction>
[[nodiscard]] result<field_times> read_field_times(Transaction& tx, const record<T>& row) {
    field_times times(row.written());
    auto kept = tx.get_value(field_times_name(row.value));
    if (!kept) return kept.error();
    if (*kept) times.read(**kept);
    return times;
}

/// Notes what a write changed. `stored` is the row as it was; null: it is new.
template <class T, class Transaction>
[[nodiscard]] result<void> note_field_times(Transaction& tx, const record<T>* stored,
                                            const record<T>& row, stamp written) {
    field_times times(row.written());
    if (stored != nullptr) {
        auto known = read_field_times(tx, *stored);
        if (!known) return known.error();
        times = std::move(*known);
        const field_mask changed = changed_fields(stored->value, row.value);
        for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i)
            if (changed.test(i)) times.set(entity_of<T>.fields[i].name, written.value());
    }
    return tx.put_value(field_times_name(row.value), times.text());
}

}  // namespace syncfw::detail
