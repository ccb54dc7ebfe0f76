#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The demo ends well, and tells what docs/demo.md shows; the README's lines are of it, in order.

    tests/docs/demo.py <demo>          runs it and compares
    tests/docs/demo.py <demo> --fix    writes the recording of docs/demo.md anew

Process numbers, ports, the folder and the milliseconds are another each time.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "demo.md"
RECORDING = re.compile(r"(<!-- story -->\n```text\n)(.*?)(^```$)", re.M | re.S)
LINES = re.compile(r"<!-- lines of the story -->\n```text\n(.*?)^```$", re.M | re.S)
CHANGING = re.compile(r"process \d+|127\.0\.0\.1:\d+|\S*/syncfw-demo-\w+|\d+ ms")


def same_each_time(text):
    """The story without what is another each time, and without the width that it took."""
    lines = [re.sub(r" +", " ", CHANGING.sub("…", line)).rstrip() for line in text.splitlines()]
    return "\n".join(lines).strip()


def lines_in_order(shown, told):
    """Whether each line that is shown is one of the story's, in the story's order."""
    rest = iter(same_each_time(told).splitlines())
    return all(line in rest for line in same_each_time(shown).splitlines())


def main(demo, fix):
    ran = subprocess.run([demo], capture_output=True, text=True, timeout=200)
    told = "\n".join(line.rstrip() for line in ran.stdout.splitlines()).strip() + "\n"
    page = PAGE.read_text(encoding="utf-8")
    recorded = RECORDING.search(page)
    wrong = []
    if ran.returncode != 0:
        wrong.append(f"the demo ended with {ran.returncode}\n{told}{ran.stderr}")
    elif fix:
        PAGE.write_text(RECORDING.sub(lambda at: at[1] + told + at[3], page), encoding="utf-8")
    elif not recorded or same_each_time(recorded[2]) != same_each_time(told):
        wrong.append(f"docs/demo.md shows another story than this; run with --fix\n{told}")
    shown = LINES.search((ROOT / "README.md").read_text(encoding="utf-8"))
    if ran.returncode == 0 and not (shown and lines_in_order(shown[1], told)):
        wrong.append(f"README.md shows lines that are not of this story, in its order\n{told}")
    for each in wrong:
        print(each)
    print(f"{0 if wrong else 1} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], "--fix" in sys.argv[2:]))
