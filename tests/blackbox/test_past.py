"""What was known at an earlier moment; what says the same only once; reading one's own write."""

import random
import time

from nexus import wait_until

TEXTS = ["The lamp on the pier is red.", "The boat is called Xoubiña.", "Bread is sold at the mill.",
         "Rain fell on the harbour all night."]


def moment(brain):
    """A time that lies behind what is committed, and before what comes."""
    time.sleep(0.01)
    made = brain.remember("a mark in time")
    brain.client.delete(f"{brain.path}/episodes/{made['id']}")
    time.sleep(0.01)
    return made["created_at"]


def known(brain, **fields):
    results = brain.recall("lamp pier boat Xoubiña bread mill rain harbour", mode="words", limit=1000, **fields)["results"]
    return {result["id"]: result["content"] for result in results}


def test_every_moment_is_as_it_was(brain):
    """Against a copy of the brain's state that the test keeps itself, over a random life."""
    choice = random.Random(20261127)
    life, now = [], {}
    for number in range(40):
        action = choice.choice(["remember", "remember", "revise", "invalidate"])
        path = f"{brain.path}/episodes"
        if action == "remember" or not now:
            text = f"{choice.choice(TEXTS)} ({number})"
            now[brain.remember(text)["id"]] = text
        elif action == "revise":
            id = choice.choice(list(now))
            now[id] = f"{choice.choice(TEXTS)} ({number})"
            assert brain.client.patch(f"{path}/{id}", json={"content": now[id]}).status_code == 200
        else:
            id = choice.choice(list(now))
            del now[id]
            assert brain.client.post(f"{path}/{id}/invalidate", json={}).status_code == 200
        life.append((moment(brain), dict(now)))
    for then, state in life:
        assert known(brain, as_of=then) == state
    assert known(brain) == now


def test_the_past_is_found_by_meaning_and_what_is_forgotten_is_in_no_past(brain, model):
    lamp = brain.remember("The lamp on the pier is red.", wait="embedded", tags=["sea"])["id"]
    then = moment(brain)
    brain.client.post(f"{brain.path}/episodes/{lamp}/invalidate", json={})
    assert brain.found("What colour is the light at the harbour?", mode="vectors") == []
    [result] = brain.recall("What colour is the light at the harbour?", mode="vectors", as_of=then,
                            filter={"tags_any": ["sea"]})["results"]
    assert result["id"] == lamp and result["version"] == 1 and "invalidated_at" not in result
    assert brain.found("lamp", as_of=then, filter={"tags_any": ["air"]}) == []
    brain.client.delete(f"{brain.path}/episodes/{lamp}")
    assert brain.found("lamp", as_of=then) == []


def test_the_future_is_not_known(brain):
    answer = brain.client.post(f"{brain.path}/recall", json={"query": "lamp", "as_of": "2999-01-01T00:00:00Z"})
    assert answer.status_code == 422 and answer.json()["field"] == "/as_of"


def test_what_says_the_same_is_given_once(brain):
    ids = [brain.remember("The ferry leaves the old pier at seven.")["id"] for _ in range(3)]
    other = brain.remember("The ferry leaves the old pier at nine.")["id"]
    assert len(brain.found("ferry pier", mode="words")) == 4
    results = brain.recall("ferry pier", mode="words", dedupe=True)["results"]
    assert [result["id"] for result in results] == [ids[0], other]
    assert [result["folded"] for result in results] == [ids[1:], []]


def test_a_write_is_read_at_its_position(server, brain):
    """Also what came by plain SQL, which this node has not written itself."""
    brain.found("lamp")  # the index is resident
    for number in range(5):
        server.psql(brain.name, f"INSERT INTO zep_episodic_memory (content) VALUES ('The lamp {number} is lit.')")
        position = brain.remember(f"mark {number}")["position"]
        assert f"The lamp {number} is lit." in brain.found("lamp", mode="words", min_position=position)


def test_a_position_that_is_none_is_refused(brain):
    epoch, xid, seq = brain.remember("mark")["position"].rsplit(":", 2)

    def ask(position):
        return brain.client.post(f"{brain.path}/recall", json={"query": "mark", "min_position": position})

    for wrong in ["", "x", "1:2", f"{epoch}:{xid}:", f"{epoch}:x:{seq}", f":{xid}:{seq}", "::"]:
        assert ask(wrong).status_code == 422 and ask(wrong).json()["field"] == "/min_position", wrong
    assert ask(f"1.1:{xid}:{seq}").status_code == 409
    late = ask(f"{epoch}:{int(xid) + 1_000_000}:{seq}")
    assert late.status_code == 503 and "min_position" in late.json()["remedy"], late.text
    wait_until(lambda: ask(f"{epoch}:{xid}:{seq}").status_code == 200)
