"""nexus config: what is set, where it comes from, what is wrong."""

import json
import os
import subprocess

import pytest

from nexus import BINARY, ROOT

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("NEXUS_")}


def config(*words, **environment):
    return subprocess.run([BINARY, "config", *words], capture_output=True, text=True, timeout=60,
                          env={**CLEAN, **environment})


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "nexus.toml"
        path.write_text(text)
        return path

    return write


def test_the_page_of_the_documentation_is_the_output_of_reference():
    assert config("reference").stdout == (ROOT / "docs/operate/configuration.md").read_text()
    names = [row["name"] for row in json.loads(config("reference", "--json").stdout)["settings"]]
    up = subprocess.run([BINARY, "up", "--help"], capture_output=True, text=True, env=CLEAN).stdout
    assert names and all(f"--{name}" in up for name in names)


def test_check_names_all_that_is_wrong_with_its_place_and_the_nearest_key(file):
    path = file("prot = 1\nport = 70000\nlog-level = 'loud'\nroles = ['api']\nindex-mb = 5\n")
    done = config("check", path, NEXUS_PORT="8010", NEXUS_DRAIN_MS="soon")
    answer = json.loads(done.stdout)
    assert done.returncode == 1 and not answer["ok"]
    found = {fault["message"].removeprefix(f"{path}:"): fault["remedy"] for fault in answer["faults"]}
    expected = {"1: `prot`": "`port`", "2: port is `70000`": "", "3: log-level is `loud`": "", "4: `roles`": "",
                "5: `index-mb`": "`index-mib`", "NEXUS_DRAIN_MS: drain-ms is `soon`": ""}
    for begin, nearest in expected.items():
        assert [remedy for message, remedy in found.items() if message.startswith(begin) and nearest in remedy], found
    assert len(found) == len(expected), found


@pytest.mark.parametrize("text, says", [("port = 1\nport = 2\n", ":2:"), ("port", ":1:"), (None, "cannot be read")])
def test_check_says_what_is_no_toml(file, tmp_path, text, says):
    done = config("check", file(text) if text else tmp_path / "absent")
    assert done.returncode == 1 and says in done.stdout


def test_check_says_that_all_is_well(file):
    done = config("check", file("port = 8010\nlog-level = 'debug'\n"))
    assert done.returncode == 0 and json.loads(done.stdout) == {"ok": True, "faults": []}
    assert config("check").returncode == 0


def test_show_says_where_each_value_comes_from_and_no_password(file, tmp_path):
    secret = tmp_path / "dsn"
    secret.write_text("postgresql://ana:hush@db/nexus\n")
    path = file("log-level = 'debug'\nport = 1\n")
    done = config("show", "--config", path, "--drain-ms", "5", "--redis", "redis://:hush@cache/0", NEXUS_PORT="2",
                  NEXUS_DATABASE_FILE=str(secret))
    assert done.returncode == 0 and "hush" not in done.stdout, done.stderr
    shown = {row["name"]: (row["value"], row["source"], row["place"]) for row in json.loads(done.stdout)["settings"]}
    assert shown["log-level"] == ("debug", "file", f"{path}:1")
    assert shown["port"] == ("2", "environment", "NEXUS_PORT")
    assert shown["drain-ms"] == ("5", "flag", "--drain-ms")
    assert shown["address"] == ("127.0.0.1", "default", "")
    assert shown["database"] == ("postgresql://ana:***@db/nexus", "environment", "NEXUS_DATABASE_FILE")
    assert shown["redis"] == ("redis://:***@cache/0", "flag", "--redis")
