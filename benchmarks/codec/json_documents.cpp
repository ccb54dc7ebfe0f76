// SPDX-License-Identifier: BSL-1.0
#include "json_documents.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace bench {
namespace {

std::string text(const std::string& value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string number(double value) {
    char digits[32];
    return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

std::vector<std::string> members(const book& b) {
    return {R"("id":)" + text(b.id),
            R"("tenant_id":)" + text(b.tenant_id),
            R"("title":)" + text(b.title),
            R"("author":)" + text(b.author),
            R"("pages":)" + std::to_string(b.pages),
            R"("rating":)" + number(b.rating),
            R"("is_deleted":)" + std::string(b.is_deleted ? "true" : "false"),
            R"("version":)" + std::to_string(b.version),
            R"("sync_status":")" + std::string(to_string(b.sync_status)) + '"',
            R"("updated_at":)" + std::to_string(b.updated_at)};
}

template <class F>
std::string document(const std::vector<book>& books, F&& change) {
    random_source random(2);
    std::string out;
    for (const book& b : books) {
        out += out.empty() ? "[{" : ",\n{";
        std::vector<std::string> all = members(b);
        change(all, random);
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (i != 0) out += ',';
            out += all[i];
        }
        out += '}';
    }
    out += ']';
    out.reserve(out.size() + 64);
    return out;
}

}  // namespace

std::string shuffled_json(const std::vector<book>& books) {
    return document(books, [](std::vector<std::string>& all, random_source& random) {
        for (std::size_t i = all.size() - 1; i > 0; --i)
            std::swap(all[i], all[random.below(i + 1)]);
    });
}

std::string json_with_strangers(const std::vector<book>& books) {
    return document(books, [](std::vector<std::string>& all, random_source&) {
        const auto middle = all.begin() + 5;
        all.insert(middle, {R"("cover":{"width":120,"height":180,"colours":["red","ink"]})",
                            R"("shelves":["to read",null,3.5])"});
        all.push_back(R"("subtitle":"A \"quoted\" novel")");
    });
}

}  // namespace bench
