// SPDX-License-Identifier: BSL-1.0
// The codecs beside their peers. README.md says what each row means.
//
//     bench_codec [--results FILE] [--books N] [--pairs N] [--only TEXT] [--no-header]
#include "../measure.hpp"
#include "../report.hpp"
#include "allocations.hpp"
#include "delta.hpp"
#include "json_documents.hpp"
#include "peer.hpp"

#include <cstdlib>
#include <string>

namespace bench {
namespace {

struct rival {
    std::string_view name;
    double budget = no_budget;
};

// A document that outlives its codec's buffer, with the readable bytes behind it.
std::string document_of(const codec& c, std::span<const book> books) {
    const std::string_view bytes = c.encode_all(books);
    std::string document;
    document.reserve(bytes.size() + 64);
    return document.append(bytes);
}

class suite {
  public:
    suite(report& out, std::vector<book> books, plan how, std::string only)
        : out_(out), books_(std::move(books)), how_(how), only_(std::move(only)) {}

    // A codec that gives back other books than it got is out of the race.
    bool round_trips() const {
        bool all = true;
        for (const codec& c : codecs()) {
            if (!c.encode_all || !c.decode_all) continue;
            if (c.decode_all(document_of(c, books_), books_.size()) == books_) continue;
            std::printf("wrong: %.*s does not give back what it got\n",
                        static_cast<int>(c.name.size()), c.name.data());
            all = false;
        }
        return all;
    }

    void encode(const std::string& row, std::string_view name,
                std::initializer_list<rival> rivals) {
        for (const rival& r : rivals)
            with(row, name, r.name, [&](const codec& ours, const codec& theirs) {
                versus(
                    row, r, [&] { keep(ours.encode_all(books_)); },
                    [&] { keep(theirs.encode_all(books_)); });
            });
    }

    // Where the peer has no document of its own form to read, both read `document`.
    void decode(const std::string& row, std::string_view name, std::initializer_list<rival> rivals,
                const std::string& document = {}) {
        for (const rival& r : rivals)
            with(row, name, r.name, [&](const codec& ours, const codec& theirs) {
                const std::string mine = document.empty() ? document_of(ours, books_) : document;
                const std::string other = document_for(theirs, mine);
                versus(
                    row, r, [&] { keep(ours.decode_all(mine, books_.size())); },
                    [&] { keep(theirs.decode_all(other, books_.size())); });
            });
    }

    void decode_over(const std::string& row, std::string_view name,
                     std::initializer_list<rival> rivals) {
        for (const rival& r : rivals)
            with(row, name, r.name, [&](const codec& ours, const codec& theirs) {
                const std::string mine = document_of(ours, books_);
                const std::string other = document_for(theirs, mine);
                versus(
                    row, r, [&] { keep(ours.decode_over(mine)); },
                    [&] { keep(theirs.decode_over(other)); });
            });
    }

    void decode_against_copy(const std::string& row, std::string_view name, double budget) {
        const rival copying{"copying vector<book>", budget};
        const codec* ours = find_codec(name);
        if (!wanted(row)) return;
        if (!ours) return report::skip(row, "the codec is missing");
        const std::string document = document_of(*ours, books_);
        versus(
            row, copying, [&] { keep(ours->decode_all(document, books_.size())); },
            [&] { keep(std::vector<book>(books_)); });
    }

    void bytes(const std::string& row, std::string_view name, double budget,
               std::initializer_list<rival> rivals) {
        const codec* ours = find_codec(name);
        if (!wanted(row)) return;
        if (!ours) return report::skip(row, "the codec is missing");
        const double mine = bytes_per_book(*ours);
        out_.add({.name = row, .value = mine, .unit = "B/book", .budget = budget});
        for (const rival& r : rivals)
            with(row, name, r.name, [&](const codec&, const codec& theirs) {
                const double other = bytes_per_book(theirs);
                out_.add({.name = row,
                          .value = mine,
                          .unit = "B/book",
                          .peer = std::string(r.name),
                          .peer_value = other,
                          .ratio = mine / other,
                          .budget = budget_of(r)});
            });
    }

    void allocations(const std::string& row, std::string_view name) {
        const codec* ours = find_codec(name);
        if (!wanted(row)) return;
        if (!ours) return report::skip(row, "the codec is missing");
        ours->encode_all(books_);
        const std::size_t before = allocation_count();
        keep(ours->encode_all(books_));
        const auto count = static_cast<double>(allocation_count() - before);
        out_.add({.name = row, .value = count, .unit = "in all", .budget = 0.0});
    }

