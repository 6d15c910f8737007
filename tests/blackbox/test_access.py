"""Keys, scopes, and brains that never meet."""

import httpx
import pytest

from nexus import Brain


def test_a_key_is_taken_in_three_forms(server, brain):
    for headers in ({"authorization": f"Bearer {server.key()}"}, {"authorization": f"Token {server.key()}"}, {"x-api-key": server.key()}):
        assert httpx.get(f"{server.url}{brain.path}/stats", headers=headers).status_code == 200


@pytest.fixture
def make_key(client):
    def make(**fields):
        answer = client.post("/v1/keys", json={"name": "test", **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


def test_a_key_of_one_brain_sees_no_other(server, client, brain, make_key):
    other = Brain(client, brain.name + "-other")
    secret = other.remember("un secreto")
    key = make_key(brain=brain.name, scopes=["read", "write"])["key"]
    with server.client(key) as mine:
        assert mine.get(f"{brain.path}/stats").status_code == 200
        refused = mine.get(f"{other.path}/stats")
        unknown = mine.get("/v1/brains/unheard-of/stats")
        assert refused.status_code == unknown.status_code == 404
        assert mine.get(f"{brain.path}/episodes/{secret['id']}").status_code == 404
        assert mine.delete(f"{brain.path}/episodes/{secret['id']}").status_code == 404
        assert [found["name"] for found in mine.get("/v1/brains").json()["brains"]] == [brain.name]
        assert mine.post("/v1/brains", json={"name": "more"}).status_code == 403
        assert mine.delete(brain.path).status_code == 403
    assert other.stats()["total"] == 1


def test_secrets_are_shown_once(client, make_key):
    made = make_key(scopes=["read"])
    listed = {key["id"]: key for key in client.get("/v1/keys").json()["keys"]}
    assert "key" not in listed[made["id"]] and made["key"].startswith(listed[made["id"]]["prefix"])


def test_health_and_the_description_are_open_and_metrics_are_not(server):
    assert httpx.get(f"{server.url}/health/live").status_code == 200
    assert httpx.get(f"{server.url}/health/ready").status_code == 200
    described = httpx.get(f"{server.url}/openapi.json").json()
    assert described["openapi"].startswith("3.1") and "/v1/brains/{brain}/recall" in described["paths"]
    assert httpx.get(f"{server.url}/metrics").status_code == 401


def test_metrics_count_what_was_done(client, brain):
    brain.remember("counted")
    text = client.get("/metrics").text
    assert "nexus_http_requests_total" in text and 'operation="rememberEpisodes"' in text
