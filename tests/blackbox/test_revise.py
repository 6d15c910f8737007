"""Changing an episode, ending its validity, and what is kept of it."""

import concurrent.futures

from nexus import Brain, wait_until


def target(brain, id, rest=""):
    return f"{brain.path}/episodes/{id}{rest}"


def revise(brain, id, patch, version=None):
    headers = {"if-match": f'"{version}"'} if version else {}
    return brain.client.patch(target(brain, id), json=patch, headers=headers)


def history(brain, id):
    revisions, cursor = [], {}
    while True:
        page = brain.client.get(target(brain, id, "/revisions"), params={"limit": 2, **cursor}).json()
        revisions += page["revisions"]
        if not page["next_cursor"]:
            return revisions
        cursor = {"cursor": page["next_cursor"]}


def test_the_old_text_is_no_longer_found_and_the_history_keeps_it(brain, model):
    id = brain.remember("The spare key hangs behind the barometer.", wait="embedded")["id"]
    answer = revise(brain, id, {"content": "The spare key lies in the blue teapot."})
    assert answer.status_code == 200, answer.text
    assert answer.json()["version"] == 2 and answer.headers["etag"] == '"2"'
    assert brain.found("barometer", mode="words") == []
    assert brain.found("teapot", mode="words") == ["The spare key lies in the blue teapot."]
    brain.wait_embedded()
    [result] = brain.recall("¿Dónde está la tetera?", mode="vectors")["results"]
    assert result["content"] == "The spare key lies in the blue teapot." and result["version"] == 2
    [old] = history(brain, id)
    assert (old["content"], old["version"]) == ("The spare key hangs behind the barometer.", 1)
    assert old["replaced_at"]


def test_a_patch_changes_only_what_it_names_and_null_takes_away(brain):
    id = brain.remember("A walk along the pier.", speaker="Ana", session_id="s", tags=["sea", "old"], importance_score=0.9,
                        metadata={"lamp": 3, "deep": {"a": 1, "b": 2}}, occurred_at="2026-03-04T18:40:00Z")["id"]
    made = revise(brain, id, {"speaker": None, "tags": ["sea"], "metadata": {"deep": {"a": None}, "lit": True}}).json()
    assert made["content"] == "A walk along the pier." and made["session_id"] == "s"
    assert "speaker" not in made and made["tags"] == ["sea"] and made["importance_score"] == 0.9
    assert made["metadata"] == {"lamp": 3, "deep": {"b": 2}, "lit": True}
    assert made["occurred_at"] == "2026-03-04T18:40:00Z"
    made = revise(brain, id, {"importance_score": None, "metadata": None}).json()
    assert made["importance_score"] == 0.5 and made["metadata"] == {} and made["version"] == 3
    assert [old["version"] for old in history(brain, id)] == [2, 1]
    assert revise(brain, id, {}).json()["version"] == 3
    assert revise(brain, id, {"tags": ["sea"]}).json()["version"] == 3, "what changes nothing is no revision"
    assert brain.found("pier", mode="words", filter={"tags_any": ["old"]}) == []


def test_what_is_wrong_with_a_patch_is_said_and_nothing_is_changed(brain):
    id = brain.remember("A walk along the pier.")["id"]
    for patch, field in [({"content": None}, "/content"), ({"content": " "}, "/content"), ({"tags": "sea"}, "/tags"),
                         ({"importance_score": 2}, "/importance_score"), ({"version": 7}, "/version"),
                         ({"occurred_at": "tomorrow"}, "/occurred_at")]:
        answer = revise(brain, id, patch)
        assert answer.status_code == 422 and answer.json()["field"] == field, (patch, answer.text)
    assert revise(brain, id, []).status_code == 422
    assert history(brain, id) == []
    missing = "01a216e8-0507-7000-9ad3-e22e5f00758f"
    assert revise(brain, missing, {"content": "x"}).status_code == 404
    assert brain.client.get(target(brain, missing, "/revisions")).status_code == 404


