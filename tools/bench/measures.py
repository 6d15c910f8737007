"""What is measured, each against what bounds it: pgbench, the parts of a recall, a bare loop over the model, itself
when idle. Every function prints nothing and returns figures; the things compared take turns within a round."""

import json
import os
import statistics
import subprocess
import time

from figures import Figure
from machine import Stopwatch, cpu_seconds, family_cpu_seconds, resident_mib
from notes import notes, questions
from stack import ROOT, Brain, Stack, fill

CLIENTS = 16
# The same columns that hold a value in a memory of `nexus bench write`.
INSERT = ("INSERT INTO bench_notes (id, content, occurred_at, created_at) VALUES (gen_random_uuid(), "
          "repeat('and on it goes ', 13), now(), now());\n")


def durable_writes(stack, seconds, rounds, tell):
    """Single writes of 16 clients over HTTP, against single-row INSERTs of 16 clients of pgbench: the same server,
    both acknowledged after the commit."""
    stack.sql("CREATE TABLE IF NOT EXISTS bench_notes (id uuid PRIMARY KEY, content text NOT NULL, "
              "occurred_at timestamptz NOT NULL, created_at timestamptz NOT NULL)")
    ratios, ours, theirs, our_cpu, their_cpu = [], [], [], [], []
    for number in range(rounds):
        tell(f"durable writes, round {number + 1} of {rounds}")
        with Stopwatch(stack.process.pid) as watch:
            inserts = stack.pgbench(INSERT, CLIENTS, seconds)
        their_cpu.append(watch.cpu / (inserts * seconds))
        with Stopwatch(stack.process.pid) as watch:
            writes = write(stack, seconds)
        our_cpu.append(watch.cpu / writes["answers"])
        ours.append(writes["per_second"])
        theirs.append(inserts)
        ratios.append(ours[-1] / theirs[-1])
    return [Figure("writes against pgbench", ratios, 3, at_least=True, details={
        "writes_per_second": statistics.median(ours), "inserts_per_second": statistics.median(theirs),
        "server_cpu_ms_per_write": 1e3 * statistics.median(our_cpu),
        "server_cpu_ms_per_insert": 1e3 * statistics.median(their_cpu)})]


def write(stack, seconds):
    return stack.bench("write", "--clients", str(CLIENTS), "--seconds", str(seconds))


# In the place of the real trigger: a write only learns its place in the outbox.
BARE_TRIGGER = """
CREATE FUNCTION nexus_memory.bench_place() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
  $$ BEGIN PERFORM nextval('nexus_memory.outbox_seq'); RETURN NULL; END $$;
CREATE TRIGGER bench_place AFTER INSERT ON nexus_memory.episodes FOR EACH STATEMENT
  EXECUTE FUNCTION nexus_memory.bench_place();
"""


def trigger_cost(stack, seconds, rounds, tell):
    """The same writes with and without what queues the embedding and fills the outbox."""
    stack.sql(BARE_TRIGGER)
    shares, with_cpu, without_cpu = [], [], []
    for number in range(rounds):
        tell(f"trigger and outbox, round {number + 1} of {rounds}")
        rates = {}
        # Which comes first changes, so that a drift of the machine favours neither.
        for enabled in [(True, False), (False, True)][number % 2]:
            on, off = ("episodes_inserted", "bench_place") if enabled else ("bench_place", "episodes_inserted")
            stack.sql(f"ALTER TABLE nexus_memory.episodes ENABLE TRIGGER {on}, DISABLE TRIGGER {off}")
            with Stopwatch(stack.process.pid) as watch:
                writes = write(stack, seconds)
            (with_cpu if enabled else without_cpu).append(watch.cpu / writes["answers"])
            rates[enabled] = writes["per_second"]
        shares.append(100 * (rates[False] / rates[True] - 1))
    stack.sql("DROP FUNCTION nexus_memory.bench_place CASCADE; "
              "ALTER TABLE nexus_memory.episodes ENABLE TRIGGER episodes_inserted")
    return [Figure("trigger and outbox", shares, 1, unit="%", details={
        "server_cpu_ms_with": 1e3 * statistics.median(with_cpu),
        "server_cpu_ms_without": 1e3 * statistics.median(without_cpu)})]


def recall_against_parts(stack, brain, asked, bar, name, tell):
    """The whole answer as the client sees it, against what its parts take: the question's vector, both arms, the rows.
    The parts are those of the same requests, so each is in its own round."""
    tell(f"{name}: {len(asked)} questions")
    for question in asked[:20]:
        brain.recall(question)
    ratios, whole, parts = [], [], []
    with Stopwatch(stack.process.pid) as watch:
        for number, question in enumerate(asked):
            begin = time.perf_counter()
            answer = brain.recall(f"{question} ({number})", explain=True)
            whole.append(1e3 * (time.perf_counter() - begin))
            parts.append(sum(answer["times"].values()))
            ratios.append(whole[-1] / parts[-1])
    return Figure(name, ratios, bar, details={
        "p50_ms": statistics.median(whole), "parts_p50_ms": statistics.median(parts),
        "p99_ms": statistics.quantiles(whole, n=100)[98], "server_cpu_ms": 1e3 * watch.cpu / len(asked)})


