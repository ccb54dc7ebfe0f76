#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What syncfw costs the compiler, beside what the standard library and nlohmann-json cost it.

    compile_time.py                 all rows; about five minutes
    compile_time.py --peer-free     fewer runs and entities, no library but syncfw and Boost
    compile_time.py --show 2        prints the generated source of two entities, and stops

Times are user and system seconds of the whole compiler. All translation units take turns, so that
a slow minute of the machine is everybody's, and ratios are made within a turn.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from report import Report

ROOT = pathlib.Path(__file__).resolve().parent.parent

# "13 common standard headers": what a program that has no library at all would include anyway.
STD_HEADERS = """string vector optional variant functional map unordered_map memory chrono span
                 charconv algorithm array""".split()


# --- the sources --------------------------------------------------------------------------------


def includes(*headers):
    return "".join(f"#include <{header}>\n" for header in headers)


def entity(number, described):
    """A struct of ten fields, its two codecs in both directions and three queries."""
    name = f"item_{number}"
    fields = """id title author notes pages rating is_deleted version sync_status
                updated_at""".split()
    describe = f"BOOST_DESCRIBE_STRUCT({name}, (), ({', '.join(fields)}))" if described else ""
    return f"""
struct {name} {{
    std::string id{{}};
    std::string title{{}};
    std::string author{{}};
    std::optional<std::string> notes{{}};
    std::int64_t pages = 0;
    double rating = 0;
    bool is_deleted = false;
    std::int64_t version = 0;
    syncfw::sync_status sync_status{{}};
    syncfw::timestamp updated_at{{}};

    static constexpr auto sync_entity = entity<"{name}">(
        field<&{name}::id>(primary_key), field<&{name}::title>(required, length<1, 200>),
        field<&{name}::is_deleted>(soft_delete), field<&{name}::version>(is::version),
        field<&{name}::sync_status>(sync_state), field<&{name}::updated_at>(is::updated_at));
}};
{describe}

void encode(syncfw::buffer& out, const {name}& row) {{
    syncfw::json::append(out, row);
    syncfw::binary::append_row(out, row);
}}
void decode(std::string_view text, std::string_view bytes, syncfw::result<{name}>& row) {{
    row = syncfw::json::decode<{name}>(text);
    row = syncfw::binary::decode<{name}>(bytes);
}}
std::string_view select_{number}(int which, std::int64_t pages, const std::string& author) {{
    const auto thick = where(field<&{name}::pages> > pages).limit(50);
    const auto by_author = where(field<&{name}::author> == author &&
                                 field<&{name}::is_deleted> == false);
    const auto best = where(field<&{name}::rating> >= 4.5).order_by(field<&{name}::title>);
    using namespace syncfw::sql;
    return which == 0   ? select_text<sqlite, decltype(thick)>
           : which == 1 ? select_text<sqlite, decltype(by_author)>
                        : select_text<sqlite, decltype(best)>;
}}
"""


def program(entities, described):
    """A translation unit with so many entities, as a user would write it."""
    headers = includes("syncfw/syncfw.hpp") + includes("boost/describe/class.hpp") * described
    body = "".join(entity(i, described) for i in range(entities))
    return headers + "\nusing namespace syncfw::annotations;\nusing syncfw::where;\n" + body


# A server with threads and deadlines, and a client: with Beast alone, as one writes them after its
# manual, without rows, tokens or routes.
BEAST_PROGRAM = includes(
    "boost/asio/ip/tcp.hpp", "boost/asio/strand.hpp", "boost/beast/core.hpp",
    "boost/beast/http.hpp", "boost/beast/websocket.hpp", "memory", "string", "thread",
    "vector") + """
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = boost::asio::ip::tcp;

struct session : std::enable_shared_from_this<session> {
    explicit session(tcp::socket&& socket) : stream(std::move(socket)) {}
    void read() {
        asked = {};
        stream.expires_after(std::chrono::seconds(30));
        http::async_read(stream, buffer, asked, [self = shared_from_this()](auto why, std::size_t) {
            if (why) return;
            if (beast::websocket::is_upgrade(self->asked)) return self->upgrade();
            self->answer();
        });
    }
    void answer() {
        given = {http::status::ok, asked.version()};
        given.set(http::field::content_type, "application/json");
        given.keep_alive(asked.keep_alive());
        given.body() = asked.target() == "/health" ? "{}" : asked.body();
        given.prepare_payload();
        http::async_write(stream, given, [self = shared_from_this()](auto why, std::size_t) {
            if (!why) self->read();
        });
    }
    void upgrade() {
        socket = std::make_unique<beast::websocket::stream<beast::tcp_stream>>(std::move(stream));
        socket->async_accept(asked, [self = shared_from_this()](auto why) {
            if (why) return;
            self->socket->async_write(boost::asio::buffer("poke", 4),
                                      [self](auto, std::size_t) {});
        });
    }
    beast::tcp_stream stream;
    beast::flat_buffer buffer{};
    http::request<http::string_body> asked{};
    http::response<http::string_body> given{};
    std::unique_ptr<beast::websocket::stream<beast::tcp_stream>> socket{};
};

struct server {
    explicit server(unsigned short port) : acceptor(io, {tcp::v4(), port}) { accept(); }
    void accept() {
        acceptor.async_accept(boost::asio::make_strand(io), [this](auto why, tcp::socket socket) {
            if (!why) std::make_shared<session>(std::move(socket))->read();
            accept();
        });
    }
    void run() {
        std::vector<std::thread> others;
        for (int i = 0; i < 3; ++i) others.emplace_back([this] { io.run(); });
        io.run();
        for (auto& each : others) each.join();
    }
    boost::asio::io_context io{};
    tcp::acceptor acceptor;
};

std::string ask(const std::string& host, const std::string& port, const std::string& body) {
    boost::asio::io_context io;
    tcp::resolver resolver(io);
    beast::tcp_stream stream(io);
    stream.connect(resolver.resolve(host, port));
    http::request<http::string_body> asked{http::verb::post, "/sync", 11};
    asked.set(http::field::host, host);
    asked.body() = body;
    asked.prepare_payload();
    http::write(stream, asked);
    beast::flat_buffer buffer;
    http::response<http::string_body> given;
    http::read(stream, buffer, given);
    return given.body();
}

int main(int count, char**) {
    if (count > 1) return ask("localhost", "8080", "{}").empty();
    server(8080).run();
}
"""

