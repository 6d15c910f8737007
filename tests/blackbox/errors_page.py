"""The tables of docs/guide/errors.md as data: what the page promises is what the tests try."""

import re

from nexus import ROOT

PAGE = ROOT / "docs/guide/errors.md"


def rows(heading):
    """The rows of the table below that heading, each a dict by the names of its columns."""
    section = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    head, _, *body = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    assert body and all(len(row) == len(head) for row in body), f"a row of {heading!r} has another number of cells"
    return [dict(zip(head, row)) for row in body]


def code(cell):
    """What stands in code in a cell."""
    return re.findall(r"`([^`]+)`", cell)


class Functions(dict):
    """One function for each row of a table, by the text of the row's first cell."""

    def __init__(self, heading):
        super().__init__()
        self.heading = heading
        self.rows = rows(heading)
        [self.first, *_] = self.rows[0]

    def of(self, what):
        def add(function):
            assert what not in self, f"two functions for {what!r}"
            self[what] = function
            return function

        return add

    def names(self):
        return [row[self.first] for row in self.rows]

    def check(self):
        names = self.names()
        assert len(set(names)) == len(names), "a row comes twice"
        assert set(names) == set(self), f"rows and functions differ: {set(names) ^ set(self)}"
