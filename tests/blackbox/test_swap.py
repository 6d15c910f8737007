"""Another embedding model is taken into use while reads and writes go on, and there is a way back.

Mutant TWO_SPACES (memory/recall.cc) searches in the space that serves when the question has its vector, not in the
one that made the vector; the same test run on the program that holds it must see wrong answers.
"""

import concurrent.futures
import itertools
import json
import os
import threading
import time

import pytest

import turned_model
from nexus import ROOT, Brain, wait_until

MEMORIES = int(os.environ.get("NEXUS_SWAP_MEMORIES", "300"))
WRITES_PER_SECOND = float(os.environ.get("NEXUS_SWAP_RATE", "5"))
RECALLS_PER_SECOND = WRITES_PER_SECOND * 0.4
MUTANT = ROOT / "build/debug/nexus_mutant_two_spaces"
SPACES = "/v1/embedding-spaces"
NOTES = [
    "Ana keeps her bicycle in the cellar behind the washing machine",
    "El médico recomendó caminar treinta minutos después de cenar",
    "The backup of the accounting database runs at four in the morning",
    "Mi abuela prepara el gazpacho con mucho pepino y poco ajo",
    "Tomás is allergic to penicillin and carries a card that says so",
    "La impresora de la tercera planta se atasca con papel reciclado",
    "The lighthouse on the northern cape was painted red in 1931",
    "Los gatos del vecino duermen sobre el capó del coche azul",
    "Quarterly taxes are due on the twentieth of the month",
    "El concierto de violonchelo empieza a las ocho en punto",
    "The spare key hangs behind the portrait of the admiral",
    "Para el cumpleaños de Lucía hay que encargar una tarta de limón",
    "The greenhouse needs new glass after the hailstorm in May",
    "El tren nocturno a Lisboa sale del andén número nueve",
    "Our telescope shows the rings of Saturn on clear nights",
    "La contraseña del wifi está escrita debajo del router",
]


@pytest.fixture(scope="module")
def other_model(tmp_path_factory, model):
    return turned_model.make(tmp_path_factory.mktemp("models") / "turned")


def wait_complete(client, space, seconds=1800):
    return wait_until(lambda: (seen := client.get(f"{SPACES}/{space}").json())["coverage"] == 1 and seen, seconds,
                      "a complete space")


def add_space(client, directory):
    answer = client.post(SPACES, json={"source": str(directory)})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def active_space(client):
    return next(space["id"] for space in client.get(SPACES).json()["spaces"] if space["state"] == "active")


class Load:
    """Writes and recalls at a rate of their own until stopped; counts what went wrong."""

    def __init__(self, server, brain):
        self.server, self.brain = server, brain
        self.stopping = threading.Event()
        self.acknowledged, self.errors, self.wrong, self.recalls = [], [], [], 0
        self.numbers = itertools.count()
        self.began = time.monotonic()

    def at_rate(self, act, per_second):
        with self.server.client(timeout=120) as client:
            for turn in itertools.count(1):
                if self.stopping.wait(max(0, self.began + turn / per_second - time.monotonic())):
                    return
                try:
                    act(client)
                except Exception as error:  # whatever it is, it is what the test counts
                    self.errors.append(repr(error))

    def write(self, client):
        note = f"Delivery {next(self.numbers)} arrived at the loading dock and was signed for"
        answer = client.post(f"/v1/brains/{self.brain}/episodes", json={"content": note})
        if answer.status_code == 201:
            self.acknowledged.append(note)
        else:
            self.errors.append(f"{answer.status_code} {answer.text}")

    def recall(self, client):
        self.recalls += 1
        note = NOTES[self.recalls % len(NOTES)]
        found = ask(client, self.brain, f"{note} ({self.recalls})")
        if found != note:
            self.wrong.append(found)

    def run(self, pool):
        self.running = [pool.submit(self.at_rate, self.write, WRITES_PER_SECOND),
                        pool.submit(self.at_rate, self.recall, RECALLS_PER_SECOND)]

    def stop(self):
        self.stopping.set()
        for one in self.running:
            one.result(120)
        return time.monotonic() - self.began


