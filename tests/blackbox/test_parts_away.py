"""Parts that die or hang, and are back by themselves. What works meanwhile: test_errors_away.py."""

import os
import signal
import subprocess

import pytest

from nexus import Brain, wait_until


def children(server, name):
    """Pids of the server's own children whose program is called so."""
    found = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(server.process.pid)], capture_output=True, text=True)
    return [int(line.split()[0]) for line in found.stdout.splitlines() if line.split()[1].startswith(name)]


def part(client, name):
    parts = client.get("/health/comprehensive").json()["parts"]
    return next(part for part in parts if part["name"] == name)


def test_postgres_away_is_503_and_comes_back_by_itself(private):
    server = private()
    with server.client() as client:
        brain = Brain(client, "ana")
        kept = brain.remember("before")
        [postmaster] = children(server, "postgres")
        os.kill(postmaster, signal.SIGSTOP)
        os.kill(postmaster, signal.SIGKILL)
        answers = []

        def back():
            answers.append(client.post(f"{brain.path}/episodes", json={"content": "during"}))
            return answers[-1].status_code == 201

        wait_until(back, seconds=60, what="a write after the restart of PostgreSQL")
        for answer in answers[:-1]:
            assert answer.status_code == 503 and answer.headers["retry-after"], answer.text
        wait_until(lambda: client.get("/health/ready").status_code == 200)
        assert client.get(f"{brain.path}/episodes/{kept['id']}").status_code == 200


def test_ready_is_false_while_postgres_is_stopped(private):
    server = private()
    with server.client() as client:
        [postmaster] = children(server, "postgres")
        backends = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True).stdout.split()
        stopped = [postmaster, *map(int, backends)]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            answer = client.get("/health/ready")
            assert answer.status_code == 503 and answer.json()["status"] == "down"
            assert client.get("/health/live").status_code == 200
        finally:
            for pid in reversed(stopped):
                os.kill(pid, signal.SIGCONT)
        wait_until(lambda: client.get("/health/ready").status_code == 200)


def test_a_redis_that_dies_is_started_again(private):
    server = private("--model", "none")
    with server.client() as client:
        brain = Brain(client, "ana")
        [redis] = children(server, "redis") or children(server, "valkey")
        os.kill(redis, signal.SIGKILL)
        brain.remember("sin redis")
        assert [result["content"] for result in brain.recall("redis")["results"]] == ["sin redis"]
        wait_until(lambda: part(client, "redis")["ok"], what="a Redis that is back")
        wait_until(lambda: (children(server, "redis") or children(server, "valkey")) not in ([], [redis]), what="another process")


def test_what_was_stored_without_a_model_is_embedded_when_one_comes(private, model):
    server = private("--model", "none")
    with server.client() as client:
        Brain(client, "ana").remember("The bees settled in the apple tree.")
    assert server.stop() == 0
    server.flags = []
    server.start()
    with server.client() as client:
        wait_until(lambda: client.get("/v1/brains/ana/stats").json()["episodes"]["embedded"] == 1, what="the backfill")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_was_stored_is_there_after_a_restart(private, end):
    server = private("--model", "none")
    with server.client() as client:
        kept = Brain(client, "ana").remember("para siempre")
    key = server.key()
    getattr(server, end)()
    server.start()
    assert server.key() == key
    with server.client() as client:
        assert client.get(f"/v1/brains/ana/episodes/{kept['id']}").json()["content"] == "para siempre"
