#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The first sync over HTTP beside PouchDB's, of as many rows of the same shape.

    pouchdb.py --ours network.jsonl     with the figure of bench_network of the same run

PouchDB's packages come from npm into build/peers; where that can't be, it says so and is skipped.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys

from report import Report

HERE = pathlib.Path(__file__).resolve().parent
ROW, ROWS = "HTTP, first sync of 10,000", 10_000


def skip(why):
    print(f"skipped: PouchDB: {why}")
    sys.exit(0)


def install():
    """The folder in which the packages are, and the script."""
    folder = HERE.parent / "build" / "peers" / "pouchdb"
    folder.mkdir(parents=True, exist_ok=True)
    for source in (HERE / "pouchdb").iterdir():
        shutil.copy(source, folder)
    if not shutil.which("node") or not shutil.which("npm"):
        skip("node and npm are not installed")
    done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=folder,
                          text=True, capture_output=True)
    if done.returncode:
        skip("npm can't install it")
    return folder


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--ours", required=True)
    options.add_argument("--results")
    options = options.parse_args()
    rows = [json.loads(line) for line in open(options.ours, encoding="utf-8")]
    ours = next((row["value"] for row in rows if row["name"] == ROW), None)
    if ours is None:
        skip(f"{options.ours} has no row {ROW!r}")
    ran = subprocess.run(["node", "replicate.mjs", str(ROWS), "3"], cwd=install(), text=True,
                         stdout=subprocess.PIPE, timeout=600, check=True)
    theirs = statistics.median(json.loads(ran.stdout)["pull"]) / ROWS * 1e9
    report = Report(options.results, with_header=False)
    report.add(ROW, ours, "ns/row", "PouchDB, LevelDB", theirs, ours / theirs, 1 / 25)
    return 2 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
