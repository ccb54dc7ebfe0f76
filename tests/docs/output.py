#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What the manual says that a program prints is what it prints.

    tests/docs/output.py <folder of the built examples>

A text block behind the line `<!-- output: program -->` is the program's output, or lines of it that
follow each other. Ids and times are others each time.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^<!-- output: *(\S+) *-->\n```text\n(.*?)^```$", re.M | re.S)
CHANGING = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{16}\b|"
                      r"\d{4}-\d\d-\d\dT[0-9:.]+Z")


def same_each_time(text):
    return [CHANGING.sub("…", line).strip() for line in text.splitlines()]


def main(folder):
    passed = failed = 0
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for program, shown in BLOCK.findall(page.read_text(encoding="utf-8")):
            ran = subprocess.run([pathlib.Path(folder).resolve() / program], capture_output=True,
                                 text=True, timeout=60)
            lines, wanted = same_each_time(ran.stdout), same_each_time(shown)
            if ran.returncode == 0 and wanted and any(
                    lines[i:i + len(wanted)] == wanted for i in range(len(lines))):
                passed += 1
                continue
            failed += 1
            print(f"{page.relative_to(ROOT)}: {program} ends with {ran.returncode} and prints\n"
                  f"{ran.stdout}instead of\n{shown}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
