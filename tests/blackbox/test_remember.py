"""Writing: what a 201 means, ids, batches, retries, deletion."""

import concurrent.futures
import uuid

from nexus import Brain


def test_an_episode_is_found_by_word_when_its_201_arrives_and_read_back_whole(brain):
    told = {"occurred_at": "2025-03-01T10:00:00+02:00", "speaker": "Marta", "session_id": "s-1",
            "tags": ["barco", "avería"], "importance_score": 0.9, "project_id": "vela",
            "metadata": {"motor": {"horas": 412.5}, "ok": True}}
    receipt = brain.remember("El carburador pierde gasolina.", **told)
    assert brain.found("carburador", mode="words") == ["El carburador pierde gasolina."]
    read = brain.client.get(f"{brain.path}/episodes/{receipt['id']}").json()
    assert {name: read[name] for name in told} == {**told, "occurred_at": "2025-03-01T08:00:00Z"}
    assert read["version"] == receipt["version"] == 1


def test_ids_ascend_in_arrival_order_and_a_batch_keeps_its_order(brain):
    first = brain.remember("uno")["id"]
    batch = [receipt["id"] for receipt in brain.remember_all([{"content": f"n {i}"} for i in range(50)])]
    ids = [first, *batch, brain.remember("último")["id"]]
    assert ids == sorted(ids)
    listed = brain.client.get(f"{brain.path}/episodes", params={"limit": 100}).json()["episodes"]
    assert [episode["id"] for episode in listed] == ids[::-1]


def test_a_batch_is_stored_whole_or_not_at_all(brain):
    answer = brain.client.post(f"{brain.path}/episodes", json={"episodes": [{"content": "good"}, {"content": "  "}]})
    assert answer.status_code == 422
    assert answer.json()["field"] == "/episodes/1/content"
    assert brain.stats()["total"] == 0


def test_the_same_key_and_body_give_one_effect_and_the_same_answer(brain):
    key = str(uuid.uuid4())
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda _: brain.remember("una sola vez", key=key), range(16)))
    assert all(receipt == receipts[0] for receipt in receipts)
    assert brain.stats()["total"] == 1
    other = brain.client.post(f"{brain.path}/episodes", json={"content": "otra cosa"}, headers={"idempotency-key": key})
    assert other.status_code == 422
    assert other.json()["type"] == "urn:nexus:problem:key-reused"
    assert brain.stats()["total"] == 1


def test_writers_beside_each_other_lose_nothing(brain):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        ids = {receipt["id"] for receipt in pool.map(lambda i: brain.remember(f"nota número {i}"), range(200))}
    assert len(ids) == brain.stats()["total"] == 200


def test_what_is_deleted_is_gone_everywhere(brain, server, model):
    kept = brain.remember("La llave del candado está en el cajón azul.", wait="embedded")["id"]
    gone = brain.remember("La llave de repuesto la tiene Iago.", wait="embedded")["id"]
    assert brain.client.delete(f"{brain.path}/episodes/{gone}").status_code == 204
    for mode in ("hybrid", "words", "vectors"):
        found = [result["id"] for result in brain.recall("¿quién tiene la llave?", mode=mode)["results"]]
        assert found == [kept]
    assert brain.client.get(f"{brain.path}/episodes/{gone}").status_code == 404
    assert brain.client.delete(f"{brain.path}/episodes/{gone}").status_code == 404
    assert server.psql(brain.name, "SELECT count(*), count(embedding) FROM zep_episodic_memory") == "1|1"


def test_a_list_is_paged_without_gap_or_repeat(brain):
    ids = [receipt["id"] for receipt in brain.remember_all([{"content": f"n {i}"} for i in range(25)])]
    seen, cursor = [], None
    for _ in range(10):
        page = brain.client.get(f"{brain.path}/episodes", params={"limit": 7, **({"cursor": cursor} if cursor else {})}).json()
        seen += [episode["id"] for episode in page["episodes"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ids[::-1]


def test_a_deleted_brain_takes_everything_along_and_its_name_is_free(client):
    brain = Brain(client, "ephemeral")
    brain.remember("something")
    assert client.delete("/v1/brains/ephemeral").status_code == 204
    assert client.get("/v1/brains/ephemeral").status_code == 404
    assert Brain(client, "ephemeral").stats()["total"] == 0
    client.delete("/v1/brains/ephemeral")
