// SPDX-License-Identifier: BSL-1.0
// Writes the seeds of the fuzz targets, so that the search begins with what is accepted:
//
//     g++ -std=c++20 -Iinclude tests/fuzz/seeds/make.cpp -lcrypto -o make
//     ./make tests/fuzz/corpus
#include "../../support/everything.hpp"
#include "../../support/frames.hpp"
#include "../../support/synced.hpp"
#include "../../support/tokens.hpp"
#include <syncfw/codec/delta.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/codec/where.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/storage/record_bytes.hpp>
#include <syncfw/sync/json_messages.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/websocket.hpp>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace {

using tests::everything;
namespace binary = syncfw::binary;

std::filesystem::path corpus;

void write(std::string_view target, std::string_view name, std::string_view bytes) {
    std::filesystem::create_directories(corpus / target);
    std::ofstream(corpus / target / name, std::ios::binary) << bytes;
}

everything full_row() {
    everything row;
    row.id = syncfw::uuid::parse("0192f0c1-7a3b-7c4d-8e5f-60718293a4b5").value();
    row.text = "Grüße, 世界 🌍";
    row.int_64 = INT64_MIN, row.uint_32 = UINT32_MAX, row.real_64 = 0.1, row.real_32 = -0.0F;
    row.moment = syncfw::timestamp::parse("2026-11-20T21:34:00.000001Z").value();
    row.bytes = {std::byte{0}, std::byte{255}};
    row.home = {.street = "Main", .number = 7, .place = {.x = 1, .y = 2}, .lines = {"a", "b"}};
    row.settings = syncfw::document::object(
        {{"a", syncfw::document::array(nullptr, true, 7, 0.5, "x")}, {"b", nullptr}});
    row.likes.add(syncfw::replica_id(1), 5);
    row.tags = {"x", "y"};
    row.tags.attribute_to(syncfw::replica_id(2));
    row.numbers = {1, -2};
    row.book = tests::isbn("9780441172719");
    row.maybe_text = "n", row.maybe_real = 2.5, row.maybe_home = row.home, row.maybe_ints = {{1}};
    row.maybe_tags = row.tags, row.maybe_likes = row.likes, row.maybe_flag = true;
    row.ints = {1, -1, 300}, row.flags = {true, false}, row.texts = {"", "t"};
    row.enums = {tests::level::lowest}, row.documents = {1, "two"}, row.table = {{1}, {}, {2, 3}};
    row.homes = {row.home}, row.maybe_texts = {std::nullopt, "m"}, row.prices = {{5}};
    return row;
}

template <class... Messages>
std::string as_json(std::string_view bytes) {
    std::string text;
    const auto take = [&]<class Message>(const syncfw::result<Message>& read) {
        if (read) text = syncfw::encode_json(*read);
    };
    (take(syncfw::decode<Messages>(bytes)), ...);
    return text;
}