def ask(client, brain, question):
    """What is nearest by meaning alone; a word would hide a mixed answer."""
    answer = client.post(f"/v1/brains/{brain}/recall", json={"query": question, "mode": "vectors", "limit": 1})
    assert answer.status_code == 200, answer.text
    assert answer.json()["degraded"] == [], answer.text
    results = answer.json()["results"]
    return results[0]["content"] if results else None


def timed(call):
    began = time.monotonic()
    answer = call()
    assert answer.status_code == 200, answer.text
    return time.monotonic() - began


@pytest.mark.timeout(3600)
def test_the_model_is_swapped_and_swapped_back_under_load(private, other_model):
    server = private()
    with server.client(timeout=120) as client, concurrent.futures.ThreadPoolExecutor() as pool:
        brain = Brain(client, "swap")
        filler = [f"Entry {number} of the ship's log: the wind came from the west" for number in
                  range(MEMORIES - len(NOTES))]
        for part in batches(NOTES + filler):
            brain.remember_all([{"content": content} for content in part])
        brain.wait_embedded(1800)
        first = active_space(client)
        load = Load(server, "swap")
        load.run(pool)
        second = add_space(client, other_model)
        wait_until(lambda: client.get(f"{SPACES}/{second}").json()["episodes"]["embedded"] >= MEMORIES, 1800,
                   "the vectors of the second space")
        overlap = client.post(f"{SPACES}/{second}/verify", json={"questions": 20}).json()["overlap"]
        activation = timed(lambda: client.post(f"{SPACES}/{second}/activate", json={}))
        assert active_space(client) == second
        time.sleep(2)  # load on the new model
        rollback = timed(lambda: client.post(f"{SPACES}/rollback"))
        assert active_space(client) == first
        time.sleep(2)  # and on the old one again
        seconds = load.stop()
        for space in (first, second):
            wait_complete(client, space)
        total = brain.stats()["total"]
        lost = MEMORIES + len(load.acknowledged) - total
        print(f"{MEMORIES} memories, {seconds:.0f} s of load: {len(load.acknowledged) / seconds:.1f} writes/s, "
              f"{load.recalls / seconds:.1f} recalls/s, {len(load.errors)} errors, {len(load.wrong)} mixed answers, "
              f"{lost} lost, overlap {overlap:.2f}; activated in {activation:.2f} s, rolled back in {rollback:.2f} s")
        assert load.errors == [] and load.wrong == [] and lost == 0
        assert overlap > 0.9
        assert load.acknowledged and load.recalls
        retire_and_forget(client, brain, second)


def batches(items, size=100):
    return [items[at:at + size] for at in range(0, len(items), size)]


def retire_and_forget(client, brain, space):
    """What is retired leaves nothing, and nothing misses it."""
    answer = client.delete(f"{SPACES}/{space}")
    assert answer.status_code == 200 and answer.json()["state"] == "retired", answer.text
    receipt = brain.remember("A note after the retirement", wait="embedded")
    assert client.delete(f"{brain.path}/episodes/{receipt['id']}").status_code == 204
    assert client.post(f"{SPACES}/{space}/activate", json={}).status_code == 404
    assert ask(client, brain.name, NOTES[0]) == NOTES[0]


def wrong_answers_while_switching(server, other_model, questions=150):
    """Asks all the time while the space that serves changes again and again."""
    with server.client(timeout=120) as client, concurrent.futures.ThreadPoolExecutor() as pool:
        brain = Brain(client, "switch")
        brain.remember_all([{"content": note} for note in NOTES])
        brain.wait_embedded()
        first, second = active_space(client), add_space(client, other_model)
        wait_complete(client, second)
        done = threading.Event()
        asked_so_far = itertools.count()

        def asking(number):
            asked = wrong = 0
            with server.client(timeout=120) as mine:
                while not done.is_set():
                    note = NOTES[asked % len(NOTES)]
                    wrong += ask(mine, "switch", f"{note} ({number}.{asked})") != note
                    asked += 1
                    if next(asked_so_far) >= questions:
                        done.set()
            return asked, wrong

        askers = [pool.submit(asking, number) for number in range(2)]
        deadline = time.monotonic() + 120
        for turn in itertools.count():
            if done.is_set() or time.monotonic() > deadline:
                break
            timed(lambda: client.post(f"{SPACES}/{(second, first)[turn % 2]}/activate", json={}))
        done.set()
        counts = [asker.result(60) for asker in askers]
        return turn, sum(asked for asked, _ in counts), sum(wrong for _, wrong in counts)


