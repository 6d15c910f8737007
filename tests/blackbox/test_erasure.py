"""Erasure: what was deleted is nowhere any more, down to the bytes of the files.

A canary, with words, metadata and vectors of its own, is remembered, embedded, revised and recalled. Then it, or its
whole brain, is deleted, and everything is searched that could hold a trace of it: every column of every table, the
planner's statistics too; Redis; the logs; every file of the data directory but the write-ahead log.

A plain VACUUM lets the space of a deleted row be used again and leaves its bytes there until then, so the files are
searched after VACUUM FULL, which writes tables and indexes anew.
"""

import pathlib
import secrets
import struct
import subprocess

import pytest

from embedding_server import EmbeddingServer
from nexus import Brain

PSQL = pathlib.Path("/usr/lib/postgresql/17/bin/psql")
OTHERS = 30  # episodes before the canary, and as many behind it: its rows are in the middle of their pages
LONG_WORDS = 400  # of 16 random digits each: too long for a row, and not to be compressed

# One line per table, of every schema, and needle: the row as text holds all of its columns.
SEARCH_TABLES = """
SELECT format('SELECT needle, %L FROM unnest(%L::text[]) needle WHERE EXISTS (SELECT FROM %s t WHERE strpos(t::text, needle) > 0)',
              c.oid::regclass, {needles}, c.oid::regclass)
  FROM pg_class c WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' ORDER BY c.oid \\gexec
"""


@pytest.fixture(scope="module")
def embedder():
    made = EmbeddingServer()
    yield made
    made.close()


@pytest.fixture
def server(private, embedder, tmp_path):
    return private("--model", str(embedder.describe(tmp_path / "model")), "--log-level", "debug")


class Canary:
    """Two episodes of a brain, and `needles`: name -> the bytes that nothing else has."""

    def __init__(self, server, client, name):
        self.server = server
        self.needles = {}
        self.neighbour = Brain(client, f"beside-{name}")  # ANALYZE keeps what it knew of a table that is empty now
        self.neighbour.remember_all([{"content": f"note {number}", "session_id": "s", "speaker": "Bea"} for number in range(3)])
        self.brain = Brain(client, name)
        self.remember_others("before")
        self.short = self.brain.remember(
            f"Ana hid the {self.word('first text')} under the stairs.", session_id=self.word("session"), speaker=self.word("speaker"),
            tags=[self.word("tag"), "plain"], metadata={"place": self.word("metadata"), "deep": {"er": [self.word("deep metadata")]}},
            key="a-write-of-its-own")["id"]
        long = " ".join([self.word("begin of the long text"), *(secrets.token_hex(8) for _ in range(LONG_WORDS)),
                         self.word("end of the long text")])
        # A second rare value: of a single one the planner's statistics keep nothing.
        self.long = self.brain.remember(long, session_id=self.word("other session"), speaker=self.word("other speaker"))["id"]
        self.remember_others("behind", wait="embedded")
        self.revise(self.neighbour, self.neighbour.remember("Bea has a hat.")["id"], "Bea has a coat.")
        self.revise(self.brain, self.short, f"Ana wears the {self.word('second text')}.")
        self.take_vectors()

    def word(self, name):
        made = f"canary{secrets.token_hex(8)}"
        self.needles[name] = made.encode()
        return made

    def text(self, name):
        return self.needles[name].decode()

    def remember_others(self, when, wait="none"):
        self.brain.remember_all([{"content": f"note {number} {when}", "session_id": f"s{number % 3}", "speaker": "Bea"}
                                 for number in range(OTHERS)], wait=wait)

    def revise(self, brain, id, content):
        answer = brain.client.patch(f"{brain.path}/episodes/{id}", json={"content": content})
        assert answer.status_code == 200, answer.text
        brain.wait_embedded()

    def path(self, id):
        return f"{self.brain.path}/episodes/{id}"

    def take_vectors(self):
        vectors = admin(self.server, "SELECT embedding FROM nexus_memory.embeddings_1 WHERE item IN "
                                     f"('{self.short}', '{self.long}') ORDER BY item, chunk_no").splitlines()
        for name, line in [("vector", vectors[0]), ("vector of the long text", vectors[-1])]:
            numbers = [float(number) for number in line.strip("[]").split(",")[:4]]
            self.needles[name] = struct.pack("<4f", *numbers)
            self.needles[f"{name}, as text"] = ",".join(line.strip("[]").split(",")[:4]).encode()

    def recall(self):
        """-> the answers to every question that the canary answered"""
        asked = [self.text("first text"), self.text("second text"), self.text("end of the long text")]
        return [hit["content"] for question in asked for mode in ["words", "vectors", "hybrid"]
                for hit in self.brain.recall(question, mode=mode)["results"] if "canary" in hit["content"]]

    def provoke_a_refusal(self, settings=""):
        """What an administrator mistypes is refused; they are shown the row, and know their statement."""
        done = psql(self.server, f"{settings}UPDATE nexus_memory.episodes SET importance_score = 7 "
                                 f"WHERE content LIKE '%{self.text('second text')}%'")
        assert done.returncode != 0 and self.text("session") in done.stderr, done.stderr


