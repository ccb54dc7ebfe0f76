#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Many clients of admin_engine at once, for a while: run by hand.

    tests/systems/load.py build/bench/examples [--clients 50] [--seconds 60] [--database URL]

Each client pushes new rows and edits, repeats some pushes as if it had lost the answer, and pulls
by cursor or by time. At the end every client must know every row of its tenant as it is: none lost,
none there twice, and no request may have failed. Prints how long requests took.
"""
import argparse
import base64
import http.client
import json
import math
import os
import random
import sys
import threading
import time
import urllib.parse

import stranger
from stranger import Place, Server, claims, expect, equal, sqlite_place, token

SECRET = base64.b64encode(os.urandom(36)).decode()
SYNC = "/api/client/sync"
CLIENTS_OF_A_TENANT = 10


class Client:
    """One device with its own connection, which stays open."""

    def __init__(self, number, address):
        self.number = number
        self.tenant = f"tenant-{number // CLIENTS_OF_A_TENANT}"
        self.chance = random.Random(number)
        place = urllib.parse.urlsplit(address)
        self.line = http.client.HTTPConnection(place.hostname, place.port, timeout=120)
        bearer = token(SECRET, claims(self.tenant, f"client-{number}", 24 * 3600))
        self.fields = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
        self.by_cursor = number % 2 == 0
        self.mine, self.rows, self.go_on = {}, {}, {}
        self.took = {"push": [], "pull": []}
        self.count = 0
        self.failure = None

    def ask(self, kind, body, **fields):
        began = time.perf_counter()
        self.line.request("POST", f"{SYNC}/{kind}", json.dumps(body), {**self.fields, **fields})
        answer = self.line.getresponse()
        text = answer.read()
        self.took[kind].append(time.perf_counter() - began)
        expect(answer.status == 200, f"a {kind} is answered with 200, not {answer.status}",
               text.decode(errors="replace"))
        return json.loads(text)

    def push(self):
        rows = [{"name": f"{self.number}-{self.count}-{i}", "email": "x@example.com"}
                for i in range(self.chance.randint(1, 5))]
        for row_id in self.chance.sample(sorted(self.mine), min(len(self.mine), 2)):
            rows.append({"id": row_id, "name": f"{self.number}-e{self.count}",
                         "version": self.mine[row_id]["version"]})
        self.count += 1
        key = {"Idempotency-Key": f"{self.number}-{self.count}"}
        body = {"changes": {"end_user": rows}}
        said = self.ask("push", body, **key)
        if self.chance.random() < 0.1:
            equal(self.ask("push", body, **key), said, "the answer to a repetition")
        for row in said["data"]:
            self.mine[row["id"]] = row

    def pull(self):
        page = self.ask("pull", {"entityTypes": ["end_user"], "limit": 200, **self.go_on})
        for row in page["data"]["end_user"]:
            self.rows[row["id"]] = row
        self.go_on = {"cursor": page["cursor"]} if self.by_cursor else \
            {"lastSyncTimestamp": page["syncTimestamp"]}
        return page["data"]["end_user"]

    def work(self, end):
        try:
            while time.monotonic() < end:
                (self.push if self.chance.random() < 0.5 else self.pull)()
        except Exception as why:
            self.failure = why

    def catch_up(self):
        while self.pull():
            pass


def show(kind, seconds):
    """How long requests took: a line for each doubling, from what the fastest took."""
    seconds.sort()

    def at(share):
        return seconds[min(len(seconds) - 1, int(len(seconds) * share))] * 1000

    print(f"{kind}: {len(seconds)} requests; ms: median {at(.5):.1f}, 90 % {at(.9):.1f}, "
          f"99 % {at(.99):.1f}, longest {seconds[-1] * 1000:.1f}")
    counts = {}
    for each in seconds:
        step = math.ceil(math.log2(max(each * 1000, 0.25)))
        counts[step] = counts.get(step, 0) + 1
    for step in range(min(counts), max(counts) + 1):
        share = counts.get(step, 0) / len(seconds)
        print(f"  up to {2.0 ** step:8.2f} ms {100 * share:6.2f} % {'#' * round(50 * share)}")


def check(clients):
    """Every client of a tenant must know the same rows, and all that any of them was told."""
    tenants = {}
    for each in clients:
        tenants.setdefault(each.tenant, []).append(each)
    rows = 0
    for tenant, members in tenants.items():
        told = {row_id: row for each in members for row_id, row in each.mine.items()}
        for each in members:
            each.catch_up()
            expect(each.rows.keys() == told.keys(), f"client {each.number} of {tenant} knows "
                   f"{len(each.rows)} rows of {len(told)}")
            for row_id, row in told.items():
                equal(each.rows[row_id], row, "a row as it was told")
        names = [row["name"] for row in told.values() if "-e" not in row["name"]]
        equal(len(set(names)), len(names), "the rows that are there once")
        rows += len(told)
    return rows


def drive(place, wanted):
    with Server(place, "admin_engine", "--log-level", "error",
                env={"JWT_SECRET": SECRET}) as server:
        clients = [Client(i, server.address) for i in range(wanted.clients)]
        end = time.monotonic() + wanted.seconds
        threads = [threading.Thread(target=each.work, args=(end,)) for each in clients]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        for each in clients:
            if each.failure:
                raise each.failure
        asked = sum(len(took) for each in clients for took in each.took.values())
        for kind in ("push", "pull"):
            show(kind, [took for each in clients for took in each.took[kind]])
        rows = check(clients)
        expect(not [line for line in server.err if '"error"' in line], "no error in the log")
        print(f"{wanted.clients} clients, {wanted.seconds} s: {asked} requests "
              f"({asked / wanted.seconds:.0f} a second), {rows} rows, none lost, none twice")


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("folder", help="of the built programs")
    words.add_argument("--clients", type=int, default=50)
    words.add_argument("--seconds", type=int, default=60)
    words.add_argument("--database", help="an URL; else an SQLite file that goes with the run")
    wanted = words.parse_args()
    stranger.FOLDER = stranger.pathlib.Path(wanted.folder).resolve()
    if wanted.database:
        drive(Place("given", None, wanted.database), wanted)
    else:
        with sqlite_place() as place:
            drive(place, wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
