"""Idempotency-Key on every write: one effect, one answer."""

import concurrent.futures
import itertools
import socket

import pytest

from nexus import Brain, wait_until

numbers = itertools.count(1)


def ask(client, method, path, body=None, key=None, **headers):
    if key:
        headers["idempotency-key"] = key
    return client.request(method, path, json=body, headers=headers)


def same(first, second):
    """The same answer, but for what names the request itself."""
    assert (second.status_code, second.content) == (first.status_code, first.content), second.text
    assert second.headers.get("etag") == first.headers.get("etag")
    assert second.headers.get("content-type") == first.headers.get("content-type")


def writes(client):
    """One request of every operation that writes: a name, and what makes it ready to be sent."""
    def brain():
        return Brain(client, f"once-{next(numbers)}")

    def episode(rest=""):
        made = brain()
        return f"{made.path}/episodes/{made.remember('The lamp is red.')['id']}{rest}"

    def key():
        return client.post("/v1/keys", json={"name": "k", "scopes": ["read"]}).json()["id"]

    return {
        "createBrain": lambda: ("POST", "/v1/brains", {"name": f"once-{next(numbers)}"}),
        "deleteBrain": lambda: ("DELETE", brain().path, None),
        "rememberEpisodes": lambda: ("POST", f"{brain().path}/episodes", {"content": "x"}),
        "reviseEpisode": lambda: ("PATCH", episode(), {"content": "The lamp is green.", "metadata": {"b": 1.50, "a": [2]}}),
        "invalidateEpisode": lambda: ("POST", episode("/invalidate"), {}),
        "deleteEpisode": lambda: ("DELETE", episode(), None),
        "createKey": lambda: ("POST", "/v1/keys", {"name": "once", "scopes": ["read"]}),
        "revokeKey": lambda: ("DELETE", f"/v1/keys/{key()}", None),
    }


def test_every_operation_that_writes_takes_the_key(client):
    """But for those of embedding spaces, which move states: done twice they change nothing more."""
    described = client.get("/openapi.json").json()["paths"]
    takes, writing = set(), set()
    for path, operations in described.items():
        if path.startswith("/v1/embedding-spaces"):
            continue
        for method, operation in operations.items():
            if method != "get" and operation["operationId"] != "recall":
                writing.add(operation["operationId"])
            if any(parameter["name"] == "Idempotency-Key" for parameter in operation["parameters"]):
                takes.add(operation["operationId"])
    assert takes == writing == set(writes(client))


@pytest.mark.parametrize("name", list(writes(None)))
def test_the_same_key_and_request_give_the_same_answer_and_another_is_refused(client, name):
    method, path, body = writes(client)[name]()
    key = f"key of {name}"
    first = ask(client, method, path, body, key)
    assert first.is_success, first.text
    same(first, ask(client, method, path, body, key))
    for other in [ask(client, method, path, {**(body or {}), "name": "other", "content": "y"}, key),
                  ask(client, "POST", path.split("/episodes")[0] + "/episodes", {"content": "y"}, key)
                  if "/episodes" in path else ask(client, "POST", "/v1/brains", {"name": "other"}, key)]:
        assert other.status_code == 422, other.text
        assert other.json()["type"] in ("urn:nexus:problem:key-reused", "urn:nexus:problem:invalid")
    same(first, ask(client, method, path, body, key))


def test_a_retried_change_is_one_revision_and_outlives_later_ones(brain):
    path = f"{brain.path}/episodes/{brain.remember('The lamp is red.')['id']}"
    green = {"content": "The lamp is green.", "metadata": {"b": 1, "a": 2}}
    first = ask(brain.client, "PATCH", path, green, "green", **{"if-match": '"1"'})
    assert first.status_code == 200 and first.headers["etag"] == '"2"'
    same(first, ask(brain.client, "PATCH", path, green, "green", **{"if-match": '"1"'}))
    ask(brain.client, "PATCH", path, {"content": "The lamp is blue."}, "blue")
    ended = ask(brain.client, "POST", f"{path}/invalidate", {}, "end")
    same(first, ask(brain.client, "PATCH", path, green, "green"))
    same(ended, ask(brain.client, "POST", f"{path}/invalidate", {}, "end"))
    versions = [old["version"] for old in brain.client.get(f"{path}/revisions").json()["revisions"]]
    assert versions == [3, 2, 1]


