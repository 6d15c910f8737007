"""The snapshot of a brain's index makes the start fast, and changes no answer: PostgreSQL is the truth. What was erased
is in no file.

Mutant SNAPSHOT_WITHOUT_POSITION (memory/snapshots.cc) takes a snapshot for the present, whatever was committed since it
was written; mutant SNAPSHOT_AFTER_ERASURE leaves the file of a brain in which something was erased.
"""

import re

import pytest

from nexus import ROOT, Brain, Nexus, wait_until

COUNT = 1_200  # snapshots are for brains of a thousand and more
POSITION_MUTANT = ROOT / "build/debug/nexus_mutant_snapshot_without_position"
ERASURE_MUTANT = ROOT / "build/debug/nexus_mutant_snapshot_after_erasure"


def fill(server, name):
    server.psql(name, "INSERT INTO zep_episodic_memory (content, tags, metadata) SELECT 'lighthouse log ' || i || "
                      "', the lamp was trimmed and the tide noted', ARRAY['log'], jsonb_build_object('n', i) "
                      f"FROM generate_series(1, {COUNT}) i")


def files(server):
    return sorted((server.data / "index").glob("*.index"))


def wait_for_snapshot(server):
    return wait_until(lambda: files(server), 60, "a snapshot")[0]


def holds(server, word):
    """Is the word in any file of the index?"""
    return any(word.encode() in path.read_bytes() for path in (server.data / "index").iterdir())


def loads(client, source):
    found = re.search(rf'nexus_index_loads_total{{from="{source}"}} (\d+)', client.get("/metrics").text)
    return int(found[1]) if found else 0


def prepared(start, **options):
    """A server with a brain whose snapshot is written."""
    server = start("--model", "none", **options)
    with server.client() as client:
        brain = Brain(client, "keeper")
        fill(server, brain.name)
        brain.recall("lighthouse", limit=1)
        wait_for_snapshot(server)
    return server


class Known(Brain):
    """A brain that is there."""

    def __init__(self, client, name):
        self.client, self.name, self.path = client, name, f"/v1/brains/{name}"


def contents(brain, query, **fields):
    return [result["content"] for result in brain.recall(query, limit=50, **fields)["results"]]


def change_kill_and_ask(server):
    """What is found of three changes that the snapshot does not know."""
    with server.client() as client:
        brain = Known(client, "keeper")
        brain.remember("a heron stood on the rocks")
        revised = brain.recall("log 77", filter={"metadata": {"n": 77}})["results"][0]["id"]
        assert client.patch(f"{brain.path}/episodes/{revised}", json={"content": "the cormorant dried its wings"}).is_success
        ended = brain.recall("log 78", filter={"metadata": {"n": 78}})["results"][0]["id"]
        assert client.post(f"{brain.path}/episodes/{ended}/invalidate", json={}).is_success
    server.kill()
    assert files(server)
    server.start()
    with server.client() as client:
        brain = Known(client, "keeper")
        found = (contents(brain, "heron"), contents(brain, "cormorant"), contents(brain, "lamp", filter={"metadata": {"n": 77}}),
                 contents(brain, "lamp", filter={"metadata": {"n": 78}}))
        assert len(contents(brain, "lighthouse")) == 50
        assert (loads(client, "snapshot"), loads(client, "rows")) == (1, 0)
        return found


EXPECTED = (["a heron stood on the rocks"], ["the cormorant dried its wings"], [], [])


def test_after_kill_9_the_snapshot_is_loaded_and_what_was_committed_since_is_there(private):
    assert change_kill_and_ask(prepared(private)) == EXPECTED


def test_the_mutant_that_ignores_the_position_is_caught(private):
    assert POSITION_MUTANT.exists(), f"{POSITION_MUTANT} is not built: run make debug"
    assert change_kill_and_ask(prepared(private, binary=POSITION_MUTANT)) != EXPECTED


