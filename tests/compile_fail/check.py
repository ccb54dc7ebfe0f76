#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""A wrong program must not compile, and the compiler must say why in the library's own words.

    tests/compile_fail/check.py [g++|clang++-19|...] [folder]

Each tests/compile_fail/<module>/<name>.cpp is compiled twice. Plainly, it is the positive control
and must compile: otherwise a failure would prove nothing. With -DSYNCFW_MISTAKE it must fail, and
the diagnostics must contain the sentence of each of its lines `// expect: <sentence or part>`.
A sentence that comes later than the first error is reported: a reader sees the first one first.
Exit: 0 all is so, 1 something isn't, 77 the compiler is not installed.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLAGS = f"-std=c++20 -I{ROOT / 'include'} -fdiagnostics-color=never".split()


def one_space(text):
    return re.sub(r"\s+", " ", text).strip()


def run(command):
    ran = subprocess.run(command, capture_output=True, text=True)
    return ran.returncode == 0, ran.stderr


def precompile(compiler, folder):
    """Compiles syncfw.hpp once for all files; gives the flags that use it."""
    if not (ROOT / "include/syncfw/syncfw.hpp").exists():
        return []
    header = folder / "precompiled.hpp"
    # A wrapper, since #pragma once is not honoured for the precompiled file itself.
    header.write_text("#include <syncfw/syncfw.hpp>\n")
    is_clang = "clang" in compiler
    output = folder / ("precompiled.pch" if is_clang else "precompiled.hpp.gch")
    compiled, diagnostics = run([compiler, *FLAGS, "-x", "c++-header", header, "-o", output])
    if not compiled:
        sys.exit(f"{compiler} can't compile syncfw.hpp:\n{diagnostics}")
    return ["-include-pch", output] if is_clang else ["-include", header, "-Winvalid-pch"]


def first_error(diagnostics):
    """The text from the first error to the second, with the notes and traces between them."""
    errors = [found.start() for found in re.finditer(r"^.*\b(fatal )?error: ", diagnostics, re.M)]
    return diagnostics[errors[0]:(errors + [None])[1]] if errors else ""


def check(compiler, flags, source):
    """(what is wrong or "", a remark or "")"""
    expected = re.findall(r"^// expect: *(.+?) *$", source.read_text(encoding="utf-8"), re.M)
    if not expected:
        return "has no line `// expect: <sentence>`", ""
    command = [compiler, *FLAGS, *flags, "-fsyntax-only", source]
    compiled, diagnostics = run(command)
    if not compiled:
        return f"the positive control doesn't compile:\n{diagnostics}", ""
    compiled, diagnostics = run([*command, "-DSYNCFW_MISTAKE"])
    if compiled:
        return "the mistake compiles", ""
    said = one_space(diagnostics)
    for sentence in expected:
        if one_space(sentence) not in said:
            return f"the diagnostics lack the sentence: {sentence}\n{diagnostics}", ""
    first = one_space(first_error(diagnostics))
    late = [sentence for sentence in expected if one_space(sentence) not in first]
    return "", f"not in the first error: {late[0]}" if late else ""


def main(compiler="g++", folder=pathlib.Path(__file__).parent):
    if not shutil.which(compiler):
        required = os.environ.get("SYNCFW_REQUIRE") == "all"
        print(f"{'failed' if required else 'skipped'}: compile_fail: {compiler} is not installed")
        return 1 if required else 77
    folder = pathlib.Path(folder).resolve()
    files = sorted(folder.glob("*/*.cpp"))
    if not files:
        print(f"no files in {folder.name}/<module>/")
    passed, failures, remarks = 0, [], []
    with tempfile.TemporaryDirectory() as scratch, \
            concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        flags = precompile(compiler, pathlib.Path(scratch)) if files else []
        for source, (wrong, remark) in zip(
                files, pool.map(lambda each: check(compiler, flags, each), files)):
            shown = source.relative_to(folder).as_posix()
            if wrong:
                failures.append((shown, wrong.replace(f"{ROOT}/", "")))
            else:
                passed += 1
            if remark:
                remarks.append((shown, remark))

    for shown, wrong in failures:
        print(f"--- {shown}: {wrong}")
    for title, rows in (("failed", failures), ("worth a look", remarks)):
        if rows:
            print(f"{title} with {compiler}:")
            width = max(len(shown) for shown, _ in rows)
            for shown, what in rows:
                print(f"  {shown:<{width}}  {what.splitlines()[0]}")
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
