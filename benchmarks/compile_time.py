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
    measure(units, options.compiler, options.runs)

    report = Report(options.results, not options.no_header)
    report_include(report, units)
    for style in styles:
        report_entities(report, units, style, options.entities)
    return 2 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
