#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Each public header compiles alone, and twice in one file, without a warning.

    tests/headers/check.py [g++|clang++-19|...]

Exit: 0 all compile, 1 some don't, 77 the compiler is not installed.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"
FLAGS = ("-std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
         " -fdiagnostics-color=never -x c++ -").split()


def library_folders():
    """Where headers lie that are in no compiler's default path: libpq's on Debian."""
    if not shutil.which("pg_config"):
        return []
    asked = subprocess.run(["pg_config", "--includedir"], text=True, capture_output=True)
    return ["-isystem", asked.stdout.strip()] if asked.returncode == 0 else []


FOLDERS = library_folders()


def compile_twice(compiler, header):
    """The compiler's diagnostics, empty when all is well."""
    program = f"#include <{header}>\n#include <{header}>\n"
    ran = subprocess.run([compiler, f"-I{INCLUDE}", *FOLDERS, *FLAGS], input=program, text=True,
                         capture_output=True)
    if ran.returncode == 0:
        return ""
    return (ran.stderr or f"{compiler} exited with {ran.returncode}").replace(f"{ROOT}/", "")


def missing_library(diagnostics):
    """The library header that isn't installed, if that is what went wrong."""
    found = re.search(r"fatal error: '?([\w./+-]+)'?(: No such file| file not found)", diagnostics)
    if found and not found[1].startswith(("syncfw/", "boost/")):
        return found[1]
    return None


def main(compiler="g++"):
    required = os.environ.get("SYNCFW_REQUIRE") == "all"
    if not shutil.which(compiler):
        print(f"{'failed' if required else 'skipped'}: headers: {compiler} is not installed")
        return 1 if required else 77
    headers = sorted(p.relative_to(INCLUDE).as_posix() for p in INCLUDE.rglob("*.hpp")
                     if "detail" not in p.parts)
    passed = failed = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        compiled = pool.map(lambda header: compile_twice(compiler, header), headers)
        for header, diagnostics in zip(headers, compiled):
            library = missing_library(diagnostics)
            if not diagnostics:
                passed += 1
            elif library and not required:
                print(f"skipped: {header}: {library} is not installed")
                skipped += 1
            else:
                print(f"--- {header} does not compile alone with {compiler}\n{diagnostics}")
                failed += 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
