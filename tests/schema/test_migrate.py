"""nexus migrate: the schema of a given PostgreSQL, without a server. On roles of its own: of a cluster, not a database."""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("NEXUS_BINARY", ROOT / "build/debug/nexus"))
NAMES = sorted(path.name for path in (ROOT / "migrations").glob("[0-9]*.sql"))


@pytest.fixture
def dsn(server):
    return f"host={server.folder} user=nexus_admin dbname={server.new_database()}"


def migrate(dsn, *words):
    done = subprocess.run([BINARY, "migrate", *words, "--database", dsn], capture_output=True, text=True, timeout=60)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def sql(dsn, statement):
    return subprocess.run(["/usr/lib/postgresql/17/bin/psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", dsn, "-c", statement],
                          capture_output=True, text=True, check=True).stdout.strip()


def missing(dsn):
    code, status = migrate(dsn, "status")
    names = [row["name"] for row in status["migrations"] if row["applied_at"] is None]
    assert status["missing"] == len(names) and code == (3 if names else 0)
    return names


def test_an_empty_database_is_migrated_once(dsn):
    assert missing(dsn) == NAMES
    assert migrate(dsn, "run", "--dry-run") == (0, {"would_apply": NAMES})
    assert missing(dsn) == NAMES and sql(dsn, "SELECT to_regnamespace('nexus_memory')") == "", "a dry run changes nothing"
    assert migrate(dsn, "run") == (0, {"applied": NAMES})
    assert missing(dsn) == []
    assert migrate(dsn, "run") == (0, {"applied": []})


def test_a_ledger_that_tells_of_others_is_refused(dsn):
    assert migrate(dsn, "run")[0] == 0
    sql(dsn, "UPDATE nexus_memory.schema_migrations SET sha256 = 'other' WHERE version = 1")
    for words in (["status"], ["run", "--dry-run"], ["run"]):
        code, error = migrate(dsn, *words)
        assert code == 1 and NAMES[0] in error and "never edited" in error


def test_no_database_and_one_that_is_away_are_named():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEXUS_")}
    done = subprocess.run([BINARY, "migrate", "status"], capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 1 and "--database" in done.stderr
    code, error = migrate("host=/nowhere user=ana password=hush", "status")
    assert code == 1 and "/nowhere" in error and "hush" not in error
