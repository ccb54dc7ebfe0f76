#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The rules of the house as checks of the source tree.

    tests/style/check.py             runs all of them
    tests/style/check.py spdx links  runs the named ones

A check is a function that yields one line per offence. Exit: 0 all hold, 1 something is wrong,
77 skipped (the last line says why).
"""
import ast
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include" / "syncfw"

# A header includes only from its own folder or an earlier one (CONTRIBUTING.md).
FOLDERS = ("core entity query codec conflict observe security storage transport sync app"
           " testing").split()

# Costly to include, so nothing that syncfw.hpp reaches may name them.
FORBIDDEN = re.compile(r"<(ranges|regex|iostream|format|random|boost/json\S*|boost/asio\S*)>")

GENERATED = (".git", "build")
CORPUS = ROOT / "tests" / "fuzz" / "corpus"  # Bytes, not text.
CODE_FOLDERS = ("include", "tests", "examples", "benchmarks", "test_package")
CPP = (".hpp", ".cpp")


class Skip(Exception):
    """This check can't run here; the text says why."""


def sources(*suffixes):
    """Every file of the project that git knows or would add, with one of the suffixes."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True)
    if listed.returncode == 0:
        paths = [ROOT / line for line in listed.stdout.split("\0") if line]
    else:  # An unpacked release has no .git.
        paths = [p for p in ROOT.rglob("*") if p.relative_to(ROOT).parts[0] not in GENERATED]
    return sorted(p for p in paths if p.is_file() and CORPUS not in p.parents
                  and (not suffixes or p.suffix in suffixes))


def in_code_folders(path):
    return path.relative_to(ROOT).parts[0] in CODE_FOLDERS


def text_of(path):
    return path.read_text(encoding="utf-8")


def name(path, line=None):
    shown = str(path.relative_to(ROOT))
    return f"{shown}:{line}" if line else shown


def headers():
    return sorted(INCLUDE.rglob("*.hpp"))


def own_includes(path):
    """The syncfw headers that the header includes, as paths below include/syncfw."""
    return re.findall(r'^\s*#\s*include\s*[<"]syncfw/([^>"]+)[>"]', text_of(path), re.M)


# --- the checks -------------------------------------------------------------------------------

def include_order():
    """The include graph goes one way over the folders."""
    rank = {folder: i for i, folder in enumerate(FOLDERS)}
    for header in headers():
        parts = header.relative_to(INCLUDE).parts
        if len(parts) == 1:
            if parts[0] not in ("syncfw.hpp", "config.hpp", "version.hpp"):
                yield f"{name(header)}: only syncfw.hpp, config.hpp and version.hpp live here"
            continue
        if parts[0] not in rank:
            yield f"{name(header)}: unknown folder; the house has: {' '.join(FOLDERS)}"
            continue
        for included in own_includes(header):
            folder = included.split("/")[0]
            if included == "syncfw.hpp" and parts[0] not in ("app", "testing"):
                yield f"{name(header)} includes the whole library (syncfw.hpp)"
            elif rank.get(folder, -1) > rank[parts[0]]:
                yield f"{name(header)} includes {included}, from a later folder"
            elif not (INCLUDE / included).exists():
                yield f"{name(header)} includes {included}, which doesn't exist"


def spdx():
    """The licence line comes first in every header, source and script."""
    for path in sources():
        shown = path.relative_to(ROOT)
        if path.suffix in CPP + (".py", ".sh", ".cmake", ".in") \
                or path.name == "CMakeLists.txt":
            pass
        elif path.suffix == "" and text_of(path).startswith("#!"):
            pass
        else:
            continue
        if path.name == "syncfw.pc.in":
            continue  # pkg-config prints its comments into some tools' output.
        lines = text_of(path).splitlines()
        if lines and lines[0].startswith("#!"):
            lines = lines[1:]
        if not lines or not re.fullmatch(r"(//|#) SPDX-License-Identifier: BSL-1\.0", lines[0]):
            yield f"{shown}:1: must begin with the SPDX line"


def pragma_once():
    """Each header is guarded by #pragma once, and by nothing else."""
    for path in sources(".hpp"):
        if len(re.findall(r"^#pragma once$", text_of(path), re.M)) != 1:
            yield f"{name(path)}: needs exactly one #pragma once"


def macros():
    """Macros live in config.hpp and version.hpp alone, and begin with SYNCFW_."""
    for header in headers():
        allowed = header.relative_to(INCLUDE).as_posix() in ("config.hpp", "version.hpp")
        for number, line in enumerate(text_of(header).splitlines(), 1):
            found = re.match(r"\s*#\s*define\s+(\w+)", line)
            if found and not (allowed and found[1].startswith("SYNCFW_")):
                yield f"{name(header, number)}: defines {found[1]}"


