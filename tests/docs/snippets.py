#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Each C++ block of the manual is a copy of code that is compiled; one of CMake may be.

    tests/docs/snippets.py          checks README.md and docs/**/*.md
    tests/docs/snippets.py --fix    writes the blocks anew from their sources

A block is preceded by the line `<!-- snippet: path[#region] -->`, where path is relative to the
repository's root. A region stands between `// [region]` and `// [/region]`.
"""
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(?:^<!-- snippet: *(?P<from>\S+) *-->\n)?"
                   r"^```(?P<language>cpp|c\+\+|cmake)\n(?P<code>.*?)^```$", re.M | re.S)


def code_of(reference):
    """The text that the reference names; ValueError says what is wrong with it."""
    path, _, region = reference.partition("#")
    source = ROOT / path
    if not source.is_file():
        raise ValueError(f"there is no file {path}")
    lines = source.read_text(encoding="utf-8").splitlines()
    marker = re.compile(r"\s*// \[/?[\w-]+\]\s*")
    if region:
        marks = [line.strip() for line in lines]
        if marks.count(f"// [{region}]") != 1 or marks.count(f"// [/{region}]") != 1:
            raise ValueError(f"{path} must have // [{region}] and // [/{region}] once")
        lines = lines[marks.index(f"// [{region}]") + 1:marks.index(f"// [/{region}]")]
    elif lines and "SPDX-License-Identifier" in lines[0]:
        lines = lines[1:]  # A reader of the manual needs no licence line.
    kept = [line for line in lines if not marker.fullmatch(line)]  # Regions may be nested.
    return textwrap.dedent("\n".join(kept)).strip("\n") + "\n"


def main(fix):
    passed = failed = 0
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        if not page.is_file():
            continue
        text = page.read_text(encoding="utf-8")
        wrong = []

        def renewed(block):
            nonlocal passed
            line = text.count("\n", 0, block.start("code"))
            where = f"{page.relative_to(ROOT)}:{line}"
            try:
                if not block["from"] and block["language"] == "cmake":
                    return block[0]
                if not block["from"]:
                    raise ValueError("a C++ block without <!-- snippet: path[#region] -->")
                code = code_of(block["from"])
            except ValueError as why:
                wrong.append(f"{where}: {why}")
                return block[0]
            if code == block["code"]:
                passed += 1
                return block[0]
            if fix:
                passed += 1
                print(f"{where}: written anew from {block['from']}")
            else:
                wrong.append(f"{where}: differs from {block['from']}; run with --fix")
            return f"<!-- snippet: {block['from']} -->\n```{block['language']}\n{code}```"

        new_text = BLOCK.sub(renewed, text)
        if fix and new_text != text:
            page.write_text(new_text, encoding="utf-8")
        for line in wrong:
            print(line)
        failed += len(wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main("--fix" in sys.argv[1:]))