def psql(server, sql):
    return subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", server.data / "run", "-U", "nexus_admin", "nexus"],
                          input=sql, capture_output=True, text=True, timeout=120)


def admin(server, sql):
    done = psql(server, sql)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def tables_with(server, needles):
    """-> {(needle, table)}"""
    texts = {}
    for name, needle in needles.items():
        if needle.isascii():
            texts[needle.decode()] = name
    listed = "'{" + ",".join(f'"{text}"' for text in texts) + "}'"
    rows = [line.split("|") for line in admin(server, SEARCH_TABLES.format(needles=listed)).splitlines()]
    return {(texts[needle], table.removeprefix("nexus_memory.")) for needle, table in rows}


def files_with(server, needles):
    """-> {(needle, path)}; the data directory and the server's own log"""
    found = set()
    for path in [server.log_path, *server.data.rglob("*")]:
        if not path.is_file() or "pg_wal" in path.parts:
            continue
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue  # PostgreSQL removed it meanwhile
        found |= {(name, str(path.relative_to(server.folder))) for name, needle in needles.items() if needle in content}
    return found


def redis(server, *command):
    done = subprocess.run(["redis-cli", "-s", server.data / "run/redis.sock", "--raw", *command], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def redis_with(server, needles):
    keys = redis(server, "--scan").splitlines()
    dumps = [key + redis(server, "DUMP", key) for key in keys]
    return {name for name, needle in needles.items() if any(needle in dump for dump in dumps)}


def file_of(server, relation):
    return "d/pg/" + admin(server, f"SELECT pg_relation_filepath('{relation}')")


def everywhere(server, needles):
    return tables_with(server, needles) | files_with(server, needles) | {(name, "Redis") for name in redis_with(server, needles)}


def holds(found, place, *names):
    missing = {(name, place) for name in names} - found
    assert not missing, f"the search overlooks {missing}"


def check_that_the_search_finds(canary):
    server = canary.server
    admin(server, "ANALYZE")
    admin(server, "CHECKPOINT")
    in_tables = tables_with(server, canary.needles)
    holds(in_tables, "episodes", "second text", "metadata", "deep metadata", "tag", "speaker", "session", "begin of the long text")
    holds(in_tables, "episode_revisions", "first text", "metadata", "deep metadata", "tag", "speaker", "session")
    holds(in_tables, "embeddings_1", "vector, as text", "vector of the long text, as text")
    holds(in_tables, "pg_statistic", "tag", "speaker", "session")
    in_files = files_with(server, canary.needles)
    toast = admin(server, "SELECT reltoastrelid::regclass FROM pg_class WHERE oid = 'nexus_memory.episodes'::regclass")
    holds(in_files, file_of(server, "nexus_memory.episodes"), "second text", "metadata", "deep metadata")
    holds(in_files, file_of(server, toast), "begin of the long text", "end of the long text")
    holds(in_files, file_of(server, "nexus_memory.episodes_session"), "session")
    holds(in_files, file_of(server, "nexus_memory.episode_revisions"), "first text", "metadata")
    for relation in ["embeddings_1", "embeddings_1_hnsw"]:
        holds(in_files, file_of(server, f"nexus_memory.{relation}"), "vector", "vector of the long text")


def check_that_only_free_space_holds_it(canary):
    """After VACUUM alone: the files of tables and indexes, nothing else."""
    admin(canary.server, "VACUUM (ANALYZE)")
    admin(canary.server, "CHECKPOINT")
    listed = admin(canary.server, "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relfilenode <> 0 OR oid = 'pg_statistic'::regclass")
    relations = {f"d/pg/{path}" for path in listed.split()}
    assert {place for _, place in files_with(canary.server, canary.needles)} <= relations


def check_that_it_is_nowhere(canary):
    admin(canary.server, "VACUUM (FULL, ANALYZE)")
    admin(canary.server, "CHECKPOINT")
    assert everywhere(canary.server, canary.needles) == set()


def erase_episodes(canary):
    for id in [canary.short, canary.long]:
        assert canary.brain.client.delete(canary.path(id)).status_code == 204
        assert canary.brain.client.get(canary.path(id)).status_code == 404
    assert canary.recall() == []
    canary.brain.wait_embedded()
    assert canary.brain.stats()["total"] == 2 * OTHERS


def erase_brain(canary):
    assert canary.brain.client.delete(canary.brain.path).status_code == 204
    assert canary.brain.client.get(canary.brain.path).status_code == 404


@pytest.mark.parametrize("erase", [erase_episodes, erase_brain])
def test_what_is_deleted_is_in_no_table_file_log_or_redis(server, erase):
    with server.client() as client:
        canary = Canary(server, client, "ana")
        assert {hit for hit in canary.recall() if canary.text("second text") in hit} and len(canary.recall()) > 3
        canary.provoke_a_refusal()
        check_that_the_search_finds(canary)
        erase(canary)
        left = tables_with(server, canary.needles)
        assert {table for _, table in left} <= {"pg_statistic"}, "VACUUM comes later, the rows go at once"
        check_that_only_free_space_holds_it(canary)
        check_that_it_is_nowhere(canary)


def test_the_search_tells_where_something_is_left(server):
    """It can fail: whatever is planted after an erasure is found, and nothing besides."""
    with server.client() as client:
        canary = Canary(server, client, "ana")
        erase_episodes(canary)
        check_that_it_is_nowhere(canary)
        text = canary.text("first text")
        admin(server, f"UPDATE nexus_memory.outbox SET payload = payload || '{{\"content\": \"{text}\"}}' "
                      "WHERE seq = (SELECT min(seq) FROM nexus_memory.outbox)")
        admin(server, f"UPDATE nexus_memory.idempotency_keys SET response = '\"{text}\"'")
        redis(server, "SET", "kept", text)
        for path in [server.log_path, server.data / "log/postgres.log", server.data / "redis/left"]:
            with open(path, "a") as file:
                file.write(f"{text}\n")
        found = {place for name, place in everywhere(server, canary.needles) if name == "first text"}
        partition = admin(server, f"SELECT tableoid::regclass FROM nexus_memory.outbox t WHERE strpos(t::text, '{text}') > 0")
        assert {"idempotency_keys", partition.removeprefix("nexus_memory."), "Redis", "log", "d/log/postgres.log", "d/redis/left"} <= found


def test_a_deletion_that_forgets_something_is_caught(server):
    """The mutant: the triggers of episodes, which take vectors and revisions along, are switched off."""
    with server.client() as client:
        canary = Canary(server, client, "ana")
        admin(server, "ALTER TABLE nexus_memory.episodes DISABLE TRIGGER ALL")
        assert client.delete(canary.path(canary.short)).status_code == 204
        assert {"embeddings_1", "episode_revisions"} <= {place for _, place in tables_with(server, canary.needles)}


def test_a_log_that_quotes_rows_or_statements_is_caught(server):
    """The mutant: PostgreSQL's own defaults for its log, which the private one does not have."""
    with server.client() as client:
        canary = Canary(server, client, "ana")
        canary.provoke_a_refusal("SET log_error_verbosity = 'default'; SET log_min_error_statement = error;\n")
        assert {("session", "d/log/postgres.log"), ("second text", "d/log/postgres.log")} <= files_with(server, canary.needles)
