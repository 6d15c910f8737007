"""What the tables promise by themselves, whoever writes: queue, outbox, isolation, old names."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def insert(database, brain, content, at="2026-01-01T00:00:00Z", session=None):
    session = f"'{session}'" if session else "NULL"
    return database.run(
        f"INSERT INTO nexus_memory.episodes (content, occurred_at, session_id) "
        f"VALUES ('{content}', '{at}', {session}) RETURNING episode_id", "nexus_api", brain)


def queued(database, brain):
    return set(database.run("SELECT item FROM nexus_memory.embedding_queue", "nexus_api", brain).split())


def embed(database, space, brain, item):
    """The worker's transaction: vectors in, queue row out."""
    database.run(
        f"DELETE FROM nexus_memory.embedding_queue WHERE item = '{item}';"
        f"INSERT INTO nexus_memory.embeddings_{space} VALUES "
        f"('{brain}', 'episode', '{item}', 0, 0, 4, 1, 1, '[1,0,0]')", "nexus_embedder", brain)


def events(database, brain):
    return database.run("SELECT type FROM nexus_memory.outbox ORDER BY xid, seq", "nexus_relay", brain).split()


def statements():
    for path in sorted((ROOT / "src/store/sql").glob("*.sql")):
        for part in path.read_text().split("-- name: ")[1:]:
            name, sql = part.split("\n", 1)
            yield pytest.param(name.strip(), re.sub(r"^--.*\n", "", sql, flags=re.M).strip().rstrip(";"), id=name.strip())


ROLES = {  # who runs a statement, where it is not nexus_api
    "nexus_owner": {"CreateSpace", "MoveSpace", "ActivateSpace", "RetireSpace", "LockMigrations", "ListMigrations", "RecordMigration", "DescribeColumns", "QueueMissing"},
    "nexus_embedder": {"ClaimWork", "ExtendLease", "FinishWork", "DelayWork", "ReturnWork", "AnnounceEmbedded",
                       "DeleteVectors", "InsertVectors", "RetryFailed", "GetEpisodes", "GetContext"},
    "nexus_relay": {"OutboxStart", "ReadOutbox", "OutboxReach", "LastErasures", "IdentifyTables"},
    "nexus_keeper": {"EnsureOutboxPartition", "PruneBrainsKeys", "PruneCallersKeys", "ListSpaces", "CountSpace", "ListFailed"},
}


def roles_of(name):
    also_of_requests = {"GetEpisodes"}
    roles = [role for role, names in ROLES.items() if name in names]
    return roles + ["nexus_api"] if not roles or name in also_of_requests else roles


@pytest.mark.parametrize("name, sql", statements())
def test_every_statement_of_the_store_can_be_run_by_the_role_that_uses_it(database, space, name, sql):
    """EXPLAIN of a generic plan parses, plans, and checks the role's privileges; it executes nothing."""
    if name in ("ListMigrations", "RecordMigration"):
        database.run("CREATE TABLE IF NOT EXISTS nexus_memory.schema_migrations (version integer PRIMARY KEY, "
                     "name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())", "nexus_owner")
    sql = sql.replace(":space", str(space))
    for role in roles_of(name):
        database.run(f"EXPLAIN (GENERIC_PLAN) {sql}", role)


def test_the_check_above_sees_missing_privileges(database):
    sql = dict((param.values for param in statements()))["GetEpisodes"]
    assert "permission denied" in database.refusal(f"EXPLAIN (GENERIC_PLAN) {sql}", "nexus_relay")


def test_the_compiled_in_list_of_columns_is_the_schema(database, space):
    sql = dict((param.values for param in statements()))["DescribeColumns"]
    present = [line for line in database.run(sql, "nexus_owner").splitlines() if not line.startswith("schema_migrations.")]
    assert present == (ROOT / "migrations/columns.txt").read_text().split("\n")[:-1]


def test_the_role_script_may_run_twice(database):
    database.run((ROOT / "migrations/roles.sql").read_text())


def test_a_write_queues_its_embedding_and_leaves_one_event(database, space):
    brain = database.new_brain("queue-and-event")
    episode = insert(database, brain, "hola")
    assert queued(database, brain) == {episode}
    assert events(database, brain).count("episode.created") >= 1
    assert database.run(f"SELECT count(*) FROM nexus_memory.outbox WHERE aggregateid = '{episode}'",
                        "nexus_api", brain) == "1"


