"""Parts that are away: what still works, what says so, and that it comes back by itself."""

import os
import signal
import subprocess

import pytest

from nexus import Brain, Nexus, wait_until


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


def test_redis_away_degrades_nothing_but_the_health(private):
    server = private()
    with server.client() as client:
        brain = Brain(client, "ana")
        [redis] = children(server, "redis") or children(server, "valkey")
        os.kill(redis, signal.SIGKILL)
        brain.remember("sin redis")
        assert brain.found("redis") == ["sin redis"]
        wait_until(lambda: part(client, "redis")["ok"], what="a Redis that is back")


def test_without_a_model_words_find_it_and_the_answer_says_what_is_missing(private):
    server = private("--model", "none")
    with server.client() as client:
        brain = Brain(client, "ana")
        brain.remember("La llave está en el cajón.")
        answer = brain.recall("cajón")
        assert [result["content"] for result in answer["results"]] == ["La llave está en el cajón."]
        assert answer["degraded"] == ["vectors"]
        assert brain.recall("cajón", mode="words")["degraded"] == []
        assert brain.stats() == {"total": 1, "embedded": 0, "pending": 1, "failed": 0}
        assert client.get("/health/ready").json()["status"] == "degraded"


def test_what_was_stored_without_a_model_is_embedded_when_one_comes(private, model):
    server = private("--model", "none")
    with server.client() as client:
        Brain(client, "ana").remember("The bees settled in the apple tree.")
    assert server.stop() == 0
    server.flags = []
    server.start()
    with server.client() as client:
        wait_until(lambda: client.get("/v1/brains/ana/stats").json()["episodes"]["embedded"] == 1, what="the backfill")


def refusal(server, *flags):
    done = server.run("up", "--data-dir", server.data, "--port", str(server.port), *flags)
    assert done.returncode == 1 and done.stdout == "", done.stdout
    return done.stderr


def test_a_taken_port_fails_the_start_in_one_line_with_the_remedy(server):
    other = Nexus()
    try:
        other.port = server.port
        text = refusal(other, "--model", "none")
        assert f"port {server.port}" in text and "--port" in text
    finally:
        other.remove()


def test_a_second_server_on_the_same_data_is_refused(server):
    assert "another nexus" in refusal(server, "--model", "none")


def test_a_foreign_data_directory_is_refused(tmp_path):
    other = Nexus()
    try:
        other.data.mkdir()
        (other.data / "thesis.txt").write_text("years of work")
        text = refusal(other, "--model", "none")
        assert str(other.data) in text and "--data-dir" in text
        assert (other.data / "thesis.txt").read_text() == "years of work"
    finally:
        other.remove()


def test_a_model_of_another_digest_is_refused(tmp_path):
    other = Nexus()
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"not the model")
    (folder / "tokenizer.bin").write_bytes(b"not the tokenizer")
    (folder / "nexus-model.toml").write_text(
        'name = "toy"\ndimension = 3\nmax_tokens = 16\nquery_prefix = ""\npassage_prefix = ""\npooling = "mean"\n'
        f'tokenizer = "tokenizer.bin"\nsha256 = "{"0" * 64}"\ntokenizer_sha256 = "{"0" * 64}"\n')
    try:
        text = refusal(other, "--model", str(folder))
        assert "digest" in text and "nexus-model.toml" in text
    finally:
        other.remove()


def test_an_unknown_setting_is_refused(tmp_path):
    other = Nexus()
    config = tmp_path / "nexus.toml"
    config.write_text('prot = 8002\n')
    try:
        assert "prot" in refusal(other, "--config", str(config))
    finally:
        other.remove()


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
