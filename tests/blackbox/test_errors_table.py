"""Bad requests, row by row of docs/guide/errors.md: each is sent, and answered as the page says."""

import concurrent.futures
import contextlib
import datetime
import itertools
import types
import uuid

import pytest

from errors_page import Functions, code
from nexus import Brain, wait_until

MIB = 1 << 20
BAD = Functions("What a request can have wrong")
numbers = itertools.count(1)


def ask(method, path, key=None, **request):
    """A request to be sent with that API key, None being the admin's."""
    return types.SimpleNamespace(method=method, path=path, key=key, request=request)


class At:
    """Where a row is tried: a server, a brain of its own, and what is undone afterwards."""

    def __init__(self, server, brain, stack):
        self.server, self.brain, self.client, self.stack = server, brain, brain.client, stack
        self.episodes = f"{brain.path}/episodes"
        self.compare = lambda answers: None

    def remember(self, *bodies, **request):
        """One request to remember for each body: text or bytes as they are, else as JSON."""
        return [ask("POST", self.episodes, **{"content" if isinstance(body, (str, bytes)) else "json": body}, **request)
                for body in bodies]

    def recall(self, *bodies):
        return [ask("POST", f"{self.brain.path}/recall", json=body) for body in bodies]

    def list(self, *queries):
        return [ask("GET", f"{self.episodes}?{query}") for query in queries]

    def change(self, body, **headers):
        """A request to change an episode that is there."""
        return ask("PATCH", f"{self.episodes}/{self.brain.remember('It was so.')['id']}", json=body, headers=headers)

    def key(self, **fields):
        made = self.client.post("/v1/keys", json={"name": "row", "scopes": ["read", "write", "admin"], **fields})
        assert made.status_code == 201, made.text
        return made.json()

    def operations(self):
        """(method, path, operation) of everything that needs a key."""
        paths = self.client.get("/openapi.json").json()["paths"]
        return [(method.upper(), path, operation) for path, operations in paths.items()
                for method, operation in operations.items() if operation.get("security") != []]


@BAD.of("empty or blank text")
def _(at):
    return at.remember({"content": ""}, {"content": " \n\t\u3000"}) + [at.change({"content": " "})]


@BAD.of("an empty label")
def _(at):
    return at.remember({"content": "x", "speaker": ""}, {"content": "x", "tags": [""]}) + [at.change({"session_id": ""})]


@BAD.of("a NUL byte")
def _(at):
    return at.remember('{"content":"a\\u0000b"}') + [at.change({"content": "\0"})]


@BAD.of("bytes that are not UTF-8")
def _(at):
    return at.remember(b'{"content":"\xff\xfe"}', b'{"content":"\xc0\xaf"}', b'{"content":"\xed\xa0\x80"}')


@BAD.of("a surrogate alone")
def _(at):
    return at.remember('{"content":"\\ud800"}', '{"content":"\\udc00 x"}', '{"content":"\\ud800\\ud800"}')


@BAD.of("a text over its limit")
def _(at):
    at.brain.remember("x" * MIB)
    return at.remember({"content": "x" * (MIB + 1)}, {"content": "x", "speaker": "ñ" * 128 + "x"},
                       {"content": "x", "tags": ["y" * 257]}, {"content": "x", "metadata": {"a": "z" * 65536}})


@BAD.of("a body over its limit")
def _(at):
    size = 8 * MIB + 1
    return at.remember(b"x" * size) + [ask("POST", at.episodes, content=(b"x" * MIB for _ in range(9)))]


@BAD.of("a header over its limit")
def _(at):
    return [ask("GET", at.episodes, headers={"x-long": "x" * 33_000})]


@BAD.of("no JSON, or half of it")
def _(at):
    return at.remember("not json", '{"content":"x"', '{"content":"x"} {}', "")


@BAD.of("an unknown field")
def _(at):
    return (at.remember({"content": "x", "colour": "red"}, {"episodes": [{"content": "x"}, {"content": "y", "when": 1}]})
            + at.recall({"query": "x", "filter": {"colour": "red"}}) + [at.change({"colour": "red"})])


@BAD.of("an unknown parameter")
def _(at):
    return at.list("page=2") + [ask("POST", f"{at.episodes}?page=2", json={"content": "x"})]


@BAD.of("a field that is missing")
def _(at):
    return at.remember({}) + at.recall({})