def test_a_stop_writes_what_is_worth_it_and_a_start_loads_it(private):
    server = private("--model", "none")
    with server.client() as client:
        brain = Brain(client, "keeper")
        fill(server, brain.name)
        before = brain.recall("the tide of log 500", limit=20)
    assert server.stop() == 0
    path, = files(server)
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    server.start()
    with server.client() as client:
        after = Known(client, "keeper").recall("the tide of log 500", limit=20)
        assert loads(client, "snapshot") == 1
    assert [result["id"] for result in after["results"]] == [result["id"] for result in before["results"]]


def test_a_damaged_file_is_discarded_with_a_reason_and_rows_are_loaded(private):
    server = prepared(private)
    server.kill()
    path, = files(server)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    server.start()
    with server.client() as client:
        assert len(contents(Known(client, "keeper"), "lighthouse")) == 50
        assert (loads(client, "snapshot"), loads(client, "rows")) == (0, 1)
    assert "a snapshot is discarded" in server.log()


def test_another_model_does_not_take_the_snapshot_of_the_former(private, model):
    server = prepared(private)
    server.kill()
    server.flags = []
    server.start()
    with server.client() as client:
        assert len(contents(Known(client, "keeper"), "lighthouse")) == 50
        assert loads(client, "snapshot") == 0


def erase(server, client):
    """A canary that is in the snapshot is erased: is it in a file when the answer has come?"""
    brain = Brain(client, "secret")
    fill(server, brain.name)
    canary = brain.remember("the ultramarine canary sang", session_id="vermilion")["id"]
    brain.recall("lighthouse", limit=1)
    wait_until(lambda: holds(server, "ultramarin") and holds(server, "vermilion"), 60, "a snapshot with the canary")
    assert client.delete(f"{brain.path}/episodes/{canary}").is_success
    return holds(server, "ultramarin") or holds(server, "vermilion")


def test_what_was_erased_is_in_no_file_when_the_answer_comes_and_in_none_that_is_written_later(private):
    server = private("--model", "none")
    with server.client() as client:
        assert not erase(server, client)
        wait_for_snapshot(server)
        assert not holds(server, "ultramarin") and not holds(server, "vermilion")
        assert client.delete("/v1/brains/secret").is_success
        assert files(server) == []


def test_the_mutant_that_leaves_the_file_of_what_was_erased_is_caught(private):
    assert ERASURE_MUTANT.exists(), f"{ERASURE_MUTANT} is not built: run make debug"
    server = private("--model", "none", binary=ERASURE_MUTANT)
    with server.client() as client:
        assert erase(server, client)


def test_what_was_erased_by_sql_right_before_a_crash_is_in_no_file_after_the_start(private):
    server = private("--model", "none")
    with server.client() as client:
        brain = Brain(client, "secret")
        fill(server, brain.name)
        brain.remember("the ultramarine canary sang")
        brain.recall("lighthouse", limit=1)
        wait_until(lambda: holds(server, "ultramarin"), 60, "a snapshot with the canary")
        server.psql("secret", "DELETE FROM zep_episodic_memory WHERE content LIKE '%canary%'")
    server.kill()
    server.start()
    assert not holds(server, "ultramarin")


@pytest.mark.parametrize("flags", [["--snapshot-mib", "0"], ["--snapshot-dir", ""]])
def test_it_can_be_turned_off_or_put_elsewhere(private, flags, tmp_path):
    elsewhere = tmp_path / "snapshots"
    if flags[0] == "--snapshot-dir":
        flags = ["--snapshot-dir", str(elsewhere)]
    server = private("--model", "none", *flags)
    with server.client() as client:
        brain = Brain(client, "keeper")
        fill(server, brain.name)
        brain.recall("lighthouse", limit=1)
    assert server.stop() == 0
    assert not (server.data / "index").exists()
    assert len(list(elsewhere.glob("*.index"))) == (1 if flags[0] == "--snapshot-dir" else 0)
    if flags[0] == "--snapshot-dir":
        second = Nexus("--model", "none", *flags)
        try:
            server.start()
            refused = second.run("up", "--data-dir", second.data, "--port", "0", "--model", "none", *flags)
            assert refused.returncode != 0 and "another nexus uses it" in refused.stderr
        finally:
            second.remove()
