// SPDX-License-Identifier: BSL-1.0
// Random operations on two stores, compared one by one.
#pragma once

#include <syncfw/codec/binary.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/storage/storage.hpp>
#include <syncfw/testing/conformance_schema.hpp>
#include <syncfw/testing/random.hpp>
#include <syncfw/testing/report.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace syncfw::testing::detail {

/// A row as a text that is equal for equal rows only.
template <class T>
[[nodiscard]] std::string image_of(const record<T>& row) {
    buffer out;
    syncfw::binary::append_row(out, row.value);
    std::string text = std::string(entity_of<T>.name) + "[" + key_text(key(row.value)) + "]";
    text += " v" + std::to_string(row.version()) + " s" + std::to_string(row.sequence()) + " w" +
            std::to_string(row.written().value()) + "@" + to_string(row.written().origin()) +
            (row.is_deleted() ? " deleted " : " ") + std::string(to_string(row.status())) + " ";
    constexpr char digits[] = "0123456789abcdef";
    for (const char byte : out.view()) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

template <class T>
[[nodiscard]] std::string image_of(const result<std::vector<record<T>>>& rows) {
    if (!rows) return std::string(describe(rows.error().code).name);
    std::string text;
    for (const record<T>& each : *rows) text += image_of(each) + "\n";
    return text;
}
[[nodiscard]] inline std::string image_of(const result<void>& done) {
    return done ? "done" : std::string(describe(done.error().code).name);
}

/// A row of this number with random content and bookkeeping.
template <class T>
[[nodiscard]] record<T> random_row(std::uint64_t index, const tenant_id& whose,
                                   random_source& random) {
    record<T> row{};
    set_key(row.value, index);
    field_mask others;
    for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i) {
        const field_info& field = entity_of<T>.fields[i];
        if (!field.has(meaning::primary_key) && !field.has(meaning::tenant)) others.set(i);
    }
    randomise_fields(row.value, others, random);
    row.set_version(static_cast<std::int64_t>(random.below(1'000)));
    row.set_written(stamp(random.next() >> 1, replica_id(random.next())));
    row.set_status(static_cast<sync_status>(random.below(4)));
    if constexpr (!has_soft_delete<T>) row.beside.is_deleted = random.chance(200);
    if constexpr (requires { row.value.tenant; }) row.value.tenant = whose.name();
    if constexpr (requires { row.value.email; })
        if (row.value.email) row.value.email = "m" + std::to_string(random.below(12)) + "@x";
    return row;
}

/// One store and the transaction that is open in it.
template <class Store>
class script_side {
  public:
    explicit script_side(Store& store) : store_(&store) {}

    /// Does the operation of this number; the same for the same chance. Gives what came of it.
    std::string perform(std::uint64_t seed) {
        random_source random(seed);
        const tenant_id whose("tenant " + std::to_string(open_tenant_));
        const std::uint64_t what = random.below(100);
        if (!tx_) {
            open_tenant_ = random.below(2);
            auto begun = begin_write(*store_, tenant_id("tenant " + std::to_string(open_tenant_)));
            if (!begun) return "begin " + to_string(begun.error());
            tx_.emplace(std::move(*begun));
            return "begin";
        }
        if (what < 8) return end(true);
        if (what < 12) return end(false);
        if (what < 18) return "values " + values(random);
        switch (random.below(3)) {
            case 0: return on<specimen>(what, whose, random);
            case 1: return on<shelf_place>(what, whose, random);
            default: return on<member>(what, whose, random);
        }
    }

  private:
    std::string end(bool commits) {
        std::string seen = "roll back";
        if (commits) seen = "commit " + image_of(tx_->commit());
        tx_.reset();
        auto reader = begin_read(*store_, tenant_id("tenant " + std::to_string(open_tenant_)));
        if (!reader) return seen + to_string(reader.error());
        auto last = reader->last_sequence();
        seen += " last " + (last ? std::to_string(*last) : to_string(last.error())) + "\n";
        return seen + image_of(reader->template changes<specimen>(0, 1'000'000)) +
               image_of(reader->scan(all<member>()));
    }

    std::string values(random_source& random) {
        const std::string name = "value " + std::to_string(random.below(3));
        const std::uint64_t what = random.below(3);
        if (what == 0) return image_of(tx_->put_value(name, std::to_string(random.below(99))));
        if (what == 1) return image_of(tx_->erase_value(name));
        auto found = tx_->get_value(name);
        if (!found) return to_string(found.error());
        return *found ? **found : "none";
    }

    // Rows get a place in the feed as a server gives it, or none.
    template <class T>
    [[nodiscard]] result<void> place(record<T>& row, random_source& random) {
        if (random.chance(300)) return {};
        auto next = tx_->next_sequence(1);
        if (!next) return next.error();
        row.set_sequence(*next);
        return {};
    }

    template <class T>
    std::string on(std::uint64_t what, const tenant_id& whose, random_source& random) {
        const std::uint64_t index = random.below(12);
        record<T> row = random_row<T>(index, whose, random);
        std::string seen(entity_of<T>.name);
        if (what < 45) {
            auto placed = place(row, random);
            return seen + " put " + image_of(placed) + image_of(tx_->put(row));
        }
        if (what < 55) {
            std::vector<record<T>> rows;
            for (std::uint64_t i = 0; i < 4; ++i) {
                // Members' unique values would clash: what is left of a refused bulk call is not
                // the same on all stores, only that it is all or nothing.
                record<T> one = random_row<T>(i, whose, random);
                if constexpr (requires { one.value.email; })
                    one.value.email = "bulk" + std::to_string(i);
                (void)place(one, random);
                rows.push_back(std::move(one));
            }
            return seen + " put_many " + image_of(tx_->put_many(rows));
        }
        const key_of<T> at = key(row.value);
        if (what < 65) return seen + " erase " + image_of(tx_->template erase<T>(at));
        if (what < 80) {
            auto found = tx_->template get<T>(at);
            if (!found) return to_string(found.error());
            return seen + " get " + (*found ? image_of(**found) : "none");
        }
        if (what < 90) {
            const std::int64_t after = static_cast<std::int64_t>(random.below(20));
            return seen + " changes\n" +
                   image_of(tx_->template changes<T>(
                       after, after + static_cast<std::int64_t>(random.below(40))));
        }
        return seen + " scan\n" + image_of(tx_->scan(all<T>().limit(random.below(9))));
    }

    Store* store_;
    std::optional<write_transaction<Store>> tx_{};
    std::uint64_t open_tenant_ = 0;
};

/// The place of the first difference, if there is one.
template <class Make, class MakeModel>
[[nodiscard]] std::optional<std::size_t> find_difference(Make& make, MakeModel& make_model,
                                                         const std::vector<std::uint64_t>& script,
                                                         std::string* words) {
    auto store = make();
    auto model = make_model();
    script_side mine(*store);
    script_side theirs(*model);
    for (std::size_t i = 0; i < script.size(); ++i) {
        const std::string here = mine.perform(script[i]), there = theirs.perform(script[i]);
        if (here != there) {
            if (words != nullptr) *words += "\n  found    " + here + "\n  expected " + there;
            return i;
        }
        if (words != nullptr) *words += "\n  " + here.substr(0, here.find('\n'));
    }
    return {};
}

template <class Make, class MakeModel>
void compare_script(Make& make, MakeModel& make_model, std::uint64_t seed, std::uint64_t operations,
                    report& seen) {
    random_source random(seed);
    std::vector<std::uint64_t> script;
    for (std::uint64_t i = 0; i < operations; ++i) script.push_back(random.next());
    auto where = find_difference(make, make_model, script, nullptr);
    if (!where) return;
    script.resize(*where + 1);
    // What the difference doesn't need is left out, as long as there is one.
    for (std::size_t i = script.size(); i-- > 0 && script.size() > 1;) {
        std::vector<std::uint64_t> shorter = script;
        shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
        if (find_difference(make, make_model, shorter, nullptr)) script = std::move(shorter);
    }
    std::string words = "seed " + std::to_string(seed) + ":";
    (void)find_difference(make, make_model, script, &words);
    seen.findings.push_back({"it does what the model does", words});
}

}  // namespace syncfw::testing::detail