def test_if_match_lets_only_the_version_through_that_it_names(brain):
    id = brain.remember("A walk along the pier.")["id"]
    assert brain.client.get(target(brain, id)).headers["etag"] == '"1"'
    assert revise(brain, id, {"content": "A run along the pier."}, version=1).status_code == 200
    answer = revise(brain, id, {"content": "A swim along the pier."}, version=1)
    assert answer.status_code == 412 and "remedy" in answer.json(), answer.text
    for wrong in ["2", 'W/"2"', '"x"', '"2']:
        assert brain.client.patch(target(brain, id), json={}, headers={"if-match": wrong}).status_code == 412, wrong
    assert brain.client.delete(target(brain, id), headers={"if-match": '"1"'}).status_code == 412
    assert brain.client.get(target(brain, id)).json()["content"] == "A run along the pier."
    assert brain.client.delete(target(brain, id), headers={"if-match": '"2"'}).status_code == 204
    assert brain.client.delete(target(brain, id), headers={"if-match": '"2"'}).status_code == 404


def test_of_writers_with_the_same_version_one_wins(brain):
    """Catches the mutant that compares the version before it holds the row."""
    id = brain.remember("Nobody yet.")["id"]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: revise(brain, id, {"content": f"Writer {n}."}, version=1).status_code, range(16)))
    assert sorted(answers) == [200] + [412] * 15
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: revise(brain, id, {"metadata": {f"k{n}": n}}).status_code, range(16)))
    assert answers == [200] * 16
    made = brain.client.get(target(brain, id)).json()
    assert made["metadata"] == {f"k{n}": n for n in range(16)} and made["version"] == 18
    assert len(history(brain, id)) == 17


def test_what_is_invalidated_is_kept_and_neither_found_nor_listed(server, brain, model):
    old = brain.remember("Ana lives in Vigo.", session_id="s", occurred_at="2026-01-01T00:00:00Z")["id"]
    new = brain.remember("Ana lives in Lugo.", session_id="s", occurred_at="2026-01-02T00:00:00Z", wait="embedded")["id"]
    answer = brain.client.post(target(brain, old, "/invalidate"), json={"superseded_by": new})
    assert answer.status_code == 200 and answer.json()["superseded_by"] == new, answer.text
    ended = answer.json()["invalidated_at"]
    assert ended and answer.headers["etag"] == '"2"'
    for mode in ["words", "vectors", "hybrid"]:
        assert brain.found("Ana lives in Vigo", mode=mode) == ["Ana lives in Lugo."]
    assert [episode["id"] for episode in brain.client.get(f"{brain.path}/episodes").json()["episodes"]] == [new]
    assert server.psql(brain.name, "SELECT content FROM zep_episodic_memory") == "Ana lives in Lugo."
    brain.wait_embedded()
    assert brain.stats()["total"] == brain.stats()["embedded"] == 1
    assert brain.client.get(target(brain, old)).json()["invalidated_at"] == ended
    assert history(brain, old)[0]["version"] == 1
    again = brain.client.post(target(brain, old, "/invalidate"), json={}).json()
    assert again["invalidated_at"] == ended and again["version"] == 2, "done twice it changes nothing"
    assert revise(brain, old, {"content": "Ana lives in Vigo again."}).status_code == 409


def test_a_successor_has_to_be_another_episode_of_the_brain(brain, client):
    id = brain.remember("Ana lives in Vigo.")["id"]
    elsewhere = Brain(client, f"{brain.name}-other").remember("Ana lives in Lugo.")["id"]
    for wrong, status in [(id, 422), ("x", 422), (elsewhere, 404), ("01a216e8-0507-7000-9ad3-e22e5f00758f", 404)]:
        answer = client.post(target(brain, id, "/invalidate"), json={"superseded_by": wrong})
        assert answer.status_code == status and answer.json()["field"] == "/superseded_by", answer.text
    assert brain.found("Vigo", mode="words") == ["Ana lives in Vigo."]


def test_an_update_by_plain_sql_is_a_revision_too(server, brain):
    id = brain.remember("The lamp is red.")["id"]
    server.psql(brain.name, "UPDATE zep_episodic_memory SET content = 'The lamp is green.'")
    wait_until(lambda: brain.found("lamp", mode="words") == ["The lamp is green."])
    assert brain.found("red", mode="words") == []
    assert [(old["version"], old["content"]) for old in history(brain, id)] == [(1, "The lamp is red.")]


def test_deleting_takes_the_history_along(server, brain):
    id = brain.remember("The lamp is red.")["id"]
    revise(brain, id, {"content": "The lamp is green."})
    assert server.psql(brain.name, "SELECT count(*) FROM nexus_memory.episode_revisions") == "1"
    assert brain.client.delete(target(brain, id)).status_code == 204
    assert server.psql(brain.name, "SELECT count(*) FROM nexus_memory.episode_revisions") == "0"
    assert brain.client.get(target(brain, id, "/revisions")).status_code == 404
