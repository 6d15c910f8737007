"""Bad input gets a clear error, names the place, and stores nothing."""

import pytest

MIB = 1 << 20


@pytest.mark.parametrize("body, status, field", [
    ('{"content":""}', 422, "/content"),
    ('{"content":" \\n\\t\\u3000"}', 422, "/content"),
    ('{"content":"a\\u0000b"}', 422, "/content"),
    (b'{"content":"\xff\xfe"}', 422, "/content"),
    ('{"content":"\\ud800"}', 422, "/content"),
    ('{"content":"x","colour":"red"}', 422, "/colour"),
    ('{"content":7}', 422, "/content"),
    ('{"content":null}', 422, "/content"),
    ('{}', 422, "/content"),
    ('{"content":"x","content":"y"}', 422, "/content"),
    ('{"content":"x","importance_score":1.5}', 422, "/importance_score"),
    ('{"content":"x","importance_score":"high"}', 422, "/importance_score"),
    ('{"content":"x","tags":["a",3]}', 422, "/tags/1"),
    ('{"content":"x","tags":"a"}', 422, "/tags"),
    ('{"content":"x","metadata":[]}', 422, "/metadata"),
    ('{"content":"x","occurred_at":"yesterday"}', 422, "/occurred_at"),
    ('{"content":"x","occurred_at":"9999-01-01T00:00:00Z"}', 422, "/occurred_at"),
    ('{"content":"x","speaker":""}', 422, "/speaker"),
    ('{"episodes":[]}', 422, "/episodes"),
    ('{"episodes":[{"content":"x"},{"content":"y","when":1}]}', 422, "/episodes/1/when"),
    ('[' * 100, 422, None),
    ('not json', 422, None),
    ('', 422, None),
])
def test_a_bad_episode_is_refused_by_name_and_nothing_is_stored(brain, body, status, field):
    answer = brain.client.post(f"{brain.path}/episodes", content=body)
    problem = answer.json()
    assert answer.status_code == status, problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status and problem["detail"]
    if field is not None:
        assert problem["field"] == field
    assert answer.headers["x-should-retry"] == "false"
    assert brain.stats()["total"] == 0


@pytest.mark.parametrize("size, status", [(MIB, 201), (MIB + 1, 413), (9 * MIB, 413)])
def test_the_limit_of_a_text_is_one_mebibyte(brain, size, status):
    answer = brain.client.post(f"{brain.path}/episodes", json={"content": "x" * size})
    assert answer.status_code == status, answer.text[:200]
    if status == 413:
        assert "limit" in answer.json()["detail"]
    assert brain.stats()["total"] == (1 if status == 201 else 0)


@pytest.mark.parametrize("body, field", [
    ({"query": ""}, "/query"),
    ({"query": "x", "limit": 0}, "/limit"),
    ({"query": "x", "limit": 1001}, "/limit"),
    ({"query": "x", "limit": 2.5}, "/limit"),
    ({"query": "x", "mode": "magic"}, "/mode"),
    ({"query": "x" * 8001}, "/query"),
    ({"question": "x"}, "/question"),
    ({}, "/query"),
])
def test_a_bad_question_is_refused_by_name(brain, body, field):
    answer = brain.client.post(f"{brain.path}/recall", json=body)
    assert answer.status_code == 422 and answer.json()["field"] == field


@pytest.mark.parametrize("query, field", [("limit=0", "/limit"), ("limit=x", "/limit"), ("cursor=zz", "/cursor"), ("cursor=ff", "/cursor"), ("page=2", "/page")])
def test_a_bad_parameter_is_refused_by_name(brain, query, field):
    answer = brain.client.get(f"{brain.path}/episodes?{query}")
    assert answer.status_code == 422 and answer.json()["field"] == field


@pytest.mark.parametrize("path", ["/v1/brains/%FF", "/v1/brains/{brain}%00x", "/v1/brains/{brain}/episodes/%FF", "/v1/keys/%FF"])
def test_a_path_that_is_no_text_is_not_found(brain, path):
    assert brain.client.delete(path.format(brain=brain.name)).status_code == 404
    assert brain.stats()["total"] == 0


def test_a_cursor_that_is_no_text_is_refused(client):
    assert client.get("/v1/brains?cursor=ff").status_code == 422


def test_an_end_of_a_key_that_cannot_be_written_down_is_refused(client):
    body = {"name": "late", "scopes": ["read"], "expires_at": "9999-12-31T23:59:59-23:00"}
    assert client.post("/v1/keys", json=body).status_code == 422
    assert client.get("/v1/keys").status_code == 200


def test_an_unknown_brain_path_and_method(client):
    assert client.get("/v1/brains/nobody/stats").status_code == 404
    assert client.get("/v1/nothing").status_code == 404
    refused = client.put("/v1/brains/nobody/episodes")
    assert refused.status_code == 405
    assert set(refused.headers["allow"].replace(" ", "").split(",")) >= {"GET", "POST"}
    assert client.get("/v1/brains/").status_code == 200


@pytest.mark.parametrize("name", ["", "a b", "ñandú", "-x", "x" * 64, "019307c2-8f2e-7b61-9a4e-3c5d7e9f1a2b"])
def test_a_bad_name_of_a_brain_is_refused(client, name):
    answer = client.post("/v1/brains", json={"name": name})
    assert answer.status_code == 422 and answer.json()["field"] == "/name"


def test_a_taken_name_is_a_conflict(client, brain):
    assert client.post("/v1/brains", json={"name": brain.name}).status_code == 409


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_bad_idempotency_key_is_refused(brain, key):
    answer = brain.client.post(f"{brain.path}/episodes", json={"content": "x"}, headers={"idempotency-key": key})
    assert answer.status_code == 422
    assert brain.stats()["total"] == 0