def test_an_aborted_write_leaves_nothing(database, space):
    brain = database.new_brain("aborted")
    database.refusal("INSERT INTO nexus_memory.episodes (content) VALUES ('gone'); SELECT 1/0", "nexus_api", brain)
    assert queued(database, brain) == set()
    assert database.run("SELECT count(*) FROM nexus_memory.outbox", "nexus_api", brain) == "0"


def test_an_episode_between_two_others_renews_the_two_behind_it(database, space):
    brain = database.new_brain("between")
    turns = [insert(database, brain, f"turn {i}", f"2026-01-01T00:0{2 * i}:00Z", "s") for i in range(4)]
    for turn in turns:
        embed(database, space, brain, turn)
    assert queued(database, brain) == set()
    late = insert(database, brain, "late", "2026-01-01T00:01:00Z", "s")
    assert queued(database, brain) == {late, turns[1], turns[2]}


def test_work_in_flight_is_void_when_its_item_is_queued_again(database, space):
    brain = database.new_brain("in-flight")
    second = insert(database, brain, "second", "2026-01-02T00:00:00Z", "s")
    read = f"SELECT generation, lease_token IS NULL FROM nexus_memory.embedding_queue WHERE item = '{second}'"
    database.run(f"UPDATE nexus_memory.embedding_queue SET lease_token = gen_random_uuid() WHERE item = '{second}'",
                 "nexus_embedder")
    before = database.run(read, "nexus_api", brain)
    insert(database, brain, "first", "2026-01-01T00:00:00Z", "s")
    after = database.run(read, "nexus_api", brain)
    assert before.endswith("|f") and after.endswith("|t")
    assert int(after.split("|")[0]) > int(before.split("|")[0])


def test_delete_takes_vectors_and_queued_work_along(database, space):
    brain = database.new_brain("delete")
    kept, gone = insert(database, brain, "kept"), insert(database, brain, "gone")
    embed(database, space, brain, gone)
    database.run(f"DELETE FROM nexus_memory.episodes WHERE episode_id IN ('{gone}')", "nexus_api", brain)
    assert queued(database, brain) == {kept}
    assert database.run(f"SELECT count(*) FROM nexus_memory.embeddings_{space}", "nexus_api", brain) == "0"
    assert "episode.deleted" in events(database, brain)


def test_deleting_a_brain_leaves_no_row_of_it(database, space):
    brain = database.new_brain("whole-brain")
    embed(database, space, brain, insert(database, brain, "a", session="s"))
    insert(database, brain, "b", "2026-01-03T00:00:00Z", "s")
    database.run(f"DELETE FROM nexus_memory.brains WHERE brain_id = '{brain}'", "nexus_api", brain)
    for table in ("episodes", "embedding_queue", f"embeddings_{space}", "idempotency_keys"):
        assert database.run(f"SELECT count(*) FROM nexus_memory.{table}", "nexus_backup") is not None
        assert database.run(f"SELECT count(*) FROM nexus_memory.{table} WHERE brain_id = '{brain}'", "nexus_backup") == "0"


def test_a_transaction_over_very_many_sessions_holds_few_locks(database, space):
    """Else PostgreSQL runs out of them, and a brain of many sessions could never be deleted."""
    brain = database.new_brain("sessions")
    held = database.run("INSERT INTO nexus_memory.episodes (content, session_id) "
                        "SELECT 'x', 's' || n FROM generate_series(1, 1000) n; "
                        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
                        "nexus_sql", brain)
    assert 0 < int(held) <= 64


@pytest.mark.parametrize("role", ["nexus_api", "nexus_sql", "nexus_embedder", "nexus_owner"])
def test_another_brains_rows_are_invisible_and_without_a_brain_all_are(database, space, role):
    mine, theirs = database.new_brain(f"mine-{role}"), database.new_brain(f"theirs-{role}")
    insert(database, theirs, "secret")
    count = f"SELECT count(*) FROM nexus_memory.episodes WHERE brain_id = '{theirs}'"
    assert database.run(count, role, theirs) == "1"
    assert database.run(count, role, mine) == "0"
    assert database.run(count, role) == "0"