@BAD.of("a wrong type")
def _(at):
    return (at.remember({"content": 7}, {"content": None}, {"content": "x", "tags": "a"}, {"content": "x", "tags": ["a", 3]},
                        {"content": "x", "importance_score": "high"}, {"content": "x", "metadata": []})
            + at.recall({"query": "x", "dedupe": 1}))


@BAD.of("a number out of its range")
def _(at):
    return (at.remember({"content": "x", "importance_score": 1.5}, {"content": "x", "importance_score": -0.001})
            + at.recall({"query": "x", "expand": 21}, {"query": "x", "recency_weight": -1}))


@BAD.of("a number that is none")
def _(at):
    return (at.remember(*(f'{{"content":"x","importance_score":{number}}}' for number in ("NaN", "Infinity", "-Infinity", "1e999")))
            + at.list("min_importance=nan", "min_importance=inf", "min_importance=1e999"))


@BAD.of("a key twice in one object")
def _(at):
    return at.remember('{"content":"x","content":"x"}', '{"content":"x","metadata":{"a":1,"b":2,"a":1}}')


@BAD.of("nesting deeper than 64")
def _(at):
    def nested(depth):
        return '{"content":"x","metadata":' + '{"a":' * depth + "1" + "}" * depth + "}"

    accepted = at.client.post(at.episodes, content=nested(63))
    assert accepted.status_code == 201, accepted.text
    return at.remember(nested(64), nested(5_000))


@BAD.of("a limit of 0, below it, or above 1,000")
def _(at):
    return at.recall(*({"query": "x", "limit": limit} for limit in (0, -1, 1001))) + at.list("limit=0", "limit=-1", "limit=1001")


@BAD.of("a limit that is no whole number")
def _(at):
    return at.recall({"query": "x", "limit": 2.5}) + at.list("limit=x", "limit=")


@BAD.of("a token budget below 1")
def _(at):
    return at.recall({"query": "x", "token_budget": 0}, {"query": "x", "token_budget": -5})


@BAD.of("a question over its limit")
def _(at):
    assert at.brain.recall("x" * 8000)["results"] == []
    return at.recall({"query": "x" * 8001})


@BAD.of("a name that is none of the choices")
def _(at):
    return (at.recall({"query": "x", "mode": "magic"}) + [ask("POST", f"{at.episodes}?wait=long", json={"content": "x"}),
            ask("POST", "/v1/keys", json={"name": "k", "scopes": ["root"]})])


@BAD.of("too many at once")
def _(at):
    return at.remember({"episodes": [{"content": "x"}] * 501}, {"content": "x", "tags": ["t"] * 65})


@BAD.of("none at all")
def _(at):
    return at.remember({"episodes": []}) + [ask("POST", "/v1/keys", json={"name": "k", "scopes": []})]


@BAD.of("a cursor of elsewhere")
def _(at):
    return at.list("cursor=zz", "cursor=ff", "cursor=") + [ask("GET", "/v1/brains?cursor=ff")]


@BAD.of("a time in the future")
def _(at):
    return at.remember({"content": "x", "occurred_at": "9999-01-01T00:00:00Z"}) + at.recall({"query": "x", "as_of": "9999-01-01T00:00:00Z"})


@BAD.of("a time that cannot be")
def _(at):
    ends = [ask("POST", "/v1/keys", json={"name": "k", "scopes": ["read"], "expires_at": end})
            for end in ("2020-01-01T00:00:00Z", "9999-12-31T23:59:59-23:00")]
    return at.remember(*({"content": "x", "occurred_at": time} for time in
                         ("0000-12-31T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-01T25:00:00Z"))) + ends


@BAD.of("a time that is not RFC 3339")
def _(at):
    return at.remember(*({"content": "x", "occurred_at": time} for time in
                         ("yesterday", "2026-01-01", "2026-01-01T10:00:00", "2026-01-01T10:00Z", ""))) + at.list("occurred_from=2026-01-01")


@BAD.of("conditions that exclude each other")
def _(at):
    return (at.recall({"query": "x", "filter": {"min_importance": 0.6, "max_importance": 0.4}})
            + at.list("occurred_from=2026-01-02T00:00:00Z&occurred_before=2026-01-01T00:00:00Z"))


@BAD.of("a bad name for a brain")
def _(at):
    names = ["", "a b", "ñandú", "-x", "x" * 64, "019307c2-8f2e-7b61-9a4e-3c5d7e9f1a2b"]
    return [ask("POST", "/v1/brains", json={"name": name}) for name in names]


