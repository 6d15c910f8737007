"""A model on another server that is away: nothing written is lost, and words answer meanwhile.

NEXUS_OUTAGE_SECONDS makes the long outage longer than the few seconds that show the behaviour.
"""

import itertools
import os
import time

import pytest

from embedding_server import FAULTS, EmbeddingServer
from nexus import Brain, Nexus, wait_until

OUTAGE_SECONDS = float(os.environ.get("NEXUS_OUTAGE_SECONDS", "6"))
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def embedder():
    made = EmbeddingServer()
    yield made
    made.close()


@pytest.fixture(scope="module")
def remote(embedder, tmp_path_factory):
    """A server whose model is elsewhere."""
    made = Nexus("--model", str(embedder.describe(tmp_path_factory.mktemp("model"))))
    try:
        yield made.start()
    finally:
        made.remove()


@pytest.fixture
def brain(remote, embedder):
    with remote.client() as client:
        yield Brain(client, f"brain-{next(numbers)}")
    embedder.recover()


def parts(brain):
    health = brain.client.get("/health/comprehensive").json()
    return health["status"], {part["name"]: part for part in health["parts"]}


def words_answer(brain, number):
    """A question that was never asked before, so that no kept vector answers."""
    answer = brain.recall(f"note{number} question{next(numbers)}")
    assert answer["degraded"] == ["vectors"]
    assert answer["results"][0]["content"] == f"note{number} was written"


def most_attempts(remote, brain):
    return int(remote.psql(brain.name, "SELECT coalesce(max(attempts), 0) FROM nexus_memory.embedding_queue"))


def all_is_caught_up(brain, written):
    brain.wait_embedded()
    assert brain.stats() == {"total": written, "embedded": written, "pending": 0, "failed": 0}
    wait_until(lambda: parts(brain)[0] == "ok", what="the health after the outage")
    assert brain.found("note0 was written", mode="vectors")[0] == "note0 was written"


def test_a_model_elsewhere_embeds_long_texts_and_answers(brain, embedder):
    long = " ".join(f"word{number}" for number in range(2000))
    brain.remember("the bees settled in the apple tree", wait="embedded")
    kept = brain.remember(long, wait="embedded")
    assert brain.found("apple tree bees", mode="vectors")[0] == "the bees settled in the apple tree"
    result = brain.recall("word1999 word1998 word1997", mode="vectors", limit=1)["results"][0]
    assert result["id"] == kept["id"] and result["chunk"]["begin"] > len(long) / 2


# The mutant that counts an outage as an attempt on the text (EmbedWorker::RunOnce taking kUnavailable for a Fault) is
# caught here: attempts rise with every try, and after eight the memory would be given up.
@pytest.mark.parametrize("fault", FAULTS)
def test_while_it_is_away_writes_go_on_words_answer_and_the_health_tells(remote, brain, embedder, fault):
    embedder.break_down(fault)
    for number in range(5):
        brain.remember(f"note{number} was written")
        words_answer(brain, number)

    def is_told():
        status, known = parts(brain)
        return status == "degraded" and not known["model"]["ok"] and known["model"]["detail"].startswith("hashes: http")

    wait_until(is_told, what="the health during the outage")
    # The probes of the worker are refused in turn, with a growing pause between them.
    wait_until(lambda: embedder.seen >= 3, what="a few attempts")
    assert most_attempts(remote, brain) <= 1
    assert brain.stats() == {"total": 5, "embedded": 0, "pending": 5, "failed": 0}
    embedder.recover()
    all_is_caught_up(brain, 5)


def test_a_long_outage_of_every_kind_loses_nothing(remote, brain, embedder):
    written = 0
    for fault in FAULTS:
        embedder.break_down(fault)
        end = time.monotonic() + OUTAGE_SECONDS / len(FAULTS)
        while time.monotonic() < end:
            brain.remember(f"note{written} was written")
            words_answer(brain, written)
            written += 1
        assert most_attempts(remote, brain) <= 1
    assert brain.stats() == {"total": written, "embedded": 0, "pending": written, "failed": 0}
    embedder.recover()
    all_is_caught_up(brain, written)
    print(f"{written} memories written during {OUTAGE_SECONDS:.0f} s without embedder, none lost")


# The mutant that lets every recall wait for its own timeout (QueryLane without `availability`) is caught here: the
# server would see one request for each question.
def test_recall_does_not_wait_for_a_server_that_is_silent(brain, embedder):
    brain.remember("note0 was written", wait="embedded")
    embedder.break_down("hang")
    for _ in range(50):
        words_answer(brain, 0)
    assert embedder.seen < 10, "recalls went on asking"


def test_it_starts_while_the_model_is_away_and_embeds_when_it_comes(private, embedder, tmp_path):
    embedder.break_down("error")
    server = private("--model", str(embedder.describe(tmp_path / "model")))
    with server.client() as client:
        brain = Brain(client, "ana")
        brain.remember("note0 was written")
        words_answer(brain, 0)
        embedder.recover()
        all_is_caught_up(brain, 1)


def test_another_model_behind_the_same_settings_is_another_space(private, embedder, tmp_path):
    server = private("--model", str(embedder.describe(tmp_path / "model")))
    with server.client() as client:
        Brain(client, "ana").remember("note0 was written", wait="embedded")
    assert server.stop() == 0
    (tmp_path / "model").rename(tmp_path / "elsewhere")  # where it is, the server would go on with it
    other = embedder.describe(tmp_path / "other", model="hashes-2")
    done = server.run("up", "--data-dir", server.data, "--port", str(server.port), "--model", str(other))
    assert done.returncode == 1 and "digest" in done.stderr, done.stderr