def line_length():
    """No line of code is longer than 100 characters."""
    for path in sources(*CPP, ".py", ".cmake"):
        for number, line in enumerate(text_of(path).splitlines(), 1):
            # A sentence that is printed may stand in one piece; CMake can't break a string.
            if len(line) > 100 and not (path.suffix == ".cmake" and '"' in line):
                yield f"{name(path, number)}: {len(line)} characters"


def header_length():
    """No header is longer than 500 lines."""
    for header in headers():
        lines = len(text_of(header).splitlines())
        if lines > 500:
            yield f"{name(header)}: {lines} lines; split it by idea"


def forbidden_includes():
    """Nothing that syncfw.hpp reaches includes a costly header."""
    waiting, seen = ["syncfw.hpp"], set()
    if not (INCLUDE / "syncfw.hpp").exists():
        raise Skip("include/syncfw/syncfw.hpp doesn't exist")
    while waiting:
        included = waiting.pop()
        header = INCLUDE / included
        if included in seen or not header.exists():
            continue
        seen.add(included)
        for number, line in enumerate(text_of(header).splitlines(), 1):
            found = re.match(r"\s*#\s*include\s*(<\S+>)", line)
            if found and FORBIDDEN.fullmatch(found[1]):
                yield f"{name(header, number)}: includes {found[1]}, which costs too much"
        waiting += own_includes(header)


def marks():
    """Nothing is left open in the tree: an open end is an issue, not a comment."""
    words = re.compile(r"\b(" + "TO" + r"DO|FIX" + r"ME)\b")  # So that this file passes.
    for path in sources(*CPP, ".py", ".cmake", ".md", ".txt", ""):
        for number, line in enumerate(text_of(path).splitlines(), 1):
            if words.search(line):
                yield f"{name(path, number)}: {line.strip()}"


def format():
    """The code is as clang-format 19 would write it."""
    tool = shutil.which("clang-format-19")
    if not tool:
        raise Skip("clang-format-19 is not installed")
    files = [str(p) for p in sources(*CPP) if in_code_folders(p)]
    ran = subprocess.run([tool, "--dry-run", "-Werror", *files], capture_output=True, text=True)
    for path in files:
        places = ran.stderr.count(f"{path}:")
        if places:
            shown = name(pathlib.Path(path))
            yield f"{places} places; to mend them: clang-format-19 -i {shown}"
    if ran.returncode and "error:" not in ran.stderr:
        yield f"clang-format: {ran.stderr.strip()}"


def version():
    """The version is the same wherever it is written."""
    text = text_of(INCLUDE / "version.hpp")
    numbers = [re.search(rf"SYNCFW_VERSION_{part} (\d+)", text)[1]
               for part in ("MAJOR", "MINOR", "PATCH")]
    major, minor, patch = map(int, numbers)
    written = ".".join(numbers)
    if re.search(r'SYNCFW_VERSION_STRING "(.*)"', text)[1] != written:
        yield "version.hpp: SYNCFW_VERSION_STRING differs from the numbers"
    if int(re.search(r"SYNCFW_VERSION (\d+)", text)[1]) != major * 10000 + minor * 100 + patch:
        yield "version.hpp: SYNCFW_VERSION differs from the numbers"
    port = json.loads(text_of(ROOT / "packaging/vcpkg/vcpkg.json"))
    if port["version"] != written:
        yield f"packaging/vcpkg/vcpkg.json: {port['version']}, but version.hpp says {written}"
    entries = re.findall(r"^## (?:Unreleased → )?(\d+\.\d+\.\d+)", text_of(ROOT / "CHANGELOG.md"),
                         re.M)
    if entries[:1] != [written]:
        yield f"CHANGELOG.md: the top entry is {entries[:1]}, but version.hpp says {written}"


def components():
    """CMake, vcpkg and Conan offer the same components."""
    table = text_of(ROOT / "cmake/syncfw-components.cmake")
    in_cmake = set(re.findall(r"^syncfw_component\((\w+)", table, re.M)) - {"core"}
    in_vcpkg = set(json.loads(text_of(ROOT / "packaging/vcpkg/vcpkg.json"))["features"])
    in_conan = set()
    for node in ast.walk(ast.parse(text_of(ROOT / "conanfile.py"))):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "options":
            in_conan = {key.value.removeprefix("with_") for key in node.value.keys}
    for found, where in ((in_vcpkg, "packaging/vcpkg/vcpkg.json"), (in_conan, "conanfile.py")):
        if found != in_cmake:
            yield f"{where} has {sorted(found)}, but CMake has {sorted(in_cmake)}"
    for header in re.findall(r"^syncfw_component\(.*?HEADERS ([^)]*)\)", table, re.M | re.S):
        for each in header.split():
            if not (INCLUDE / each).exists():
                yield f"cmake/syncfw-components.cmake names {each}, which doesn't exist"


