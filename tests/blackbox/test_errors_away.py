"""Parts that are away, row by row of docs/guide/errors.md: what still works, what says so, that it comes back by itself."""

import contextlib
import itertools
import json
import os
import signal
import subprocess

import pytest

from database_door import DatabaseDoor
from embedding_server import EmbeddingServer
from errors_page import Functions, code
from nexus import Brain, Nexus, wait_until

AWAY = Functions("While a part is away")
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def embedder():
    made = EmbeddingServer()
    yield made
    made.close()


@pytest.fixture
def behind_a_door(server):
    """(a second server on the database of the first, the door between them)"""
    door = DatabaseDoor(server.data / "run")
    made = Nexus("--model", "none", "--roles", "api", "--admin-key-file", str(server.data / "admin.key"),
                 data=server.data, database=f"host={door.folder.name} dbname=nexus user=nexus_admin")
    try:
        yield made.start(), door
    finally:
        made.remove()
        door.close()


@pytest.fixture
def at(private, embedder, tmp_path, request):
    """What the rows need, made when it is asked for."""
    class At:
        def behind_a_door(self):
            return request.getfixturevalue("behind_a_door")

        def with_model(self):
            return private("--model", str(embedder.describe(tmp_path / "model")))

        def without_model(self):
            return private("--model", "none")

    At.embedder = embedder
    yield At()
    embedder.recover()


def child(server, *names):
    found = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(server.process.pid)], capture_output=True, text=True)
    [pid] = [int(line.split()[0]) for line in found.stdout.splitlines() if line.split()[1].startswith(names)]
    return pid


@AWAY.of("PostgreSQL")
@contextlib.contextmanager
def _(at):
    server, door = at.behind_a_door()
    with server.client() as client:
        brain = Brain(client, f"away-{next(numbers)}")
        brain.remember("before")
        door.shut()
        yield brain
        door.open()
        wait_until(lambda: client.get("/health/ready").status_code == 200, what="a ready server after the outage")
        assert brain.stats()["total"] == 1 and brain.remember("after")


@AWAY.of("Redis")
@contextlib.contextmanager
def _(at):
    server = at.with_model()
    redis = child(server, "redis", "valkey")
    with server.client() as client:
        brain = Brain(client, "ana")
        brain.remember("before", wait="embedded")
        os.kill(redis, signal.SIGSTOP)
        wait_until(lambda: status(client) == "degraded", what="a health that shows it")
        yield brain
        os.kill(redis, signal.SIGCONT)
        wait_until(lambda: status(client) == "ok", what="the health after the outage")


@AWAY.of("the model on another server")
@contextlib.contextmanager
def _(at):
    server = at.with_model()
    with server.client() as client:
        brain = Brain(client, "ana")
        brain.remember("before", wait="embedded")
        at.embedder.break_down("error")
        yield brain
        at.embedder.recover()
        brain.wait_embedded()
        wait_until(lambda: status(client) == "ok", what="the health after the outage")
        assert brain.found("before", mode="vectors")


@AWAY.of("the model altogether")
@contextlib.contextmanager
def _(at):
    with at.without_model().client() as client:
        yield Brain(client, "ana")


def status(client):
    return client.get("/health/ready").json()["status"]


def check_refusal(answer):
    problem = answer.json()
    assert problem["type"] == "urn:nexus:problem:unavailable" and problem["detail"], answer.text
    assert answer.headers["retry-after"] and "x-should-retry" not in answer.headers


def test_each_row_has_a_function_and_each_function_a_row():
    AWAY.check()


# Mutants, each caught: a probe that needs Redis (`needed` in Probe::AskRedis), one that does not need PostgreSQL, a
# recall that forgets to say what was missing.
@pytest.mark.parametrize("row", AWAY.rows, ids=AWAY.names())
def test_while_it_is_away(at, row):
    with AWAY[row["what is away"]](at) as brain:
        written = brain.client.post(f"{brain.path}/episodes", json={"content": "during"})
        asked = brain.client.post(f"{brain.path}/recall", json={"query": f"during {next(numbers)}"})
        assert (written.status_code, asked.status_code) == (int(row["a write"]), int(row["a recall"])), (written.text, asked.text)
        for answer in (written, asked):
            if answer.status_code == 503:
                check_refusal(answer)
        for degraded in code(row["its `degraded`"]):
            assert asked.json()["degraded"] == json.loads(degraded) and asked.json()["results"]
        [promised] = code(row["its `status`"])
        wait_until(lambda: status(brain.client) == promised, what=f"the status {promised}")
        assert brain.client.get("/health/ready").status_code == int(row["`/health/ready`"])
        assert brain.client.get("/health/live").status_code == 200


# Catches the mutant that answers before the COMMIT (NEXUS_BINARY=build/debug/nexus_mutant_ack_before_commit), and one
# that stores the episodes of a batch in transactions of their own.
@pytest.mark.parametrize("last_goes_through", [False, True], ids=["lost", "received"])
def test_wherever_the_database_breaks_off_a_write_is_whole_or_absent_and_sent_again_it_is_there_once(behind_a_door, last_goes_through):
    server, door = behind_a_door
    batch = {"episodes": [{"content": f"part {number} of it"} for number in range(3)]}
    with server.client() as client:
        brain = Brain(client, f"broken-{next(numbers)}")
        stored = 0
        for pieces in range(1, 30):
            headers = {"idempotency-key": f"write {pieces}"}
            brain.stats()  # the pool has a connection, and the key is known
            door.shut_after(pieces, last_goes_through)
            answer = client.post(f"{brain.path}/episodes", json=batch, headers=headers)
            door.open()
            if answer.status_code == 201:
                break
            check_refusal(answer)
            wait_until(lambda: client.get("/health/ready").status_code == 200)
            assert brain.stats()["total"] in (stored, stored + 3)
            again = client.post(f"{brain.path}/episodes", json=batch, headers=headers)
            stored += 3
            assert again.status_code == 201 and brain.stats()["total"] == stored, again.text
        print(f"broken off at {pieces - 1} places")
        assert pieces > 3 and answer.status_code == 201 and brain.stats()["total"] == stored + 3
        outbox = server.psql(brain.name, "SELECT count(*) FROM nexus_memory.outbox WHERE type = 'episode.created'")
        assert int(outbox) == stored + 3