def test_another_method_or_path_under_the_same_key_is_refused(brain):
    first, second = (f"{brain.path}/episodes/{brain.remember(text)['id']}" for text in ("uno", "dos"))
    assert ask(brain.client, "DELETE", first, key="k").status_code == 204
    for method, path, body in [("DELETE", second, None), ("PATCH", second, {"content": "tres"}),
                               ("POST", f"{second}/invalidate", {}), ("POST", f"{brain.path}/episodes", {"content": "x"})]:
        answer = ask(brain.client, method, path, body, "k")
        assert answer.status_code == 422 and answer.json()["type"] == "urn:nexus:problem:key-reused", answer.text
    assert brain.client.get(second).json()["version"] == 1 and brain.stats()["total"] == 1


def test_an_erased_text_is_in_no_kept_answer(server, brain):
    path = f"{brain.path}/episodes/{brain.remember('x')['id']}"
    ask(brain.client, "PATCH", path, {"content": "the canary sings"}, "sing")
    assert ask(brain.client, "DELETE", path, key="gone").status_code == 204
    answer = ask(brain.client, "PATCH", path, {"content": "the canary sings"}, "sing")
    assert answer.status_code == 404 and "erased" in answer.json()["detail"]
    same(ask(brain.client, "DELETE", path, key="gone"), ask(brain.client, "DELETE", path, key="gone"))


def test_a_key_is_made_once_and_its_secret_is_not_kept(server, client):
    body = {"name": "agent", "scopes": ["read", "write", "admin"]}
    first = ask(client, "POST", "/v1/keys", body, "make")
    again = ask(client, "POST", "/v1/keys", body, "make")
    same(first, again)
    with server.client(again.json()["key"]) as other:
        assert other.get("/v1/brains").status_code == 200
        made = ask(other, "POST", "/v1/keys", body, "make")
        assert made.status_code == 201 and made.json()["key"] != first.json()["key"], "another caller's key is another one"


def test_a_retried_deletion_of_a_brain_spares_the_new_one_of_that_name(client):
    brain = Brain(client, f"once-{next(numbers)}")
    assert ask(client, "DELETE", brain.path, key="away").status_code == 204
    assert ask(client, "DELETE", brain.path, key="away").status_code == 204
    assert client.delete(brain.path).status_code == 404
    again = Brain(client, brain.name)
    again.remember("kept")
    assert ask(client, "DELETE", brain.path, key="away").status_code == 204
    assert again.stats()["total"] == 1


def test_a_refused_write_leaves_its_key_free(brain):
    path = f"{brain.path}/episodes/{brain.remember('x')['id']}"
    assert ask(brain.client, "PATCH", path, {"content": "y"}, "k", **{"if-match": '"7"'}).status_code == 412
    assert ask(brain.client, "PATCH", path, {"content": "z"}, "k").status_code == 200


def test_sixteen_at_once_have_one_effect(brain):
    """Catches the mutant that claims the key in a transaction of its own."""
    path = f"{brain.path}/episodes/{brain.remember('x')['id']}"
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: ask(brain.client, "PATCH", path, {"content": "y"}, "k"), range(16)))
    for answer in answers:
        same(answers[0], answer)
    assert answers[0].status_code == 200 and brain.client.get(path).json()["version"] == 2


def test_a_change_whose_answer_died_with_the_server_has_one_effect(private):
    """Killed as soon as the COMMIT shows; catches the mutant that keeps the answer after it."""
    server = private("--model", "none")
    with server.client() as client:
        brain = Brain(client, "ana")
        path = f"{brain.path}/episodes/{brain.remember('x')['id']}"
    for version in (2, 3, 4):
        body, key = f'{{"content":"now {version}"}}', f"key-{version}"
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.sendall(f"PATCH {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {server.key()}\r\nidempotency-key: {key}\r\n"
                        f"content-length: {len(body)}\r\n\r\n{body}".encode())
            wait_until(lambda: server.psql("ana", "SELECT max(version) FROM nexus_memory.episodes") == str(version))
            server.kill()
        server.start()
        with server.client() as client:
            again = client.patch(path, content=body, headers={"idempotency-key": key})
            assert again.status_code == 200 and again.json()["content"] == f"now {version}", again.text
            assert again.headers["etag"] == f'"{version}"'
