// SPDX-License-Identifier: BSL-1.0
// cereal: its binary and its JSON archive, both over std::iostream, as they come.
#include "peer.hpp"

#include <cereal/archives/binary.hpp>
#include <cereal/archives/json.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>
#include <istream>
#include <ostream>
#include <streambuf>

namespace bench {

template <class Archive>
void serialize(Archive& archive, book& b) {
    archive(cereal::make_nvp("id", b.id), cereal::make_nvp("tenant_id", b.tenant_id),
            cereal::make_nvp("title", b.title), cereal::make_nvp("author", b.author),
            cereal::make_nvp("pages", b.pages), cereal::make_nvp("rating", b.rating),
            cereal::make_nvp("is_deleted", b.is_deleted), cereal::make_nvp("version", b.version),
            cereal::make_nvp("updated_at", b.updated_at));
    if constexpr (Archive::is_saving::value) {
        archive(cereal::make_nvp("sync_status", std::string(to_string(b.sync_status))));
    } else {
        std::string name;
        archive(cereal::make_nvp("sync_status", name));
        b.sync_status = status_named(name);
    }
}

namespace {

// A stream over bytes that are there already, and one into a string that keeps its memory.
struct reading : std::streambuf {
    explicit reading(std::string_view bytes) {
        char* first = const_cast<char*>(bytes.data());
        setg(first, first, first + bytes.size());
    }
};
struct writing : std::streambuf {
    explicit writing(std::string& to) : out(to) {}
    std::streamsize xsputn(const char* from, std::streamsize count) override {
        out.append(from, static_cast<std::size_t>(count));
        return count;
    }
    int_type overflow(int_type c) override {
        out.push_back(traits_type::to_char_type(c));
        return c;
    }
    std::string& out;
};

template <class Archive>
std::string_view encode_all(std::span<const book> books) {
    static std::string out;
    out.clear();
    writing buffer(out);
    std::ostream stream(&buffer);
    {
        Archive archive(stream);
        archive(cereal::make_size_tag(static_cast<cereal::size_type>(books.size())));
        for (const book& b : books) archive(const_cast<book&>(b));
    }
    return out;
}

template <class Archive>
std::vector<book> decode_all(std::string_view document, std::size_t) {
    reading buffer(document);
    std::istream stream(&buffer);
    Archive archive(stream);
    cereal::size_type count = 0;
    archive(cereal::make_size_tag(count));
    std::vector<book> books(count);
    for (book& b : books) archive(b);
    return books;
}

const registered binary_peer{{.name = "cereal binary",
                              .encode_all = encode_all<cereal::BinaryOutputArchive>,
                              .decode_all = decode_all<cereal::BinaryInputArchive>}};
const registered json_peer{{.name = "cereal JSON",
                            .encode_all = encode_all<cereal::JSONOutputArchive>,
                            .decode_all = decode_all<cereal::JSONInputArchive>}};

}  // namespace
}  // namespace bench