// Tokens, parts of tokens that are signed there, and key sets.
void write_tokens() {
    using namespace tests;
    const std::string good = expect(syncfw::mint(hs256_key(), good_claims()));
    write("jwt", "token", "t" + good);
    write("jwt", "token_of_python", "t" + std::string(hs256_token));
    write("jwt", "token_rs256", "t" + std::string(rs256_token));
    write("jwt", "token_unsigned", "t" + good.substr(0, good.rfind('.') + 1));
    write("jwt", "header", R"(h{"alg":"HS256","typ":"JWT"})");
    write("jwt", "header_none", R"(h{"alg":"none"})");
    write("jwt", "header_all",
          R"(h{"alg":"HS256","typ":"jwt","kid":"a","crit":["exp"],"jku":"https://x","jwk":{}})");
    write("jwt", "claims",
          R"(c{"sub":"paul","tenant_id":"arrakis","exp":1900000000,"iat":1799999999.5,)"
          R"("nbf":1.7e9,"role":"admin","roles":["reader","writer"]})");
    write("jwt", "claims_audience", R"(c{"iss":"login","aud":["books"],"sub":"\u00e9","exp":-1})");
    write("jwt", "claims_twice", R"(c{"sub":"a","sub":"b","exp":1900000000})");
    write("jwt", "keys",
          "k" + jwks("{" + rsa_numbers + R"(,"kid":"rsa-1","use":"sig"},{)" + p256_numbers +
                     R"(,"kid":"ec-1","alg":"ES256"})"));
    write("jwt", "keys_one", "k" + jwks("{" + p256_numbers + R"(,"key_ops":["verify"]})"));
    write("jwt", "keys_secret", R"(k{"keys":[{"kty":"oct","k":"AAAA"},{"kty":"EC","d":"AA"}]})");
}

// A conversation, in binary with its checksums taken off, and as JSON.
void write_messages() {
    namespace synced = tests::synced;
    using syncfw::push_message, syncfw::push_answer, syncfw::pull_answer;
    struct noting_link {
        syncfw::server<syncfw::world<syncfw::memory::store<synced::board>>, syncfw::park>* hub;
        int count = 0;
        syncfw::result<std::string> exchange(std::string_view request) {
            std::string answer = hub->handle(syncfw::caller{}, request);
            for (const std::string_view each : {request, std::string_view(answer)}) {
                const std::string name = std::to_string(count++);
                write("messages", name, each.substr(0, each.size() - 8));
                const std::string text =
                    as_json<push_message<synced::board>, push_answer<synced::board>,
                            syncfw::pull_message, pull_answer<synced::board>>(each);
                if (!text.empty()) write("json_messages", name, text);
            }
            return answer;
        }
    };
    syncfw::memory::store<synced::board> hub_store, a_store, b_store;
    syncfw::server hub(hub_store, syncfw::park());
    noting_link line{&hub};
    syncfw::replica a(a_store, line), b(b_store, line);
    synced::task task{.id = full_row().id, .title = "tea", .rank = 7};
    task.votes += 2;
    (void)a.put(task);
    (void)a.put(synced::tag{.list = "l", .number = -1, .words = {"x", "y"}});
    (void)a.sync();
    (void)b.sync();
    (void)a.patch<synced::task>(task.id, [](synced::task& t) { t.title = "milk"; });
    (void)b.remove<synced::task>(task.id);
    (void)a.sync();
    (void)b.sync();
    (void)b.resolve(b.conflicts()->at(0).id, syncfw::side::mine);
    (void)b.sync();
    (void)a.full_sync();
    (void)line.exchange("no request");

    write("json_messages", "failure",
          syncfw::encode_json(syncfw::failure_message{
              {.code = syncfw::errc::resynchronise, .message = "why", .field = "cursor"}}));
    write("json_messages", "by_hand",
          R"({"operations":[{"id":"0192f0c1-7a3b-7c4d-8e5f-60718293a4b5","entity":"tag",)"
          R"("changed":{"list":"l","number":7}}]})");
    write("json_messages", "other_layout",
          R"json({"layouts":{"task":"id:uuid,title:text?,n:int8,s:set(text),)json"
          R"json(p:{x:[float32?]},d:document"},"operations":[)json"
          R"({"id":"0192f0c1-7a3b-7c4d-8e5f-60718293a4b5","entity":"task","base":1,)"
          R"("key":{"id":"0192f0c1-7a3b-7c4d-8e5f-60718293a4b5"},"changed":{"title":null,"n":-1,)"
          R"("s":{"items":["a"],"dots":[[["0000000000000001",1]]],"seen":[]},)"
          R"("p":{"x":[1.5,null]},"d":{"k":[]}}}]})");
    write("json_messages", "foreign",
          R"({"cursor":"c","rows":{"tag":[{"row":{"list":"l","number":1},"version":2,"foreign":[)"
          R"({"field":"rank:int64?","value":-5},{"field":"x:text","base64":"AQ=="}]},)"
          R"({"left":{"list":"l","number":2}}]}})");
    write("json_messages", "filters",
          R"({"entities":["task",{"entity":"tag","steps":[{"field":"number","op":"in",)"
          R"("values":[1,2]},{"op":"not"}]}]})");
}

