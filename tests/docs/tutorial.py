#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What docs/tutorial.md tells its readers to type does what it says.

    tests/docs/tutorial.py <server> <device>

Its `console` blocks are run in their order, in an empty folder, against the programs of
examples/tutorial. A line that begins with `$ ` is a command, those below it are what it prints.
`$ … &` starts a server, of which the first line is compared; `$ kill -9 %1` kills it.
"""
import os
import pathlib
import re
import secrets
import socket
import subprocess
import sys
import tempfile

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
PORT = "8080"  # In the page; here a free one.


def steps_of(page):
    """(line number, command, the text that it prints)"""
    found, inside = [], False
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("```"):
            inside = line == "```console"
        elif inside and line.startswith("$ "):
            found.append([number, line[2:], ""])
        elif inside:
            found[-1][2] += line + "\n"
    return found


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


def main(server, device):
    port = free_port()
    environment = dict(os.environ, TOKEN=secrets.token_hex(32), SERVER=f"http://127.0.0.1:{port}")
    failed, passed, running = 0, 0, None
    with tempfile.TemporaryDirectory() as folder:
        for name, program in (("server", server), ("device", device)):
            os.symlink(pathlib.Path(program).resolve(), pathlib.Path(folder) / name)
        for number, command, wanted in steps_of(PAGE.read_text(encoding="utf-8")):
            told = re.sub(rf"\b{PORT}\b", port, command)
            if told == "kill -9 %1":
                running.kill()
                running.wait()
                continue
            if told.endswith(" &"):
                running = subprocess.Popen(told[:-2].split(), cwd=folder, env=environment,
                                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                           text=True)
                printed = running.stdout.readline()
            else:
                printed = subprocess.run(["sh", "-c", told], cwd=folder, env=environment,
                                         capture_output=True, text=True, timeout=60).stdout
            if printed == re.sub(rf"\b{PORT}\b", port, wanted):
                passed += 1
                continue
            failed += 1
            print(f"docs/tutorial.md:{number}: $ {command}\nprints\n{printed}instead of\n{wanted}")
        if running:
            running.terminate()
            if running.wait(timeout=30) != 0:
                failed += 1
                print(f"the server ended with {running.returncode}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
