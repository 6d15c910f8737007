#!/usr/bin/env python3
"""Scores recall through HTTP on public retrieval sets, by the definitions of published boards.

The sets and their scoring lie in a folder beside the project: --shared DIR, else $NEXUS_EVAL_DATA,
else ../shared. Without --url a server of its own is started from --binary on a fresh data directory
and stopped at the end. Progress and a table go to stderr; the last line of stdout is one line of
JSON, in percent.

Exit status: 0 scored; 2 the sets are not there; 1 anything else.
"""

import argparse
import contextlib
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from client import Client, Refused
from server import Server

ROOT = Path(__file__).resolve().parents[2]
SETS = {
    "locomo_dev": "locomo-dev",
    "scifact": "scifact",
    "xquad_es": "xquad_es",
    "xquad_en": "xquad_en",
}
MODES = ("hybrid", "words", "vectors")
BATCH = 100
LIMIT = 10
POLL_S = 0.5
STALL_S = 300  # no episode embedded for so long: something is wrong


def main() -> int:
    options = parse_options()
    try:
        loaders, score = tools_of(options.shared)
        loaded = {
            name: loaders.load(SETS[name], [str(options.shared / "data")]) for name in options.only
        }
    except (FileNotFoundError, ImportError) as reason:
        say(f"the retrieval sets are not in {options.shared} ({reason}); give their folder by "
            "--shared DIR or NEXUS_EVAL_DATA")  # fmt: skip
        return 2
    try:
        with contextlib.ExitStack() as stack:
            if options.url:
                client = Client(options.url, options.key_file.read_text().strip())
            else:
                server = stack.enter_context(Server(options.binary))
                client = Client(server.url, server.key)
            results = {name: evaluate(client, score, name, sets) for name, sets in loaded.items()}
    except (Refused, OSError, TimeoutError) as reason:
        say(f"failed: {reason}")
        return 1
    show_table(results)
    print(json.dumps(results, separators=(",", ":")))
    return 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    shared = Path(os.environ.get("NEXUS_EVAL_DATA") or ROOT.parent / "shared")
    parser.add_argument("--only", action="append", choices=SETS, help="this set; may be repeated")
    parser.add_argument("--shared", type=Path, default=shared, help=f"default: {shared}")
    parser.add_argument("--binary", type=Path, default=ROOT / "build" / "release" / "nexus")
    parser.add_argument("--url", help="score this running server instead")
    parser.add_argument("--key-file", type=Path, help="its admin key, with --url")
    options = parser.parse_args()
    if options.url and not options.key_file:
        parser.error("--url needs --key-file")
    options.only = options.only or list(SETS)
    return options


def tools_of(shared: Path):
    """The loaders and the scoring that lie beside the project."""
    folder = shared / "retrieval"
    if not folder.is_dir():
        raise FileNotFoundError(f"no {folder}")
    sys.path.insert(0, str(folder))
    import loaders
    import score

    return loaders, score


def evaluate(client: Client, score, name: str, collections) -> dict:
    """-> {mode: its figures} for one set; every collection is a brain, deleted at the end."""
    brains, names, figures = {}, {}, {}
    try:
        for collection in collections:
            wanted = f"eval-{collection.name}-{uuid4().hex[:8]}"
            brain = client.call("POST", "/v1/brains", {"name": wanted})["id"]
            brains[collection.name] = brain
            names |= store(client, brain, collection)
            wait_until_embedded(client, brain, collection)
        for mode in MODES:
            ranked = ask(client, name, mode, collections, brains, names)
            rows = score.evaluate(collections, lambda c, q: ranked[c.name, q.id])
            figures[mode] = figures_of(name, score.summary(rows))
    finally:
        for brain in brains.values():
            with contextlib.suppress(Refused, OSError):
                client.call("DELETE", f"/v1/brains/{brain}")
    return figures


def figures_of(name: str, summary: dict) -> dict:
    if name == "locomo_dev":
        return {"macro_ndcg10": percent(summary["NDCG@10"]["macro"]),
                "micro_r10": percent(summary["R@10"]["micro"])}  # fmt: skip
    return {"ndcg10": percent(summary["NDCG@10"]["micro"])}


def percent(share: float) -> float:
    return round(100 * share, 2)