@BAD.of("a name that is taken")
def _(at):
    return [ask("POST", "/v1/brains", json={"name": at.brain.name})]


@BAD.of("a bad Idempotency-Key")
def _(at):
    return [request for key in ("", "x" * 256, "a\tb") for request in at.remember({"content": "x"}, headers={"idempotency-key": key})]


@BAD.of("an Idempotency-Key with another body")
def _(at):
    at.brain.remember("x", key="k")
    return at.remember({"content": "y"}, headers={"idempotency-key": "k"}) + [
        ask("DELETE", f"{at.episodes}/{at.brain.remember('z')['id']}", headers={"idempotency-key": "k"})]


@BAD.of("an Idempotency-Key whose first request runs")
def _(at):
    """It is held up by somebody who has locked its episode by plain SQL; later it is answered as if nothing had been."""
    second = at.change({"content": "y"}, **{"idempotency-key": "k"})
    pool = at.stack.enter_context(concurrent.futures.ThreadPoolExecutor(1))
    session = at.stack.enter_context(at.server.psql_session(at.brain.name))
    session.ask("BEGIN; SELECT version FROM nexus_memory.episodes FOR UPDATE;")
    first = pool.submit(at.client.request, second.method, second.path, **second.request)
    wait_until(lambda: at.server.psql(at.brain.name, "SELECT count(*) FROM pg_locks WHERE NOT granted") != "0")

    def both_have_the_same_answer(answers):
        assert answers[0].headers["retry-after"]
        session.process.kill()
        again = at.client.request(second.method, second.path, **second.request)
        assert first.result(30).status_code == again.status_code == 200 and first.result().content == again.content

    at.compare = both_have_the_same_answer
    return [second]


@BAD.of("an If-Match of another version")
def _(at):
    path = f"{at.episodes}/{at.brain.remember('x')['id']}"
    assert at.client.patch(path, json={"content": "y"}).status_code == 200
    return [ask(method, path, headers={"if-match": tag}, **({} if method == "DELETE" else {"json": {"content": "z"}}))
            for method in ("PATCH", "DELETE") for tag in ('"1"', "2", "mine")]


@BAD.of("no key")
def _(at):
    def says_what_it_takes(answers):
        assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in answers)

    at.compare = says_what_it_takes
    return [ask(method, path.replace("{brain}", at.brain.name), headers={"authorization": given})
            for method, path, _ in at.operations() for given in ("", "Basic abc")]


@BAD.of("a key that is not known, was revoked, or ended")
def _(at):
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    revoked, ended = at.key(), at.key(expires_at=soon.isoformat())
    for made, end in ((revoked, lambda: at.client.delete(f"/v1/keys/{revoked['id']}")), (ended, lambda: None)):
        with at.server.client(made["key"]) as client:
            assert client.get(at.episodes).status_code == 200
            end()
            wait_until(lambda: client.get(at.episodes).status_code == 401, what="the end of the key")
    return [ask("GET", at.episodes, key=key) for key in ("nx_wrong", revoked["key"], ended["key"])]


@BAD.of("a key without the scope")
def _(at):
    reader, writer = (at.key(brain=at.brain.name, scopes=[scope])["key"] for scope in ("read", "write"))
    changing = [ask(method, path.replace("{brain}", at.brain.name), key=reader, json={}) for method, path, operation
                in at.operations() if method != "GET" and operation["operationId"] != "recall"]
    assert len(changing) >= 8
    return changing + [ask("GET", "/v1/keys", key=reader), ask("GET", at.episodes, key=writer), ask("DELETE", at.brain.path, key=writer)]


@BAD.of("an unknown brain, or someone else's")
def _(at):
    other, unknown = Brain(at.client, f"{at.brain.name}-other").name, f"{at.brain.name}-never"
    key = at.key(brain=at.brain.name)["key"]
    operations = [(method, path) for method, path, _ in at.operations() if "{brain}" in path]
    assert len(operations) >= 10

    def both_are_the_same(answers):
        for one, two in zip(answers[::2], answers[1::2]):
            told, hidden = one.json(), two.json()
            del told["request_id"], hidden["request_id"]
            assert told == {name: value.replace(other, unknown) if isinstance(value, str) else value
                            for name, value in hidden.items()}
            assert set(one.headers) == set(two.headers)

    at.compare = both_are_the_same
    return [ask(method, path.replace("{brain}", name).replace("{id}", str(uuid.uuid4())), key=key, json={"content": "x"})
            for method, path in operations for name in (unknown, other)]