def test_a_row_cannot_be_written_into_another_brain(database, space):
    mine, theirs = database.new_brain("writer"), database.new_brain("victim")
    refusal = database.refusal(f"INSERT INTO nexus_memory.episodes (brain_id, content) VALUES ('{theirs}', 'x')",
                               "nexus_api", mine)
    assert "row-level security" in refusal


@pytest.mark.parametrize("view", ["public.zep_episodic_memory", "memory_system.episodes"])
def test_old_names_write_and_show_the_same_rows(database, space, view):
    brain = database.new_brain("old-" + view.replace(".", "-"))
    episode = database.run(f"INSERT INTO {view} (content) VALUES ('vieja costumbre') RETURNING id", "nexus_sql", brain)
    assert queued(database, brain) == {episode}
    assert database.run(f"SELECT count(*), count(embedding) FROM {view}", "nexus_sql", brain) == "1|0"
    embed(database, space, brain, episode)
    assert database.run(f"SELECT count(*), count(embedding) FROM {view}", "nexus_sql", brain) == "1|1"
    database.run(f"UPDATE {view} SET content = 'nueva' WHERE id = '{episode}'", "nexus_sql", brain)
    assert database.run(f"SELECT content, version FROM {view}", "nexus_sql", brain) == "nueva|2"
    assert queued(database, brain) == {episode}
    database.run(f"DELETE FROM {view}", "nexus_sql", brain)
    assert database.run(f"SELECT count(*) FROM {view}", "nexus_sql", brain) == "0"


def test_old_names_without_a_brain_say_what_to_do(database, space):
    refusal = database.refusal("INSERT INTO zep_episodic_memory (content) VALUES ('x')", "nexus_sql")
    assert "no brain is set" in refusal and "nexus psql --brain" in refusal


@pytest.mark.parametrize("content", ["''", "'   '", "E'\\n\\t'", "repeat('x', 1048577)"])
def test_blank_and_oversize_texts_are_refused_also_in_sql(database, space, content):
    brain = database.run("SELECT coalesce((SELECT brain_id FROM nexus_memory.brains WHERE name = 'checks'), NULL)")
    brain = brain or database.new_brain("checks")
    refusal = database.refusal(f"INSERT INTO nexus_memory.episodes (content) VALUES ({content})", "nexus_api", brain)
    assert "content_" in refusal


def test_a_multi_row_insert_keeps_arrays_nulls_and_metadata(database, space):
    brain = database.new_brain("columns")
    sql = dict((param.values for param in statements()))["InsertEpisodes"]
    database.run(f"PREPARE it AS {sql}; EXECUTE it('{brain}', '{{{brain}}}', '{{\"a, \\\"b\\\"\"}}', '{{2026-01-01}}', "
                 "'{0.25}', '{\"[\\\"x y\\\", \\\"z\\\"]\"}', '{NULL}', '{s}', '{NULL}', '{\"{\\\"k\\\": 1}\"}', '{2026-01-02}')",
                 "nexus_api", brain)
    row = database.run("SELECT content, importance_score, tags, project_id IS NULL, session_id, metadata "
                       "FROM nexus_memory.episodes", "nexus_api", brain)
    assert row == 'a, "b"|0.25|{"x y",z}|t|s|{"k": 1}'


def test_no_trigger_calls_out(database):
    found = database.run(
        "SELECT p.proname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang "
        "WHERE NOT t.tgisinternal AND (NOT l.lanpltrusted OR p.prosrc ~* '(dblink|http|notify|copy .* program)')")
    assert found == ""


def test_no_request_role_owns_a_table_or_bypasses_isolation(database, space):
    assert database.run("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'nexus_memory'") == "nexus_owner"
    assert database.run("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'nexus\\_%' AND rolname <> 'nexus_admin' "
                        "AND (rolsuper OR rolbypassrls)") == "0"
    unguarded = database.run(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'brain_id' "
        "WHERE c.relnamespace = 'nexus_memory'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
        "AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1").split()
    assert unguarded == ["api_keys", "brains"]  # the directory, read before a brain is known