// Each kind of frame, whole and in fragments, as a client and as a server sends it.
void write_frames() {
    using namespace syncfw;
    using enum websocket_opcode;
    constexpr auto more = websocket_part::more_follows;
    for (const bool is_masked : {true, false}) {
        const auto mask = is_masked ? std::optional(0x37fa213du) : std::nullopt;
        const std::string side(1, mask ? '\x06' : '\x07');  // Pieces of four bytes.
        const std::string settings = side + '\xFF';
        const auto write_frame = [&](std::string_view name, auto&& append) {
            buffer out;
            append(out);
            write("websocket", std::string(name) + (mask ? "_masked" : "_plain"),
                  settings + std::string(out.view()));
        };
        write_frame("text", [&](buffer& out) { append_frame(out, text, "Gr\u00FC\u00DFe", mask); });
        write_frame("large", [&](buffer& out) {
            append_frame(out, binary, std::string(200, 'x'), mask);
            append_frame(out, text, "", mask);
        });
        write_frame("fragments", [&](buffer& out) {
            append_frame(out, text, "\xF0\x9F", mask, more);
            append_frame(out, ping, "p", mask);
            append_frame(out, continuation, "\x8C\x8D", mask, more);
            append_frame(out, pong, "", mask);
            append_frame(out, continuation, "", mask);
        });
        write_frame("closing", [&](buffer& out) {
            append_frame(out, text, "last", mask);
            append_close_frame(out, websocket_code::going_away, "restart", mask);
        });
        write_frame("pings", [&](buffer& out) {
            for (int i = 0; i < 11; ++i) append_frame(out, ping, "", mask);
        });
        const std::string head = mask ? std::string("\x82\xFF") : std::string("\x82\x7F");
        write_frame("too_large", [&](buffer& out) {
            out.append(head + std::string("\0\0\0\0\1\0\0\0\1\2\3\4", 12));
        });
    }
}

