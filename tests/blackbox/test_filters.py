"""Recall with filters, weights, neighbours, a token budget and explanations, against brute force."""

import datetime
import json
import random

import pytest

from nexus import Brain

EVERYONE = 200  # more than the brain holds
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def day(number):
    return (START + datetime.timedelta(days=number)).isoformat().replace("+00:00", "Z")


def some_episode(random, number):
    def maybe(value):
        return value if random.random() < 0.7 else None

    episode = {
        "content": f"Lantern number {number} stands at the {random.choice(['pier', 'gate', 'mill'])}.",
        "occurred_at": day(random.randrange(60)),
        "importance_score": random.randrange(11) / 10,
        "tags": random.sample(["red", "green", "ámbar", "old"], random.randrange(3)),
        "project_id": maybe(random.choice(["north", "south"])),
        "session_id": maybe(random.choice(["watch-1", "watch-2", "watch-3"])),
        "speaker": maybe(random.choice(["Ana", "Íñigo"])),
        "metadata": {"lamp": random.randrange(5), "makers": random.sample(["Otis", "Lumen"], random.randrange(3)),
                     "lit": random.random() < 0.5},
    }
    return {name: value for name, value in episode.items() if value is not None}


@pytest.fixture(scope="module")
def harbour(server):
    """A brain with 120 episodes that all hold the word `lantern`, and these episodes."""
    source = random.Random(20261126)
    episodes = [some_episode(source, number) for number in range(120)]
    with server.client() as client:
        brain = Brain(client, "harbour")
        for episode, receipt in zip(episodes, brain.remember_all(episodes)):
            episode["id"] = receipt["id"]
        yield brain, episodes


FILTERS = [
    ({"tags_any": ["red", "ámbar"]}, lambda e: {"red", "ámbar"} & set(e["tags"])),
    ({"tags_all": ["red", "old"]}, lambda e: {"red", "old"} <= set(e["tags"])),
    ({"tags_none": ["green"]}, lambda e: "green" not in e["tags"]),
    ({"project_id": "north"}, lambda e: e.get("project_id") == "north"),
    ({"session_id": "watch-2"}, lambda e: e.get("session_id") == "watch-2"),
    ({"speaker": "Íñigo"}, lambda e: e.get("speaker") == "Íñigo"),
    ({"occurred_from": day(20), "occurred_before": day(40)}, lambda e: day(20) <= e["occurred_at"] < day(40)),
    ({"min_importance": 0.4, "max_importance": 0.6}, lambda e: 0.4 <= e["importance_score"] <= 0.6),
    ({"metadata": {"lamp": 3}}, lambda e: e["metadata"]["lamp"] == 3),
    ({"metadata": {"lit": True}}, lambda e: e["metadata"]["lit"]),
    ({"metadata": {"makers": "Otis"}}, lambda e: "Otis" in e["metadata"]["makers"]),
    ({"metadata": {"lamp": {"gte": 1, "lt": 3}}}, lambda e: 1 <= e["metadata"]["lamp"] < 3),
    ({"metadata": {"lamp": {"gt": 1, "lte": 3}, "lit": False}},
     lambda e: 1 < e["metadata"]["lamp"] <= 3 and not e["metadata"]["lit"]),
    ({"tags_none": ["old"], "speaker": "Ana", "min_importance": 0.5},
     lambda e: "old" not in e["tags"] and e.get("speaker") == "Ana" and e["importance_score"] >= 0.5),
    ({"metadata": {"absent": None}}, lambda e: False),
]