    [[nodiscard]] const std::vector<book>& books() const { return books_; }
    [[nodiscard]] bool wanted(const std::string& row) const {
        return row.find(only_) != std::string::npos;
    }

  private:
    static std::optional<double> budget_of(const rival& r) {
        return r.budget == no_budget ? std::nullopt : std::optional(r.budget);
    }

    double bytes_per_book(const codec& c) const {
        return static_cast<double>(c.encode_all(books_).size()) /
               static_cast<double>(books_.size());
    }

    std::string document_for(const codec& theirs, const std::string& ours) const {
        return theirs.encode_all ? document_of(theirs, books_) : ours;
    }

    template <class F>
    void with(const std::string& row, std::string_view name, std::string_view rival, F&& run) {
        if (!wanted(row)) return;
        const codec* ours = find_codec(name);
        const codec* theirs = find_codec(rival);
        if (ours && theirs) return run(*ours, *theirs);
        report::skip(row, std::string(ours ? rival : name) + " is missing");
    }

    template <class Ours, class Theirs>
    void versus(const std::string& row, const rival& r, Ours&& ours, Theirs&& theirs) {
        const comparison c = compare(ours, theirs, r.budget, how_);
        const auto count = static_cast<double>(books_.size());
        out_.add({.name = row,
                  .value = c.ours / count,
                  .unit = "ns/book",
                  .peer = std::string(r.name),
                  .peer_value = c.theirs / count,
                  .ratio = c.ratio,
                  .budget = budget_of(r)});
    }

    report& out_;
    std::vector<book> books_;
    plan how_;
    std::string only_;
};

void binary(suite& run) {
    constexpr std::string_view ours = "syncfw binary";
    run.encode("binary encode", ours,
               {{"hand binary", 1.1}, {"msgpack-cxx", 1.1}, {"protobuf"}, {"cereal binary"}});
    run.decode("binary decode, new books", ours,
               {{"hand binary", 1.1}, {"msgpack-cxx"}, {"protobuf"}, {"cereal binary"}});
    run.decode_against_copy("binary decode, new books", ours, 1.35);
    run.decode_against_copy("hand binary decode, new books", "hand binary", no_budget);
    run.decode_over("binary decode, over one book", ours, {{"hand binary", 1.1}, {"msgpack-cxx"}});
    run.bytes("binary size", ours, 132, {{"hand binary", 1.0}, {"msgpack-cxx"}, {"protobuf"}});
    run.allocations("binary encode, allocations", ours);
}

void json(suite& run) {
    constexpr std::string_view ours = "syncfw JSON";
    constexpr std::string_view simdjson = "simdjson On-Demand";
    constexpr std::string_view boost = "Boost.JSON monotonic";
    run.encode(
        "JSON encode", ours,
        {{"RapidJSON", 0.5}, {"hand JSON", 1.0}, {boost}, {"nlohmann-json"}, {"cereal JSON"}});
    run.decode("JSON decode, new books", ours,
               {{simdjson, 1.3}, {boost, 0.6}, {"RapidJSON"}, {"nlohmann-json"}, {"cereal JSON"}});
    run.decode("JSON decode, keys shuffled", ours, {{simdjson}, {boost}},
               shuffled_json(run.books()));
    run.decode("JSON decode, unknown members", ours, {{simdjson}, {boost}},
               json_with_strangers(run.books()));
    run.bytes("JSON size", ours, 262, {{"hand JSON"}, {"RapidJSON"}});
    run.allocations("JSON encode, allocations", ours);
}

struct settings {
    std::string results{};
    std::string only{};
    std::size_t books = 20'000;
    plan how{};
    bool with_header = true;
};

settings read_settings(std::span<char*> arguments) {
    settings chosen;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view option = arguments[i];
        const char* const value = i + 1 < arguments.size() ? arguments[i + 1] : "";
        const auto number = std::strtoull(value, nullptr, 10);
        if (option == "--no-header") {
            chosen.with_header = false;
            continue;
        }
        if (option == "--results") chosen.results = value;
        if (option == "--only") chosen.only = value;
        if (option == "--books") chosen.books = number;
        if (option == "--pairs") chosen.how.pairs = number | 1;
        ++i;
    }
    return chosen;
}

int main(const settings& chosen) {
    report out(chosen.results, chosen.with_header);
    suite run(out, make_books(chosen.books), chosen.how, chosen.only);
    if (!run.round_trips()) return 1;
    binary(run);
    if (run.wanted("delta")) delta(out, run.books(), chosen.how);
    json(run);
    return out.missed() == 0 ? 0 : 2;
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments) {
    return bench::main(bench::read_settings({arguments, static_cast<std::size_t>(count)}));
}