@BAD.of("an unknown id, or one of another brain")
def _(at):
    foreign = Brain(at.client, f"{at.brain.name}-foreign").remember("x")["id"]
    return ([ask(method, f"{at.episodes}/{id}{rest}", **({"json": body} if body is not None else {}))
             for id in (foreign, uuid.uuid4(), "none") for method, rest, body in
             [("GET", "", None), ("PATCH", "", {"content": "y"}), ("DELETE", "", None), ("GET", "/revisions", None), ("POST", "/invalidate", {})]]
            + [ask("DELETE", f"/v1/keys/{id}") for id in (uuid.uuid4(), "none")]
            + [ask("GET", f"/v1/embedding-spaces/{id}") for id in (2_000_000_000, 0, "none")])


@BAD.of("a field that names what is not there")
def _(at):
    path = f"{at.episodes}/{at.brain.remember('x')['id']}/invalidate"
    foreign = Brain(at.client, f"{at.brain.name}-foreign").remember("x")["id"]
    return ([ask("POST", "/v1/keys", json={"name": "k", "scopes": ["read"], "brain": f"{at.brain.name}-never"})]
            + [ask("POST", path, json={"superseded_by": id}) for id in (str(uuid.uuid4()), foreign)])


@BAD.of("a path that leads nowhere")
def _(at):
    return [ask("GET", "/v1/nothing"), ask("GET", "/"), ask("DELETE", "/v1/brains/%FF"), ask("DELETE", f"{at.brain.path}%00x"),
            ask("GET", f"{at.episodes}/%FF"), ask("DELETE", "/v1/keys/%FF")]


@BAD.of("a method that the path does not take")
def _(at):
    assert at.client.get("/v1/brains/").status_code == 200, "a slash at the end is served"

    def says_what_it_takes(answers):
        assert [set(answer.headers["allow"].split(", ")) for answer in answers] == [{"GET", "HEAD", "POST"}, {"GET", "HEAD", "DELETE"}]

    at.compare = says_what_it_takes
    return [ask("PUT", at.episodes, json={}), ask("POST", at.brain.path, json={})]


def test_each_row_has_a_function_and_each_function_a_row():
    BAD.check()


def send(at, asked):
    with contextlib.ExitStack() as stack:
        client = at.client if asked.key is None else stack.enter_context(at.server.client(asked.key))
        return client.request(asked.method, asked.path, **asked.request)


def check(row, answer):
    problem = answer.json()
    assert answer.status_code == problem["status"] == int(row["status"]), answer.text
    assert answer.headers["content-type"] == "application/problem+json" and problem["title"]
    assert problem["type"] == f"urn:nexus:problem:{code(row['type'])[0]}"
    assert problem.get("request_id") == answer.headers.get("x-request-id")
    assert ("retry-after" in answer.headers) != (answer.headers.get("x-should-retry") == "false")
    words = f"{problem['detail']} {problem.get('remedy', '')}"
    said = {part for part in code(row["the answer says"]) if part in words or part.lower() in answer.headers}
    assert said, f"{words!r} has none of the words of its row"
    return problem.get("field"), said


def matches(field, promised):
    return field.startswith(promised[:-1]) if promised.endswith("…") else field == promised


@pytest.mark.parametrize("row", BAD.rows, ids=BAD.names())
def test_the_answer_is_what_the_page_says_and_nothing_is_stored(server, client, row):
    assert row["what is sent"] in BAD, "this row has no function"
    with contextlib.ExitStack() as stack:
        at = At(server, Brain(client, f"row-{next(numbers)}"), stack)
        asked = BAD[row["what is sent"]](at)
        before = at.brain.stats()["total"]
        answers = [send(at, one) for one in asked]
        checked = [check(row, answer) for answer in answers]
        assert at.brain.stats()["total"] == before
        at.compare(answers)
    fields = {field for field, _ in checked if field}
    for promised in code(row["field"]):
        assert any(matches(field, promised) for field in fields), f"no answer names {promised}"
    assert all(any(matches(field, promised) for promised in code(row["field"])) for field in fields), fields
    assert bool(code(row["field"])) == all(field for field, _ in checked), "some answers name no field"
    unsaid = {*code(row["the answer says"])} - {part for _, said in checked for part in said}
    assert not unsaid, f"no answer says {unsaid}"