# The same of ours: routes, tokens and limits beside what Beast's program has.
HTTP_PROGRAM = includes("syncfw/transport/http/client.hpp", "syncfw/transport/http/router.hpp",
                        "syncfw/transport/http/server.hpp") + """
namespace http = syncfw::http;

std::string ask(const std::string& address, const std::string& body) {
    auto line = http::client::make(address);
    if (!line) return {};
    const auto given = line->ask({.method = "POST", .path = "/sync", .body = body});
    return given ? given->body : std::string();
}

int main(int count, char**) {
    if (count > 1) return ask("http://localhost:8080", "{}").empty();
    http::router routes([](std::string_view) { return syncfw::result(syncfw::principal()); });
    routes.add("GET", "/health", http::open_to_all,
               [](const http::call&) { return http::response{.body = "{}"}; });
    routes.add("POST", "/sync", http::needs_token,
               [](const http::call& made) { return http::response{.body = made.asked.body}; });
    routes.add("GET", "/stream", http::needs_token, [](const http::call&) {
        return http::response{.goes_on = [](const std::shared_ptr<http::stream>& line) {
            line->send("poke");
            return line;
        }};
    });
    auto listening = http::server::open(std::ref(routes), {.port = 8080});
    if (listening) (*listening)->run();
}
"""

ENTITIES = """
using namespace syncfw::annotations;

struct book {
    syncfw::uuid id{};
    std::string title{};
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
using library = syncfw::schema<book>;
"""

# A device, in a file that knows nothing of servers,
DEVICE_FILE = includes("syncfw/storage/sqlite.hpp", "syncfw/sync/replica.hpp",
                       "syncfw/transport/http_link.hpp") + ENTITIES + """
bool sync_books() {
    auto here = syncfw::sqlite::open<library>("books.db");
    auto link = syncfw::http_link::make("http://localhost:8080");
    if (!here || !link) return false;
    syncfw::replica mine(*here, *link, syncfw::tenant_id("ann"));
    if (!mine.put(book{.id = syncfw::new_uuid(), .title = "Dune"})) return false;
    return mine.sync().has_value();
}
"""

# and a whole service around a server of the engine.
SERVICE_FILE = includes("syncfw/app/service.hpp", "syncfw/storage/sqlite.hpp") + ENTITIES + """
int main() {
    auto store = syncfw::sqlite::open<library>("hub.db");
    if (!store) return 1;
    syncfw::service_events told;
    syncfw::server hub(*store, syncfw::last_write_wins(), {}, syncfw::observed(told));
    syncfw::service books(hub, told, syncfw::trusting({.tenant = syncfw::tenant_id("ann")}),
                          {.port = 8080});
    return books.run();
}
"""


# The files of docs/guide/compile-time.md but for the two that hold the engine, which the rows above
# are about.
SPLIT = ROOT / "examples" / "split"
LIGHT_FILES = [file for file in sorted(SPLIT.glob("*.cpp"))
               if file.name not in ("device.cpp", "service.cpp")]


# --- measuring ----------------------------------------------------------------------------------


class Unit:
    """One translation unit: its seconds and the peak of its memory, turn by turn."""

    def __init__(self, source, *options):
        self.source = source
        self.options = options
        self.seconds = []
        self.megabytes = []

    def compile(self, compiler, folder, label):
        path = folder / f"{label}.cpp"
        path.write_text(self.source)
        command = [compiler, "-std=c++20", f"-I{ROOT / 'include'}", *self.options, str(path)]
        process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"compile_time: {label} doesn't compile:\n{errors[:3000]}")
        self.seconds.append(usage.ru_utime + usage.ru_stime)
        self.megabytes.append(usage.ru_maxrss / 1024)


