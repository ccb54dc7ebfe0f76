// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/query/filter.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

class filter_checker {
  public:
    explicit filter_checker(const entity_info& entity) { made_.entity_ = entity; }

    [[nodiscard]] result<checked_filter> check(const filter& given) {
        if (given.entity != made_.entity_.name)
            return failure(errc::unknown_entity,
                           "expected a filter of " + std::string(made_.entity_.name));
        if (given.steps.size() > query_limits::nodes)
            return failure(errc::too_large, "a filter has at most 128 steps");
        for (const filter_step& step : given.steps)
            if (!take(step)) return std::move(wrong_);
        if (!given.steps.empty() && waiting_ != 1)
            return failure(errc::malformed, "the steps must end in one truth");
        return std::move(made_);
    }

  private:
    bool fail(errc code, std::string message, std::string_view field = {}) {
        wrong_ = failure(code, std::move(message), field);
        return false;
    }
    [[nodiscard]] error failure(errc code, std::string message, std::string_view field = {}) const {
        return {.code = code,
                .message = std::move(message),
                .entity = std::string(made_.entity_.name),
                .field = std::string(field)};
    }

    bool take(const filter_step& step) {
        const std::optional<query_op> op = op_of(step.op);
        if (!op) return fail(errc::malformed, "the filter has an unknown operation", step.field);
        query_node node{.op = *op};
        if (!node.is_term()) return take_connective(node, step);
        if (++terms_ > query_limits::terms)
            return fail(errc::too_large, "a filter has at most 32 comparisons");
        if (++waiting_ > query_limits::depth)
            return fail(errc::too_deep, "at most 32 truths may wait for an operation");
        return take_term(node, step);
    }

    // `in_list` is a form for databases; the wire has `in`, which comes first among the names.
    [[nodiscard]] static std::optional<query_op> op_of(std::string_view name) {
        for (std::size_t i = 0; i < std::size(query_op_names); ++i)
            if (query_op_names[i] == name) return static_cast<query_op>(i);
        return std::nullopt;
    }

    bool take_connective(const query_node& node, const filter_step& step) {
        if (!step.field.empty() || !step.values.empty())
            return fail(errc::malformed, "and, or and not have neither field nor values",
                        step.field);
        if (waiting_ < node.arity())
            return fail(errc::malformed, "and and or need two truths before them, not needs one");
        waiting_ -= node.arity() - 1;
        made_.nodes_.push_back(node);
        return true;
    }

    bool take_term(query_node& node, const filter_step& step) {
        const std::size_t place = made_.entity_.find(std::string_view(step.field));
        if (place == no_field) return fail(errc::unknown_field, "no such field", step.field);
        const field_info& field = made_.entity_.fields[place];
        if (field.has(meaning::local_only) || field.cipher != encryption::none)
            return fail(errc::forbidden_field,
                        "a filter can't ask for encrypted fields, nor for those that stay on their "
                        "device",
                        step.field);
        if (const auto problem = detail::problem_of_term(field, node.op);
            problem != detail::term_problem::none)
            return fail(errc::type_mismatch, std::string(detail::sentence_of(problem)), step.field);
        if (!has_value_count(node.op, step.values.size()))
            return fail(
                step.values.size() > query_limits::list_values ? errc::too_large : errc::malformed,
                "in has at most 256 values, between has two, is_null and is_not_null have "
                "none, and the others have one",
                step.field);
        node.place = static_cast<std::uint8_t>(place);
        node.first = static_cast<std::uint16_t>(made_.values_.size());
        node.count = static_cast<std::uint16_t>(step.values.size());
        made_.nodes_.push_back(node);
        for (const value& each : step.values)
            if (!take_value(field, node.op, each)) return false;
        return true;
    }

    [[nodiscard]] static bool has_value_count(query_op op, std::size_t count) {
        if (op == query_op::in) return count <= query_limits::list_values;
        if (op == query_op::between) return count == 2;
        if (op == query_op::is_null || op == query_op::is_not_null) return count == 0;
        return count == 1;
    }

    bool take_value(const field_info& field, query_op op, const value& given) {
        value_kind wanted = field.kind;
        if (field.kind == value_kind::json)
            wanted = op == query_op::has ? value_kind::text : field.element;
        if (given.text.size() > query_limits::text_bytes)
            return fail(errc::too_large, "a filter's text has at most 64 KiB", field.json);
        if (op == query_op::like && given.text.size() > query_limits::pattern_bytes)
            return fail(errc::too_large, "a pattern has at most 256 bytes", field.json);
        if (given.is_null)
            return fail(errc::type_mismatch, "a null equals nothing; ask is_null", field.json);

        value taken = given;
        taken.elements.clear();
        if (given.kind != wanted && !convert(taken, wanted))
            return fail(errc::type_mismatch, "a value has another type than its field", field.json);
        if (!is_sound(taken))
            return fail(errc::invalid_value, "a value is none that its field could hold",
                        field.json);
        made_.values_.push_back(std::move(taken));
        return true;
    }

    /// From how JSON has it. Leaves what can't be converted.
    [[nodiscard]] static bool convert(value& taken, value_kind wanted) {
        constexpr std::int64_t exact = std::int64_t{1} << 53;
        if (wanted == value_kind::real && taken.kind == value_kind::integer) {
            if (taken.integer < -exact || taken.integer > exact) return false;
            taken = value::of(static_cast<double>(taken.integer));
            return true;
        }
        if (taken.kind != value_kind::text) return false;
        if (uuid id; wanted == value_kind::uuid && uuid::parse(taken.text, id)) {
            taken = value::of(id);
            return true;
        }
        if (timestamp moment;
            wanted == value_kind::timestamp && timestamp::parse(taken.text, moment)) {
            taken = value::of(moment);
            return true;
        }
        return false;
    }

    [[nodiscard]] static bool is_sound(const value& taken) {
        switch (taken.kind) {
            case value_kind::boolean: return taken.integer == 0 || taken.integer == 1;
            case value_kind::real: return taken.real - taken.real == 0.0;
            case value_kind::uuid: return taken.text.size() == 16;
            case value_kind::timestamp:
                return timestamp::from_microseconds(taken.integer).microseconds_since_epoch() ==
                       taken.integer;
            case value_kind::text: {
                const char* const end = taken.text.data() + taken.text.size();
                return detail::find_invalid_text(taken.text.data(), end) == end;
            }
            default: return true;
        }
    }

    checked_filter made_{};
    error wrong_{};
    std::size_t terms_ = 0;
    std::size_t waiting_ = 0;
};

inline result<checked_filter> check(const entity_info& entity, const filter& given) {
    return filter_checker(entity).check(given);
}

}  // namespace syncfw
