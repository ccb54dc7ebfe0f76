# SPDX-License-Identifier: BSL-1.0
"""The same table and the same lines as report.hpp's, for what is measured by scripts."""
import json

COLUMNS = "{:<44} {:>9} {:<7} {:<24} {:>10} {:>6} {:<13} {}"


def number(value):
    return "" if value is None else f"{value:.2f}" if value < 10 else f"{value:.1f}"


class Report:
    def __init__(self, path, with_header):
        self.file = open(path, "w", encoding="utf-8") if path else None
        self.missed = 0
        if with_header:
            print(COLUMNS.format("name", "value", "unit", "peer", "peer value", "ratio", "budget",
                                 "holds"))

    def add(self, name, value, unit, peer=None, peer_value=None, ratio=None, budget=None):
        holds = None if budget is None else (value if ratio is None else ratio) <= budget
        self.missed += holds is False
        limit = "" if budget is None else "<= " + number(budget) + ("x" if ratio else f" {unit}")
        print(COLUMNS.format(name, number(value), unit, peer or "", number(peer_value),
                             number(ratio), limit, {None: "", True: "yes", False: "NO"}[holds]),
              flush=True)
        if self.file:
            row = dict(name=name, value=round(value, 4), unit=unit, peer=peer,
                       peer_value=peer_value and round(peer_value, 4),
                       ratio=ratio and round(ratio, 4), budget=budget, holds=holds)
            self.file.write(json.dumps(row, separators=(",", ":")) + "\n")