def measure(units, compiler, runs):
    with tempfile.TemporaryDirectory() as folder:
        for run in range(runs):
            order = list(units.items())
            if run % 2:
                order.reverse()
            for label, unit in order:
                unit.compile(compiler, pathlib.Path(folder), label)


# --- reporting ----------------------------------------------------------------------------------


def report_include(report, units):
    core = units["syncfw"]

    def versus(label, peer, budget):
        ratios = [ours / theirs for ours, theirs in zip(core.seconds, units[label].seconds)]
        report.add("include syncfw.hpp", statistics.median(core.seconds), "s", peer,
                   statistics.median(units[label].seconds), statistics.median(ratios), budget)

    versus("std", "13 standard headers", 1.75)
    if "nlohmann" in units:
        versus("nlohmann", "nlohmann/json.hpp", 0.8)
    else:
        print("skipped: include syncfw.hpp: nlohmann/json.hpp (not asked for, or missing)")
    report.add("include syncfw.hpp, peak", statistics.median(core.megabytes), "MB", budget=200)


def report_entities(report, units, style, many):
    include, one, all_of_them = (units[f"{style}_{n}"] for n in (0, 1, many))
    first = [b - a for a, b in zip(include.seconds, one.seconds)]
    further = [(b - a) / (many - 1) for a, b in zip(one.seconds, all_of_them.seconds)]
    shares = [b / a for a, b in zip(first, further)]
    milliseconds = 1000 * statistics.median(further)
    report.add(f"further entity, {style}", milliseconds, "ms", budget=80)
    report.add(f"further entity, {style}", milliseconds, "ms", "the first entity",
               1000 * statistics.median(first), statistics.median(shares), 0.25)
    report.add(f"{many} entities, {style}", statistics.median(all_of_them.seconds), "s")
    report.add(f"{many} entities, {style}, peak", statistics.median(all_of_them.megabytes), "MB")


def report_programs(report, units):
    peer = units["beast"]

    def beside_beast(label, name, budget=None):
        ours = units[label]
        ratios = [a / b for a, b in zip(ours.seconds, peer.seconds)]
        report.add(name, statistics.median(ours.seconds), "s", "a server, a client: Beast",
                   statistics.median(peer.seconds), statistics.median(ratios), budget)

    beside_beast("http", "an HTTP server and a client", 1.3)
    report.add("an HTTP server and a client, peak", statistics.median(units["http"].megabytes),
               "MB", budget=900)
    beside_beast("service", "a file with a service and its engine, SQLite")
    beside_beast("device", "a file with a device, SQLite")


def report_split(report, units):
    for file in LIGHT_FILES:
        report.add(f"beside the engine: {file.name}",
                   statistics.median(units[f"split_{file.stem}"].seconds), "s", budget=4)


def has_header(compiler, header):
    command = [compiler, "-std=c++20", "-E", "-xc++", "-", "-o", os.devnull]
    return subprocess.run(command, input=includes(header), text=True, check=False,
                          stderr=subprocess.DEVNULL).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", help="where the JSON lines go")
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--entities", type=int, default=100)
    parser.add_argument("--peer-free", action="store_true")
    parser.add_argument("--no-header", action="store_true")
    parser.add_argument("--show", type=int, metavar="N")
    options = parser.parse_args()
    if options.show is not None:
        print(program(options.show, described=True))
        return 0
    if options.peer_free:
        options.runs, options.entities = min(options.runs, 3), min(options.entities, 20)

    units = {"syncfw": Unit(includes("syncfw/syncfw.hpp"), "-fsyntax-only"),
             "std": Unit(includes(*STD_HEADERS), "-fsyntax-only")}
    if not options.peer_free and has_header(options.compiler, "nlohmann/json.hpp"):
        units["nlohmann"] = Unit(includes("nlohmann/json.hpp"), "-fsyntax-only")
    styles = {"described": True, "plain": False}
    for style, described in styles.items():
        for entities in (0, 1, options.entities):
            units[f"{style}_{entities}"] = Unit(program(entities, described), "-O0", "-c",
                                                "-o", os.devnull)
    programs = {"http": HTTP_PROGRAM, "beast": BEAST_PROGRAM, "device": DEVICE_FILE,
                "service": SERVICE_FILE}
    for label, source in programs.items():
        units[label] = Unit(source, "-O2", "-c", "-o", os.devnull)
    for file in LIGHT_FILES:
        units[f"split_{file.stem}"] = Unit(file.read_text(), "-O2", "-c", "-o", os.devnull,
                                           f"-I{SPLIT}")
    measure(units, options.compiler, options.runs)

    report = Report(options.results, not options.no_header)
    report_include(report, units)
    for style in styles:
        report_entities(report, units, style, options.entities)
    report_programs(report, units)
    report_split(report, units)
    return 2 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
