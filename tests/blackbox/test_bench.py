"""nexus bench: what it counts is what the server did."""

import json
import os
import pty
import subprocess

import pytest


@pytest.fixture
def bench(server, brain):
    def run(*words):
        return server.run("bench", *words, "--url", server.url, "--data-dir", server.data, "--seconds", "1")

    return run


def test_writes_are_counted_and_their_brain_is_gone(bench, client):
    before = {brain["name"] for brain in client.get("/v1/brains").json()["brains"]}
    done = bench("write", "--clients", "4", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["operation"] == "writes" and figures["clients"] == 4 and figures["errors"] == 0
    assert figures["answers"] > 0 and 0 < figures["p50_ms"] <= figures["p99_ms"] <= figures["max_ms"]
    assert {brain["name"] for brain in client.get("/v1/brains").json()["brains"]} == before


def test_a_brain_that_is_named_keeps_what_was_written(bench, brain):
    done = bench("write", "--brain", brain.name, "--bytes", "64", "--json")
    assert done.returncode == 0, done.stderr
    assert brain.stats()["total"] == json.loads(done.stdout)["answers"]
    contents = [episode["content"] for episode in brain.client.get(f"{brain.path}/episodes").json()["episodes"]]
    assert {len(content) for content in contents} == {64}


def test_recalls_at_a_rate_are_no_more_than_the_rate(bench, brain):
    brain.remember("The lamp on the pier is red.")
    done = bench("recall", "--brain", brain.name, "--mode", "words", "--rate", "10", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert 0 < figures["answers"] <= 10 and figures["errors"] == 0


def test_people_get_a_picture(server, brain):
    brain.remember("The lamp on the pier is red.")
    reader, terminal = pty.openpty()
    command = [server.binary, "bench", "recall", "--brain", brain.name, "--mode", "words", "--seconds", "1",
               "--url", server.url, "--data-dir", server.data]
    done = subprocess.run(command, stdout=terminal, timeout=60)
    os.close(terminal)
    shown = os.read(reader, 4096).decode()
    os.close(reader)
    assert done.returncode == 0 and "recalls of 1 clients" in shown and "p50" in shown, shown
    assert any(bar in shown for bar in "█@"), shown


@pytest.mark.parametrize("words, reason", [(["write", "--clients", "0"], "--clients"), (["write", "--bytes", "3"], "--bytes"),
                                           (["recall", "--rate", "0"], "--rate"), (["recall"], "nothing to ask for")])
def test_what_cannot_be_measured_is_refused(bench, brain, words, reason):
    done = bench(*words, "--brain", brain.name)
    assert done.returncode != 0 and reason in done.stderr, done.stderr
