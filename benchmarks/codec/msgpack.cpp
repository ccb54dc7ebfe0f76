// SPDX-License-Identifier: BSL-1.0
// msgpack-cxx: each book an array of ten values, one behind the other.
#include "peer.hpp"

#include <msgpack.hpp>

namespace bench {
namespace {

template <class Packer>
void put_text(Packer& out, std::string_view text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    out.pack_str(size).pack_str_body(text.data(), size);
}

std::string_view encode_all(std::span<const book> books) {
    static msgpack::sbuffer buffer;
    buffer.clear();
    msgpack::packer<msgpack::sbuffer> out(buffer);
    for (const book& b : books) {
        out.pack_array(10);
        put_text(out, b.id);
        put_text(out, b.tenant_id);
        put_text(out, b.title);
        put_text(out, b.author);
        out.pack_int64(b.pages);
        out.pack_double(b.rating);
        b.is_deleted ? out.pack_true() : out.pack_false();
        out.pack_int64(b.version);
        put_text(out, to_string(b.sync_status));
        out.pack_int64(b.updated_at);
    }
    return {buffer.data(), buffer.size()};
}

void read(const msgpack::object_array& from, book& b) {
    if (from.size != 10) malformed();
    b.id = from.ptr[0].as<std::string_view>();
    b.tenant_id = from.ptr[1].as<std::string_view>();
    b.title = from.ptr[2].as<std::string_view>();
    b.author = from.ptr[3].as<std::string_view>();
    from.ptr[4].convert(b.pages);
    from.ptr[5].convert(b.rating);
    from.ptr[6].convert(b.is_deleted);
    from.ptr[7].convert(b.version);
    b.sync_status = status_named(from.ptr[8].as<std::string_view>());
    from.ptr[9].convert(b.updated_at);
}

// The texts of the parsed array stay in the document instead of being copied twice.
template <class F>
void each_array(std::string_view document, F&& use) {
    const auto stay = [](msgpack::type::object_type, std::size_t, void*) { return true; };
    msgpack::zone memory;
    bool referenced = false;
    for (std::size_t offset = 0; offset < document.size(); memory.clear()) {
        const msgpack::object row =
            msgpack::unpack(memory, document.data(), document.size(), offset, referenced, stay);
        if (row.type != msgpack::type::ARRAY) malformed();
        use(row.via.array);
    }
}

std::vector<book> decode_all(std::string_view document, std::size_t count) {
    std::vector<book> books;
    books.reserve(count);
    each_array(document,
               [&](const msgpack::object_array& row) { read(row, books.emplace_back()); });
    return books;
}

std::int64_t decode_over(std::string_view document) {
    std::int64_t pages = 0;
    book b;
    each_array(document, [&](const msgpack::object_array& row) {
        read(row, b);
        pages += b.pages;
    });
    return pages;
}

const registered msgpack_peer{{.name = "msgpack-cxx",
                               .encode_all = encode_all,
                               .decode_all = decode_all,
                               .decode_over = decode_over}};

}  // namespace
}  // namespace bench
