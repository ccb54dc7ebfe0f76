// SPDX-License-Identifier: BSL-1.0
// One write of a client that knows no versions, made into an operation of the engine.
#pragma once

#include <syncfw/conflict/detail/merge_values.hpp>
#include <syncfw/conflict/later_members.hpp>
#include <syncfw/entity/validation.hpp>
#include <syncfw/sync/detail/engine_fields.hpp>
#include <syncfw/sync/detail/field_times.hpp>
#include <syncfw/sync/detail/foreign_fields.hpp>
#include <syncfw/sync/detail/message_bytes.hpp>
#include <syncfw/sync/operation.hpp>
#include <syncfw/sync/plain_rows.hpp>

#include <boost/describe/enum.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace syncfw {

enum class write_kind : unsigned char { create, update, remove };
BOOST_DESCRIBE_ENUM(write_kind, create, update, remove)

struct timed_write {
    std::string id{};
    write_kind kind = write_kind::update;
    std::string entity{};
    std::string key{};  ///< Of the row, as `row_key` writes it: a text as it is.
    document data{};    ///< An object; of a deletion nothing is read.
    timestamp at{};
};

}  // namespace syncfw

namespace syncfw::detail {

/// Who writes what comes without a device. Nobody else has this id by chance: devices draw 64 bits.
inline constexpr replica_id front_door{1};

template <class T>
struct timed_plan {
    std::optional<operation<T>> op{};  ///< None: all is as it was wanted, or stays as it is.
    std::string resolution{};          ///< Of a conflict that is settled here.
};

template <class T>
void set_key(T& row, const key_of<T>& key) {
    if constexpr (key_size<T> == 1) {
        member_at<key_places<T>[0]>(row) = key;
    } else {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((member_at<key_places<T>[I]>(row) = std::get<I>(key)), ...);
        }(std::make_index_sequence<key_size<T>>());
    }
}

/// The fields of one row, one after the other, against the time at which they were written.
template <class T>
struct timed_merge {
    const T& mine;
    const record<T>& stored;
    const field_times& times;
    std::uint64_t milliseconds = 0;  ///< Of the write.
    bool is_known = false;           ///< Its client knows the row as it is.
    T merged = stored.value;
    field_mask changed{};
    bool met = false;       ///< Some field had been written later, to another value.
    bool is_other = false;  ///< Some field became another than the client wrote.
    bool clashes = false;   ///< Some field can't be merged.

    template <std::size_t I>
    void merge() {
        const auto& wanted = member_at<I>(mine);
        const auto& there = member_at<I>(stored.value);
        auto& made = member_at<I>(merged);
        using V = std::remove_cvref_t<decltype(wanted)>;
        if (is_same(wanted, there)) return;
        const bool is_later =
            is_known || times.of(entity_of<T>.fields[I].name) >> 16 < milliseconds;
        met |= !is_later;
        if constexpr (is_set<V>) {
            if (is_later)
                set_exactly(made, wanted);
            else
                for (const auto& each : wanted) made.insert(each);
        } else if constexpr (std::is_same_v<V, document>) {
            if (is_later)
                made = wanted.members() == nullptr ? wanted
                                                   : later_members(document(), wanted, there, true);
            else
                clashes |= !merge_value<T, I, V>(nullptr, wanted, there, false, made);
        } else if (is_later) {
            made = wanted;
        } else {
            clashes |= !merge_value<T, I, V>(nullptr, wanted, there, false, made);
        }
        if (!is_same(made, there)) changed.set(I);
        is_other |= !is_same(made, wanted);
    }

    template <class V>
    [[nodiscard]] static bool is_same(const V& a, const V& b) {
        if constexpr (is_set<V>)
            return has_same_values(a, b);
        else
            return is_same_value(a, b);
    }

    void merge_all(const field_mask& which) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((which.test(I) ? merge<I>() : void()), ...);
        }(std::make_index_sequence<member_count<T>>());
    }
};

template <class T, class Transaction>
class timed_planner {
  public:
    timed_planner(Transaction& tx, const timed_write& asked, std::int64_t known_version)
        : tx_(tx), asked_(asked), known_version_(known_version) {}

    [[nodiscard]] result<timed_plan<T>> plan() {
        auto at = key_parser<key_of<T>>::parse(asked_.key);
        if (!at || asked_.key.empty())
            return error{.code = errc::invalid_value,
                         .message = "it is no key of this entity",
                         .entity = std::string(entity_of<T>.name),
                         .field = "entityId"};
        key_ = std::move(*at);
        auto found = tx_.template get<T>(key_);
        if (!found) return found.error();
        stored_ = std::move(*found);
        if (stored_)
            if (auto left = adopt_one(tx_, stored_->value); !left) return left.error();
        set_key(op_.before, key_);
        set_key(op_.after, key_);
        op_.written = stamp(milliseconds() << 16, front_door);
        if (stored_) {
            is_known_ = stored_->version() == known_version_;
            const std::uint64_t last = stored_->written().value();
            if (is_known_ && op_.written.value() <= last) op_.written = stamp(last + 1, front_door);
            is_later_ = op_.written.value() >> 16 > last >> 16 || is_known_;
        }
        if (asked_.kind == write_kind::remove) return plan_removal();
        auto read = read_plain<T>(asked_.data, present_);
        if (!read) return read.error();
        mine_ = std::move(*read);
        if (!(present_ & key_fields<T>).empty() && key(mine_) != key_)
            return error{.code = errc::invalid_value,
                         .message = "the data has another key than \"entityId\" says",
                         .entity = std::string(entity_of<T>.name),
                         .field = "entityId"};
        set_key(mine_, key_);
        present_ = present_ & writable_fields<T>;
        if (!stored_) return plan_new();
        return stored_->is_deleted() ? plan_of_deleted() : plan_change();
    }

