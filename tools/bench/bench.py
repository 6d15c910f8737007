#!/usr/bin/env python3
"""How fast is Nexus, against what bounds it? `make bench` calls it; takes about 20 minutes, `--quick` about 5.

    .venv/bin/python tools/bench/bench.py [--quick] [--only NAME …] [--out FILE]

Needs the release build and the embedding model. Servers of its own, in temporary folders. Every ratio is of things
that took turns in this one run, with the quartiles of the rounds. The last line is one JSON object. The exit status
is 0 whether or not a bar is met: the figures are for reading.
"""

import argparse
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import measures  # noqa: E402
from notes import notes, questions  # noqa: E402
from stack import RELEASE, Brain, Stack  # noqa: E402

NAMES = ["writes", "trigger", "recall", "import", "embedding", "memory", "idle", "start"]


class Teller:
    """What is going on, on stderr: one line that is overwritten on a terminal."""

    def __init__(self):
        self.begin, self.overwrites = time.monotonic(), sys.stderr.isatty()

    def __call__(self, what):
        line = f"bench: {time.monotonic() - self.begin:5.0f} s  {what}"
        print(f"\r\033[K{line}" if self.overwrites else line, end="" if self.overwrites else "\n", file=sys.stderr, flush=True)


def run(wanted, quick, tell):
    """Yields the figures as they come."""
    seconds, rounds, asked_count = (2, 3, 100) if quick else (5, 7, 400)
    size, large = (2_000, 20_000) if quick else (10_000, 100_000)
    if set(wanted) & set(NAMES) - {"start"}:
        stack = Stack().start()
        try:
            with stack.client(timeout=600) as client:
                if "idle" in wanted:
                    yield from measures.idle_cpu(stack, 20 if quick else 60, tell)
                if "writes" in wanted:
                    yield from measures.durable_writes(stack, seconds, rounds, tell)
                if "trigger" in wanted:
                    yield from measures.trigger_cost(stack, seconds, 2 * rounds, tell)
                if "embedding" in wanted:
                    yield from measures.bulk_embedding(stack, client, size // 10, min(rounds, 5), tell)
                if set(wanted) & {"recall", "import", "memory"}:
                    yield from with_memories(stack, client, wanted, size, asked_count, rounds, tell)
        finally:
            stack.remove()
    if "start" in wanted:
        yield from measures.starts(large, asked_count, 3 if quick else 5, tell)


def with_memories(stack, client, wanted, size, asked_count, rounds, tell):
    brain = Brain(client, "ten")
    texts = notes(size)
    tell(f"{size} memories by COPY")
    measures.fill(stack, brain, texts)
    asked = questions(texts, asked_count)
    if "recall" in wanted:
        yield measures.recall_against_parts(stack, brain, asked, 1.5, f"recall p50 of {size:,} memories", tell)
    if "import" in wanted:
        yield from measures.recall_during_import(stack, client, brain, asked[:200], min(rounds, 5), tell)
    if "memory" in wanted:  # ends with another server process
        yield from measures.memory(stack, brain, tell)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smaller and shorter: to see that it works")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="leave the others out")
    parser.add_argument("--out", type=pathlib.Path, help="also write the JSON there")
    given = parser.parse_args()
    if not RELEASE.is_file():
        parser.error(f"there is no {RELEASE}; run make build")
    figures = []
    tell = Teller()
    for figure in run(given.only, given.quick, tell):
        figures.append(figure)
        tell(figure.line())
        if tell.overwrites:
            print(file=sys.stderr)
    print("\n".join(figure.line() for figure in figures))
    record = {"quick": given.quick, "cpus": os.cpu_count(), "seconds": round(time.monotonic() - tell.begin),
              "figures": {figure.name: figure.record() for figure in figures}}
    text = json.dumps(record)
    if given.out:
        given.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
