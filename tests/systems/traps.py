#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The tests of traps can fail: each does, on a faithful copy of the service that its description
tells of (tests/systems/faithful). What the copies do right passes, so it isn't the copies that are
broken.

    tests/systems/traps.py
"""
import contextlib
import io
import pathlib
import sys

import admin_engine
import booky
import stranger

COPIES = pathlib.Path(__file__).resolve().parent / "faithful"
SOUND = {admin_engine: ["test_the_complete_flow_of_the_description"],
         booky: ["test_operations_of_the_description"]}


def passes(test):
    with contextlib.redirect_stdout(io.StringIO()):
        return stranger.run_one(test, "copy", stranger.sqlite_place)


def main():
    stranger.FOLDER = COPIES
    passed = failed = 0
    for module, sound in SOUND.items():
        for name in [each for each in vars(module) if each.startswith("test_trap") or
                     each in sound]:
            is_right = passes(getattr(module, name)) == (name in sound)
            passed, failed = passed + is_right, failed + (not is_right)
            if not is_right:
                print(f"FAILED: {module.__name__}.{name} "
                      f"{'fails' if name in sound else 'passes'} on the faithful copy")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
