// SPDX-License-Identifier: BSL-1.0
// Who wrote what in one transaction: rows of its table, and the same for whoever listens, once it
// is committed.
#pragma once

#include <syncfw/entity/entity.hpp>
#include <syncfw/entity/field_mask.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/observe/events.hpp>
#include <syncfw/storage/system_entities.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// How a write ended.
struct audited_end {
    std::string outcome{};
    std::string rule{};   ///< Its name alone: a refusal's words may have values in them.
    std::string words{};  ///< The table's, before the fields.
    std::string fields{};
};

template <class T>
[[nodiscard]] std::string names_of(const field_mask& fields) {
    std::string names;
    for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i)
        if (fields.test(i))
            names.append(names.empty() ? "" : " ").append(entity_of<T>.fields[i].name);
    return names;
}

class audit_trail {
  public:
    void clear() {
        entries_.clear();
        ends_.clear();
    }

    void add(audit_entry entry, audited_end end) {
        entry.details = std::move(end.words);
        if (!entry.details.empty() && !end.fields.empty()) entry.details += ' ';
        entry.details += end.fields;
        entries_.push_back({.value = std::move(entry)});
        ends_.push_back(std::move(end));
    }

    template <class Transaction>
    [[nodiscard]] result<void> keep(Transaction& tx) const {
        return entries_.empty() ? result<void>() : tx.put_many(entries_);
    }

    /// What is told of each.
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] events::write_audited event(std::size_t at) const {
        const audit_entry& entry = entries_[at].value;
        return {.taken_at = entry.at,
                .subject = entry.subject,
                .operation = to_string(entry.id),
                .action = entry.action,
                .entity = entry.entity_name,
                .key = entry.row_key,
                .outcome = ends_[at].outcome,
                .rule = ends_[at].rule,
                .fields = ends_[at].fields};
    }

  private:
    std::vector<record<audit_entry>> entries_{};
    std::vector<audited_end> ends_{};  // Of each entry.
};

}  // namespace syncfw::detail