  private:
    [[nodiscard]] std::uint64_t milliseconds() const {
        const std::int64_t at = asked_.at.milliseconds_since_epoch();
        return at < 1 ? 1 : static_cast<std::uint64_t>(at);
    }
    // The engine asks its policy where it says that it knows another version than the row has.
    [[nodiscard]] std::int64_t base(bool is_current) const {
        return stored_->version() + (is_current ? 0 : 1);
    }

    [[nodiscard]] result<timed_plan<T>> plan_removal() {
        if (!stored_ || stored_->is_deleted()) return timed_plan<T>{};
        op_.kind = operation_kind::remove;
        op_.base_version = base(is_later_);
        return timed_plan<T>{.op = op_};
    }

    [[nodiscard]] result<timed_plan<T>> plan_new() {
        if (asked_.kind == write_kind::update)
            return error{.code = errc::not_found,
                         .message = "there is no such row to update",
                         .entity = std::string(entity_of<T>.name),
                         .key = asked_.key};
        assign_fields(op_.after, mine_, writable_fields<T>);
        attribute_fields(op_.after, static_cast<const T*>(nullptr), front_door);
        op_.changed = writable_fields<T>;
        return checked({.op = op_});
    }

    // What is created anew later than it was deleted comes back; all else meets the deletion.
    [[nodiscard]] result<timed_plan<T>> plan_of_deleted() {
        const bool comes_back = asked_.kind == write_kind::create && is_later_;
        op_.changed = comes_back ? writable_fields<T> : present_;
        op_.kind = comes_back ? operation_kind::restore : operation_kind::put;
        op_.base_version = base(comes_back);
        op_.has_before = false;
        op_.after = stored_->value;
        take(comes_back);
        return checked({.op = op_});
    }

    [[nodiscard]] result<timed_plan<T>> plan_change() {
        auto times = read_field_times(tx_, *stored_);
        if (!times) return times.error();
        timed_merge<T> merge{.mine = mine_,
                             .stored = *stored_,
                             .times = *times,
                             .milliseconds = op_.written.value() >> 16,
                             .is_known = is_known_};
        merge.merge_all(present_);
        if (merge.clashes) {
            op_.base_version = base(false);
            op_.has_before = false;
            op_.changed = present_;
            op_.after = stored_->value;
            take(false);
            return checked({.op = op_});
        }
        timed_plan<T> plan;
        const bool is_made_twice = asked_.kind == write_kind::create && !merge.changed.empty();
        if (merge.met || is_made_twice)
            plan.resolution = merge.changed.empty() ? "server"
                              : merge.is_other      ? "merged"
                                                    : "client";
        if (merge.changed.empty()) return plan;
        op_.base_version = base(is_later_);
        op_.before = stored_->value;
        op_.after = merge.merged;
        attribute_fields(op_.after, &stored_->value, front_door);
        op_.changed = merge.changed;
        plan.op = op_;
        return checked(std::move(plan));
    }

    // The client's values as they are.
    void take(bool is_whole) {
        T sets = stored_->value;
        for_each_set<T>([&](auto place) {
            constexpr std::size_t at = decltype(place)::value;
            if (is_whole || present_.test(at))
                set_exactly(member_at<at>(sets), member_at<at>(mine_));
        });
        assign_fields(op_.after, mine_, is_whole ? writable_fields<T> : present_);
        for_each_set<T>([&](auto place) {
            constexpr std::size_t at = decltype(place)::value;
            member_at<at>(op_.after) = member_at<at>(sets);
        });
        attribute_fields(op_.after, &stored_->value, front_door);
    }

    [[nodiscard]] result<timed_plan<T>> checked(timed_plan<T> plan) const {
        if (auto fits = validate(plan.op->after); !fits) return fits.error();
        return plan;
    }

    Transaction& tx_;
    const timed_write& asked_;
    std::int64_t known_version_;
    key_of<T> key_{};
    std::optional<record<T>> stored_{};
    T mine_{};
    field_mask present_{};
    bool is_later_ = true;
    bool is_known_ = false;
    operation<T> op_{};
};

/// `known_version`: the row's, where an earlier write of the same request made it; else negative.
template <class T, class Transaction>
[[nodiscard]] result<timed_plan<T>> plan_timed(Transaction& tx, const timed_write& asked,
                                               std::int64_t known_version) {
    return timed_planner<T, Transaction>(tx, asked, known_version).plan();
}

}  // namespace syncfw::detail