def store(client: Client, brain: str, collection) -> dict[str, str]:
    """Stores the documents in their order -> {id in the server: id in the set}."""
    names = {}
    for begin in range(0, len(collection.docs), BATCH):
        part = collection.docs[begin : begin + BATCH]
        body = {"episodes": [episode(document) for document in part]}
        stored = client.call("POST", f"/v1/brains/{brain}/episodes?wait=none", body)["episodes"]
        names |= {each["id"]: document.id for each, document in zip(stored, part, strict=True)}
        progress(f"{collection.name}: storing", len(names), len(collection.docs), "")
    return names


def episode(document) -> dict:
    """What the system under test may see of a document."""
    fields = {"content": document.text}
    if document.speaker:
        fields["speaker"] = document.speaker
    if document.session:
        fields["session_id"] = str(document.session)
    if document.ts:
        fields["occurred_at"] = f"{document.ts}:00Z"
    return fields


def wait_until_embedded(client: Client, brain: str, collection) -> None:
    begin = changed = time.monotonic()
    last, total = -1, len(collection.docs)
    while True:
        counts = client.call("GET", f"/v1/brains/{brain}/stats")["episodes"]
        now, left = time.monotonic(), counts["pending"]
        if left != last:
            last, changed = left, now
        rate = (total - left) / (now - begin) if now > begin else 0
        eta = f"{rate:.1f}/s, {left / rate:.0f} s left" if rate and left else f"{now - begin:.0f} s"
        progress(f"{collection.name}: embedding", total - left, total, eta)
        if left == 0:
            break
        if now - changed > STALL_S:
            raise TimeoutError(
                f"{left} episodes of {collection.name} are not being embedded: {counts}"
            )
        time.sleep(POLL_S)
    say(f"{collection.name}: {total} embedded in {time.monotonic() - begin:.1f} s")
    if counts.get("failed"):
        say(f"{counts['failed']} episodes of {collection.name} could not be embedded")


def ask(client: Client, name: str, mode: str, collections, brains, names) -> dict:
    """-> {(collection, question): ids of the set, best first}"""
    questions = [(c.name, q.id, q.text) for c in collections for q in c.queries]
    taken, degraded = [], set()

    def rank(question):
        collection, id, text = question
        begin = time.monotonic()
        answer = client.call(
            "POST",
            f"/v1/brains/{brains[collection]}/recall",
            {"query": text, "limit": LIMIT, "mode": mode},
        )
        taken.append(time.monotonic() - begin)
        degraded.update(map(str, answer["degraded"]))
        return (collection, id), [names[each["id"]] for each in answer["results"]]

    ranked = {}
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for key, order in pool.map(rank, questions):
            ranked[key] = order
            progress(f"{name}: asking, {mode}", len(ranked), len(questions), "")
    taken.sort()
    say(f"{name}: {mode}: {1000 * taken[len(taken) // 2]:.1f} ms median, "
        f"{1000 * taken[len(taken) * 95 // 100]:.1f} ms at 95 %")  # fmt: skip
    if degraded:
        say(f"{name}: {mode} was DEGRADED: {', '.join(sorted(degraded))}")
    return ranked


def show_table(results: dict) -> None:
    say(f"{'':24}" + "".join(f"{mode:>10}" for mode in MODES))
    for name, figures in results.items():
        for figure in figures["hybrid"]:
            values = "".join(f"{figures[mode][figure]:10.2f}" for mode in MODES)
            say(f"{name + ' ' + figure:24}{values}")


def say(line: str) -> None:
    print(f"eval: {line}", file=sys.stderr, flush=True)


_shown = [0.0]


def progress(what: str, done: int, total: int, note: str) -> None:
    """A bar on a terminal, a line every ten seconds elsewhere."""
    now, terminal = time.monotonic(), sys.stderr.isatty()
    if now - _shown[0] < (0.1 if terminal else 10) and not (terminal and done >= total):
        return
    _shown[0] = now
    filled = 30 * done // max(total, 1)
    bar = "█" * filled + "░" * (30 - filled)
    end = "\r" if terminal and done < total else "\n"
    line = f"{what} {bar} {done}/{total} {note}".ljust(100 if terminal else 0)
    print(line, end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
