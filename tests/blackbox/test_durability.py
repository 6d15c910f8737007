"""kill -9 under load: acknowledged writes are there, once.

Mutant ACK_BEFORE_COMMIT (memory/remember.cc) answers before the COMMIT is sent; the same test run on
the program that holds it must see a loss.
"""

import concurrent.futures
import os
import random
import time

import httpx
import pytest

from nexus import BINARY, ROOT, Brain, Nexus

KILLS = int(os.environ.get("NEXUS_KILLS", "50"))
WRITERS = 16
MUTANT = ROOT / "build/debug/nexus_mutant_ack_before_commit"


class Writer:
    """Writes one note after the other, each under a key of its own, until the server dies."""

    def __init__(self, number):
        self.number = number
        self.count = 0
        self.acknowledged = []

    def run(self, server, key):
        with server.client(key, timeout=30) as client:
            while True:
                note = f"writer {self.number} note {self.count}"
                try:
                    answer = client.post("/v1/brains/load/episodes", json={"content": note},
                                         headers={"idempotency-key": note})
                except httpx.TransportError:
                    return  # retried under the same key after the restart
                if answer.status_code == 201:
                    self.acknowledged.append(note)
                    self.count += 1
                elif answer.status_code != 503:
                    raise AssertionError(f"{answer.status_code}: {answer.text}")
                else:
                    return


def kill_under_load(server, writers, key, generator):
    with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(writer.run, server, key) for writer in writers]
        before = sum(len(writer.acknowledged) for writer in writers)
        deadline = time.monotonic() + 30
        while sum(len(writer.acknowledged) for writer in writers) < before + WRITERS:
            assert time.monotonic() < deadline, "nothing was acknowledged in 30 s"
            time.sleep(0.001)
        time.sleep(generator.uniform(0, 0.05))  # the moment of death is the experiment
        server.kill()
        for done in running:
            done.result(60)


def stored_notes(server):
    notes, cursor = [], None
    with server.client() as client:
        while True:
            page = client.get("/v1/brains/load/episodes", params={"limit": 1000, **({"cursor": cursor} if cursor else {})}).json()
            notes += [episode["content"] for episode in page["episodes"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return notes


def kill_and_count(binary, kills, stop_at_loss=False):
    """-> (acknowledged, lost, doubled)"""
    server = Nexus("--model", "none", binary=binary)
    generator = random.Random(7)
    writers = [Writer(number) for number in range(WRITERS)]
    lost = []
    try:
        server.start()
        with server.client() as client:
            Brain(client, "load")
        key = server.key()
        for _ in range(kills):
            kill_under_load(server, writers, key, generator)
            server.start()
            if stop_at_loss:
                lost = {note for writer in writers for note in writer.acknowledged} - set(stored_notes(server))
                if lost:
                    break
        notes = stored_notes(server)
        acknowledged = [note for writer in writers for note in writer.acknowledged]
        lost = set(acknowledged) - set(notes)
        return len(acknowledged), len(lost), len(notes) - len(set(notes))
    finally:
        server.remove()


@pytest.mark.timeout(900)
def test_no_acknowledged_write_is_lost_or_doubled_by_kill_9():
    acknowledged, lost, doubled = kill_and_count(BINARY, KILLS)
    print(f"{KILLS} kills under {WRITERS} writers: {acknowledged} acknowledged, {lost} lost, {doubled} doubled")
    assert lost == 0 and doubled == 0
    assert acknowledged >= KILLS * WRITERS


@pytest.mark.timeout(900)
def test_the_mutant_that_acknowledges_before_commit_is_caught():
    assert MUTANT.exists(), f"{MUTANT} is not built: run make debug"
    acknowledged, lost, _ = kill_and_count(MUTANT, KILLS, stop_at_loss=True)
    print(f"mutant: {acknowledged} acknowledged, {lost} lost")
    assert lost > 0