def bulk_embedding(stack, client, count, rounds, tell):
    """An import until its last vector is stored, against a loop over the model alone: same texts, same chunks, and as
    many threads as the server has workers."""
    ratios, ours, theirs, our_cpu, their_cpu = [], [], [], [], []
    loop = ROOT / "build/release/nexus_embed_loop"
    for number in range(rounds):
        tell(f"bulk embedding, round {number + 1} of {rounds}: {count} texts twice")
        texts = notes(count, seed=100 + number)
        done = subprocess.run([loop, str(os.cpu_count())], input="\n".join(texts), text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        bare = json.loads(done.stdout)
        brain = Brain(client, f"bulk-{number}")
        with Stopwatch(stack.process.pid) as watch:
            for begin in range(0, count, 500):
                brain.remember_all([{"content": text} for text in texts[begin:begin + 500]])
            while brain.stats()["pending"] > 0:
                time.sleep(0.2)
        ours.append(count / watch.wall)
        theirs.append(count / bare["seconds"])
        our_cpu.append(watch.cpu / count)
        their_cpu.append(bare["cpu_seconds"] / count)
        ratios.append(ours[-1] / theirs[-1])
    return [Figure("bulk embedding against bare loop", ratios, 0.9, at_least=True, details={
        "texts_per_second": statistics.median(ours), "bare_per_second": statistics.median(theirs),
        "server_cpu_ms_per_text": 1e3 * statistics.median(our_cpu),
        "bare_cpu_ms_per_text": 1e3 * statistics.median(their_cpu)})]


def recall_during_import(stack, client, brain, asked, rounds, tell):
    """The p99 of questions while another brain takes a bulk import, against the p99 right before."""
    ratios, idle, busy = [], [], []
    for number in range(rounds):
        tell(f"recall during an import, round {number + 1} of {rounds}")
        idle.append(p99(brain, asked, f"idle {number}"))
        other = Brain(client, f"import-{number}")
        texts = notes(4_000, seed=200 + number)
        for begin in range(0, len(texts), 500):
            other.remember_all([{"content": text} for text in texts[begin:begin + 500]])
        busy.append(p99(brain, asked, f"busy {number}"))
        assert other.stats()["pending"] > 0, "the import ended before the questions did"
        assert client.delete(other.path).is_success
        ratios.append(busy[-1] / idle[-1])
    return [Figure("recall p99 during an import", ratios, 2, details={
        "idle_p99_ms": statistics.median(idle), "busy_p99_ms": statistics.median(busy)})]


def p99(brain, asked, mark):
    times = []
    for number, question in enumerate(asked):
        begin = time.perf_counter()
        brain.recall(f"{question} ({mark}, {number})")
        times.append(1e3 * (time.perf_counter() - begin))
    return statistics.quantiles(times, n=100)[98]


def memory(stack, brain, tell):
    """What is resident with 10,000 memories and asked, and what 10,000 more add to it."""
    tell("memory")
    brain.recall("the delivery of valves")
    before = resident_mib(stack.process.pid)
    texts = notes(10_000, seed=5)
    stack.kill()
    stack.start()
    with stack.client() as client:
        again = Known(client, brain.name)
        again.recall("the delivery of valves")
        fresh = resident_mib(stack.process.pid)
        fill(stack, brain, texts, seed=7)
        stack.stop()
        stack.start()
    with stack.client() as client:
        again = Known(client, brain.name)
        again.recall("the delivery of valves")
        more = resident_mib(stack.process.pid)
    return [Figure("resident memory, 10,000 memories", [before], 350, unit="MiB", details={
        "after_a_start_mib": fresh, "kib_per_memory": (more - fresh) * 1024 / len(texts)})]


class Known(Brain):
    """A brain that is there."""

    def __init__(self, client, name):
        self.client, self.name, self.path = client, name, f"/v1/brains/{name}"


def idle_cpu(stack, seconds, tell):
    tell(f"idle for {seconds} s")
    time.sleep(5)
    pid = stack.process.pid
    alone, all_of_it = cpu_seconds(pid), family_cpu_seconds(pid)
    time.sleep(seconds)
    per_minute = 1e3 * 60 / seconds
    return [Figure("idle CPU a minute", [(cpu_seconds(pid) - alone) * per_minute], 200, unit="ms", details={
        "with_postgresql_and_redis_ms": (family_cpu_seconds(pid) - all_of_it) * per_minute})]


def starts(count, questions_count, rounds, tell):
    """From the start of the program, PostgreSQL included, to the first answer by meaning; then how fast it is."""
    stack = Stack().start()
    try:
        texts = notes(count, seed=6)
        with stack.client(timeout=600) as client:
            brain = Brain(client, "hundred")
            tell(f"{count} memories by COPY")
            fill(stack, brain, texts, seed=7)
        stack.stop()
        seconds, loads = [], []
        for number in range(rounds + 1):
            tell(f"start with {count} memories, {number} of {rounds}")
            begin = time.monotonic()
            stack.start()
            with stack.client(timeout=600) as client:
                ready = time.monotonic()
                answer = Known(client, "hundred").recall("the delivery of valves")
                assert answer["degraded"] == [] and len(answer["results"]) == 10, answer
                if number > 0:  # the first one makes what later starts use
                    seconds.append(time.monotonic() - begin)
                    loads.append(time.monotonic() - ready)
                if number == rounds:
                    asked = questions(texts, questions_count)
                    at_size = recall_against_parts(stack, Known(client, "hundred"), asked, 2,
                                                   f"recall p50 of {count:,} memories", tell)
                    resident = resident_mib(stack.process.pid)
            stack.stop()
        at_size.details["resident_mib"] = resident
        return [Figure(f"start to first recall, {count:,}", seconds, 3, unit="s",
                       details={"of_it_the_first_recall_s": statistics.median(loads)}), at_size]
    finally:
        stack.remove()