@pytest.mark.parametrize("filter, passes", FILTERS, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_what_passes_is_found_and_nothing_else(harbour, filter, passes):
    brain, episodes = harbour
    results = brain.recall("lantern", mode="words", limit=EVERYONE, filter=filter)["results"]
    expected = {episode["id"] for episode in episodes if passes(episode)}
    assert {result["id"] for result in results} == expected
    first = brain.recall("lantern", mode="words", limit=3, filter=filter)["results"]
    assert [result["id"] for result in first] == [result["id"] for result in results[:3]]


@pytest.mark.parametrize("filter, passes", [pair for pair in FILTERS if "metadata" not in pair[0]],
                         ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_a_list_takes_the_same_filter(harbour, filter, passes):
    brain, episodes = harbour
    found, cursor = [], {}
    while True:
        page = brain.client.get(f"{brain.path}/episodes", params={**filter, "limit": 7, **cursor}).json()
        found += [episode["id"] for episode in page["episodes"]]
        if not page["next_cursor"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == [episode["id"] for episode in reversed(episodes) if passes(episode)]


def test_kinds_are_those_that_there_are(harbour):
    brain, episodes = harbour
    assert len(brain.recall("lantern", mode="words", limit=EVERYONE, filter={"kinds": ["episode"]})["results"]) == 120
    answer = brain.client.post(f"{brain.path}/recall", json={"query": "lantern", "filter": {"kinds": ["dream"]}})
    assert answer.status_code == 422 and answer.json()["field"] == "/filter/kinds/0"
    answer = brain.client.get(f"{brain.path}/episodes", params={"min_importance": 0.9, "max_importance": 0.1})
    assert answer.status_code == 422 and answer.json()["field"] == "/min_importance"


@pytest.mark.parametrize("filter, field", [
    ({"tag": "red"}, "/filter/tag"),
    ({"tags_any": "red"}, "/filter/tags_any"),
    ({"tags_any": ["x"] * 65}, "/filter/tags_any"),
    ({"min_importance": 1.5}, "/filter/min_importance"),
    ({"min_importance": 0.9, "max_importance": 0.1}, "/filter/min_importance"),
    ({"occurred_from": "yesterday"}, "/filter/occurred_from"),
    ({"occurred_from": day(2), "occurred_before": day(1)}, "/filter/occurred_from"),
    ({"metadata": {"lamp": [1, 2]}}, "/filter/metadata/lamp"),
    ({"metadata": {"lamp": {}}}, "/filter/metadata/lamp"),
    ({"metadata": {"a/b": {"above": 3}}}, "/filter/metadata/a~1b/above"),
    ({"metadata": {"lamp": {"gte": True}}}, "/filter/metadata/lamp/gte"),
    ({"metadata": {str(i): 1 for i in range(33)}}, "/filter/metadata"),
])
def test_a_filter_that_makes_no_sense_is_refused_by_name(harbour, filter, field):
    brain, _ = harbour
    answer = brain.client.post(f"{brain.path}/recall", json={"query": "lantern", "filter": filter})
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field


@pytest.mark.parametrize("fields, field", [
    ({"token_budget": 0}, "/token_budget"),
    ({"expand": 21}, "/expand"),
    ({"expand": -1}, "/expand"),
    ({"recency_weight": -1}, "/recency_weight"),
    ({"recency_half_life_days": 0}, "/recency_half_life_days"),
    ({"importance_weight": 11}, "/importance_weight"),
    ({"explain": "yes"}, "/explain"),
])
def test_other_parts_of_a_question_have_bounds_too(harbour, fields, field):
    brain, _ = harbour
    answer = brain.client.post(f"{brain.path}/recall", json={"query": "lantern", **fields})
    assert answer.status_code == 422 and answer.json()["field"] == field, answer.text


def test_neighbours_are_the_turns_around_in_the_session(harbour):
    brain, episodes = harbour
    session = [e for e in episodes if e.get("session_id") == "watch-1"]
    ids = [e["id"] for e in sorted(session, key=lambda e: (e["occurred_at"], e["id"]))]
    results = brain.recall("lantern", mode="words", limit=EVERYONE, expand=2,
                           filter={"session_id": "watch-1"})["results"]
    assert len(results) == len(ids)
    for result in results:
        at = ids.index(result["id"])
        assert [turn["id"] for turn in result["before"]] == ids[max(0, at - 2):at]
        assert [turn["id"] for turn in result["after"]] == ids[at + 1:at + 3]
        assert all(turn["content"] and "score" not in turn for turn in result["before"])
    plain = brain.recall("lantern", mode="words", limit=1)["results"][0]
    assert "before" not in plain and "after" not in plain


def test_importance_and_recency_order_what_is_otherwise_equal(brain):
    for number, importance in [(1, 0.1), (2, 0.9), (3, 0.5)]:
        brain.remember("The pump works.", occurred_at=day(number), importance_score=importance)

    def days(**weights):
        results = brain.recall("pump", mode="words", **weights)["results"]
        return [result["occurred_at"] for result in results]

    assert days(importance_weight=1) == [day(2), day(3), day(1)]
    assert days(recency_weight=1, recency_half_life_days=1000) == [day(3), day(2), day(1)]


def test_a_token_budget_is_kept_and_says_what_had_no_room(brain):
    brain.remember("pump " * 5)
    brain.remember("pump " * 400)
    brain.remember("The pump, once more.")
    everything = brain.recall("pump", mode="words", token_budget=100_000)
    assert len(everything["results"]) == 3 and everything["omitted"] == 0
    sizes = {result["id"]: result["tokens"] for result in everything["results"]}
    long = max(sizes.values())
    packed = brain.recall("pump", mode="words", token_budget=long - 1)
    assert packed["omitted"] == 1 and len(packed["results"]) == 2
    assert sum(result["tokens"] for result in packed["results"]) <= long - 1
    assert all(sizes[result["id"]] == result["tokens"] < long for result in packed["results"])
    assert brain.recall("pump", mode="words", token_budget=1)["results"] == []


def test_an_explanation_tells_the_arms_the_words_and_the_times(harbour, model):
    brain, _ = harbour
    brain.wait_embedded()
    answer = brain.recall("Which old lantern stands at the mill?", explain=True, importance_weight=1)
    for result in answer["results"]:
        told = result["explanation"]
        assert "lantern" in told["matched_words"] and told["words_rank"] >= 1 and told["meaning_rank"] >= 1
        assert told["importance"] == pytest.approx(result["importance_score"])
        parts = result["words"] + 6 * result["meaning"] + told["session"] + told["recency"] + told["importance"]
        assert result["score"] == pytest.approx(parts, abs=1e-5)
    assert set(answer["times"]) == {"embed_ms", "search_ms", "fetch_ms"}
    assert "explanation" not in brain.recall("lantern", limit=1)["results"][0]


def test_the_command_line_filters_and_explains(harbour, server):
    brain, episodes = harbour
    done = server.run("recall", "lantern", "--url", server.url, "--data-dir", server.data, "--brain", "harbour",
                      "--mode", "words", "--json", "--limit", str(EVERYONE), "--tag", "red,ámbar",
                      "--without-tag", "old", "--from", day(10), "--min-importance", "0.3", "--explain")
    assert done.returncode == 0, done.stderr
    found = {result["id"] for result in json.loads(done.stdout)["results"]}
    assert found == {e["id"] for e in episodes
                     if {"red", "ámbar"} & set(e["tags"]) and "old" not in e["tags"]
                     and e["occurred_at"] >= day(10) and e["importance_score"] >= 0.3}