def anchors_of(page):
    """What links into the page may name: its titles as GitHub writes them."""
    found = set()
    for title in re.findall(r"^#+ +(.*)$", prose_of(page), re.M):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        anchor = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
        count = sum(1 for each in found if re.fullmatch(re.escape(anchor) + r"(-\d+)?", each))
        found.add(f"{anchor}-{count}" if count else anchor)
    return found


def prose_of(page):
    return re.sub(r"^```.*?^```", "", text_of(page), flags=re.M | re.S)


def links():
    """Each link of a manual page leads to a file, and to a title of that page."""
    for page in sources(".md"):
        for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", prose_of(page)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            leads_to = page.parent / path if path else page
            if not leads_to.exists():
                yield f"{name(page)}: the link to {target} leads nowhere"
            elif anchor and leads_to.suffix == ".md" and anchor not in anchors_of(leads_to):
                yield f"{name(page)}: {target} names a title that isn't there"


def promises():
    """Each promise of docs/concepts/promises.md is the name of a test."""
    page = ROOT / "docs" / "concepts" / "promises.md"
    named = re.findall(r"^\| ([a-z -]*[a-z]) \|", text_of(page), re.M)
    cases = "\n".join(re.findall(r'TEST_CASE\w*\(\s*"([^"]*)', "".join(
        text_of(path) for path in sources(".cpp") if path.is_relative_to(ROOT / "tests"))))
    for each in named[1:]:  # The first row is the table's head.
        if not re.search(rf"\b{each}\b.*:", cases):
            yield f"{name(page)} promises {each}, which no test has in its name"


def reference():
    """docs/reference/headers.md has one line for each public header, and none for another."""
    page = ROOT / "docs" / "reference" / "headers.md"
    line = r"^\| \[[^\]]*\]\(\.\./\.\./include/syncfw/([^)]*)\) \| \S"
    listed = re.findall(line, text_of(page), re.M)
    public = [each.relative_to(INCLUDE).as_posix() for each in headers()
              if "detail" not in each.relative_to(INCLUDE).parts]
    for each in public:
        if listed.count(each) != 1:
            yield f"{name(page)} has {listed.count(each)} lines for include/syncfw/{each}"
    for each in sorted(set(listed) - set(public)):
        yield f"{name(page)} names {each}, which is no public header"


def one_world():
    """The engine takes time, chance and waiting from its environment, and from nowhere else."""
    elsewhere = re.compile(r"_clock::now|this_thread|random_device|fill_with_entropy|new_uuid\(|"
                           r"clock_gettime|gettimeofday|nanosleep|\btime\(|\brand\(|getenv|"
                           r"std::(thread|async|jthread)\b|#\s*include\s*<(thread|random|ctime)>")
    for header in headers():
        folder, *rest = header.relative_to(INCLUDE).parts
        if folder not in ("sync", "conflict", "observe") or rest == ["environment.hpp"]:
            continue
        for number, line in enumerate(text_of(header).splitlines(), 1):
            if elsewhere.search(line.split("//")[0]):
                yield f"{name(header, number)}: {line.strip()}"


CHECKS = [include_order, spdx, pragma_once, macros, line_length, header_length,
          forbidden_includes, marks, format, version, components, links, one_world,
          reference, promises]


def main(names):
    unknown = set(names) - {check.__name__ for check in CHECKS}
    if unknown:
        sys.exit(f"unknown check {sorted(unknown)}; known: {[c.__name__ for c in CHECKS]}")
    passed = failed = skipped = 0
    for check in CHECKS:
        if names and check.__name__ not in names:
            continue
        try:
            offences = list(check())
        except Skip as why:
            if os.environ.get("SYNCFW_REQUIRE") == "all":
                offences = [f"can't be skipped with SYNCFW_REQUIRE=all: {why}"]
            else:
                print(f"skipped: style.{check.__name__}: {why}")
                skipped += 1
                continue
        for offence in offences:
            print(offence)
        if offences:
            print(f"style.{check.__name__} failed: {check.__doc__}")
            failed += 1
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 77 if skipped and not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