def test_no_answer_mixes_two_spaces(private, other_model):
    switches, asked, wrong = wrong_answers_while_switching(private(), other_model)
    print(f"{switches} switches, {asked} recalls, {wrong} wrong")
    assert switches >= 10 and asked >= 150 and wrong == 0


def test_the_mutant_that_mixes_two_spaces_is_caught(private, other_model):
    _, asked, wrong = wrong_answers_while_switching(private(binary=MUTANT), other_model)
    print(f"mutant: {asked} recalls, {wrong} wrong")
    assert wrong > 0


def test_the_commands_add_compare_activate_go_back_and_retire(private, other_model):
    server = private()

    def nexus(*command, status=0):
        done = server.run(*command, "--url", server.url, "--data-dir", server.data, "--json")
        assert done.returncode == status, done.stderr
        return json.loads(done.stdout) if done.stdout else done.stderr

    with server.client() as client:
        brain = Brain(client, "commands")
        brain.remember_all([{"content": note} for note in NOTES])
        brain.wait_embedded()
        first = active_space(client)
        added = nexus("space", "add", str(other_model))
        second = str(added["id"])
        assert added["state"] == "building" and added["coverage"] == 1 and added["model"] == "turned"
        assert nexus("space", "verify", second, "--questions", "5")["complete"]
        assert nexus("space", "activate", second)["state"] == "active"
        assert "cannot be retired" in nexus("space", "retire", second, "--yes", status=1)
        assert nexus("space", "rollback")["id"] == first
        assert nexus("embeddings", "status", "--space", second)["failures"] == []
        assert nexus("embeddings", "backfill")["queued"] == 0
        assert nexus("embeddings", "retry")["queued"] == 0
        assert nexus("space", "retire", second, "--yes")["state"] == "retired"
        assert [space["state"] for space in nexus("space", "list")["spaces"]] == ["active", "retired"]
        assert "there is no model" in nexus("space", "add", str(server.folder), status=1)


def test_after_a_restart_the_activated_space_serves_whatever_the_flag_names(private, other_model):
    server = private()
    with server.client() as client:
        brain = Brain(client, "restart")
        brain.remember_all([{"content": note} for note in NOTES])
        second = add_space(client, other_model)
        assert client.post(f"{SPACES}/{second}/activate", json={}).status_code == 200
    server.stop()
    server.start()
    with server.client() as client:
        assert active_space(client) == second
        assert ask(client, "restart", NOTES[3]) == NOTES[3]
        assert client.post(f"{SPACES}/rollback").status_code == 200


def test_a_memory_of_words_takes_a_model_into_use_without_a_restart(private, other_model):
    server = private("--model", "none")
    with server.client() as client:
        brain = Brain(client, "words")
        brain.remember_all([{"content": note} for note in NOTES])
        assert client.get(f"{brain.path}/stats").json()["model"] is None
        space = add_space(client, other_model)
        wait_complete(client, space)
        wait_until(lambda: client.get(f"{brain.path}/stats").json()["model"], 30, "the model")
        assert ask(client, "words", NOTES[5]) == NOTES[5]


@pytest.mark.parametrize("body, field", [({}, "/source"), ({"source": " "}, "/source"), ({"source": "models"}, "/source"),
                                         ({"source": "/nowhere"}, "/source"), ({"source": "/tmp", "id": 1}, "/id")])
def test_a_space_that_cannot_be_is_refused_with_the_reason(client, body, field):
    answer = client.post(SPACES, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field and answer.json()["detail"]


def test_spaces_are_asked_for_by_id_and_with_a_key_of_all_brains(server, client, brain):
    for target in (f"{SPACES}/999", f"{SPACES}/x", f"{SPACES}/0", f"{SPACES}/99999999999999999999"):
        assert client.get(target).status_code == 404
    assert client.post(f"{SPACES}/rollback").status_code == 409
    made = client.post("/v1/keys", json={"name": "one", "brain": brain.name, "scopes": ["admin"]}).json()
    with server.client(made["key"]) as bound:
        assert bound.get(SPACES).status_code == 403
