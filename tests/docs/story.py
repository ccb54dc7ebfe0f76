#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The demo ends well, and tells what the README shows.

    tests/docs/story.py <demo>          runs it and compares
    tests/docs/story.py <demo> --fix    writes the README's recording anew

Process numbers, ports, the folder and the milliseconds are another each time.
"""
import pathlib
import re
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parents[2] / "README.md"
RECORDING = re.compile(r"(<!-- story -->\n```text\n)(.*?)(^```$)", re.M | re.S)
CHANGING = re.compile(r"process \d+|127\.0\.0\.1:\d+|\S*/syncfw-demo-\w+|\d+ ms")


def same_each_time(text):
    """The story without what is another each time, and without the width that it took."""
    lines = [re.sub(r" +", " ", CHANGING.sub("…", line)).rstrip() for line in text.splitlines()]
    return "\n".join(lines).strip()


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
        wrong.append(f"README.md shows another story than this; run with --fix\n{told}")
    for each in wrong:
        print(each)
    print(f"{0 if wrong else 1} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], "--fix" in sys.argv[2:]))