void write_event_streams() {
    write("event_stream", "events",
          "\3event: poke\nid: 17\ndata: a\ndata: b\n\n:\n\nretry: 2500\n\ndata: c\n\n");
    write("event_stream", "ends",
          "\1\xEF\xBB\xBF"
          "data:a\r\ndata: b\r\rid\r\n\r\ndata\n\n");
    write("event_stream", "bad", "\2data: \xE2\x82\n\n");
    write("event_stream", "long_line", "\xFF" + std::string(301, 'x'));
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return 1;
    corpus = arguments[1];
    write_messages();
    write_frames();
    write_event_streams();
    const everything row = full_row();
    const std::string bytes = binary::encode(row), empty = binary::encode(everything{});
    write("binary_decode", "full", "\1" + bytes);
    write("binary_decode", "empty", "\1" + empty);
    syncfw::buffer rows;
    binary::append_row(rows, row);
    binary::append_row(rows, everything{});
    write("binary_decode", "two_rows", std::string(1, '\0') + std::string(rows.view()));

    const auto foreign = [&](std::string_view name, std::string_view layout,
                             std::string_view rest) {
        std::string all{static_cast<char>(layout.size() & 0xFF),
                        static_cast<char>(layout.size() >> 8)};
        write("binary_foreign_layout", name, all.append(layout).append(rest));
    };
    foreign("full", binary::row_layout<everything>, rows.view());
    const std::string id(16, '\7');
    foreign("nullable", "id:uuid,\"a text, quoted\":text,text:text,int_8:int8?,uint_32:uint8",
            id + "\1a\1b\1\2\3");
    foreign("unknown", "id:uuid,x:{a:[set(text?)],b:text},y:text? encrypted,z:document",
            id + std::string("\0\1c\0\6\1\1k\0", 9));

    syncfw::buffer deltas;
    binary::append_delta<syncfw::to_server>(deltas, row, syncfw::changed_fields({}, row));
    write("delta", "full", deltas.view());
    deltas.clear();
    for (const std::size_t field : {6u, 16u, 24u, 50u}) {
        syncfw::field_mask mask;
        mask.set(field);
        binary::append_delta<syncfw::to_server>(deltas, row, mask);
    }
    write("delta", "four", deltas.view());

    syncfw::record<everything> kept{.value = row};
    write("record", "new", syncfw::record_bytes(kept));
    kept.set_version(4), kept.set_sequence(4711);
    kept.set_written(syncfw::stamp(std::uint64_t{1} << 40, syncfw::replica_id(9)));
    write("record", "written", syncfw::record_bytes(kept));
    write("freshness", "one", "0192f0c1-7a3b-7c4d-8e5f-60718293a4b5:4711");
    write("cursor", "given", std::string("\x67\x12\0\0\0\0\0\0", 8));
    write("cursor", "changed", std::string("\x67\x12\0\0\0\0\0\0\x30\x61", 10));
    write("cursor", "foreign", "01" + std::string(96, '0'));

    const auto lines = tests::make_lines(4, 30);
    write("frame", "one_block", std::string("\xFF\xFF", 2) + tests::to_frame(lines));
    write("frame", "blocks", std::string("\7\xFF", 2) + tests::to_frame(lines, {.block_size = 40}));
    write("frame", "not_mended", std::string("\1\0", 2) + tests::to_frame(lines));
    std::string packed = tests::to_frame({{.id = 1, .text = std::string(100, 'x')}});
    packed[5] = '\1';  // compressed by runs: id, two bytes of size, then the text
    const std::size_t block = tests::to_frame({}).size() - 10;
    packed.replace(block, std::string::npos,
                   std::string("\x66\x08", 2) + std::string(8, '\0') +
                       std::string("\1\2\1\x64\x64x\0\0", 6) + "\1x");
    write("frame", "packed", std::string("\xFF\xFF", 2) + packed);

    for (const char* text : {"0192f0c1-7a3b-7c4d-8e5f-60718293a4b5", "2026-11-20T21:34:00.000001Z",
                             "2026-02-29t23:59:60+05:30", "00e1b2c3d4f50617"})
        write("uuid_timestamp_parse", std::string(text, 6), text);

    const std::string layout(syncfw::layout_of<everything>);
    write("layout_differences", "same", layout + '\0' + layout);
    write("layout_differences", "two",
          std::string("book(id:uuid key,title:text)\nuser(\"a b\":{x:[int8]}? encrypted)") + '\0' +
              "book(title:text?,id:uuid key,n:int64 version defaulted)");

    write("json_decode", "full", "0" + syncfw::json::encode(row));
    write("json_decode", "small",
          R"(1{"id":"0192f0c1-7a3b-7c4d-8e5f-60718293a4b5","int_8":-1,)"
          R"("a text, quoted":"\ud83c\udf0d"})");
    write("json_decode", "unknown", R"(0{"other":{"deep":[1,2,{"x":null}]},"real_64":1.5e300})");
    write("json_document", "all", R"( {"a": [null, true, -7, 0.5, 1e400, "\u00e9\n"], "b": {}} )");
    write("json_document", "text",
          "\"Gr\xC3\xBC\xC3\x9F"
          "e\"");
    write("json_document", "number", "-123456789012345678901");

    using namespace syncfw;
    const auto condition = to_filter(
        where(field<&everything::int_32> > 300 && (field<&everything::text>.starts_with("Du") ||
                                                   field<&everything::maybe_text>.is_null())));
    write("filter", "json", "1" + json::encode_filter(condition));
    write("filter", "binary", std::string(1, '\0') + binary::encode_filter(condition));
    write_tokens();
    write("filter", "in",
          R"(1{"entity":"everything","steps":[)"
          R"({"field":"int_8","op":"in","values":[1,2]},{"op":"not"}]})");
}
