"""The server keeps to its own description: requests made from /openapi.json by schemathesis, with all its checks.

Each operation by itself (edge cases of every parameter, then random ones, valid and not), then chains of them along the
links: what is made is read, changed, deleted, and gone. The same ones at each run: NEXUS_SEED has others made, and
NEXUS_EXAMPLES more of them.
"""

import json
import os
import re
import subprocess
import sys

import pytest

from embedding_server import EmbeddingServer
from nexus import ROOT

HERE = ROOT / "tests/blackbox"
EXAMPLES = os.environ.get("NEXUS_EXAMPLES", "40")  # random ones, for each operation
SEED = os.environ.get("NEXUS_SEED", "11")


@pytest.fixture(scope="module")
def embedder():
    made = EmbeddingServer()
    yield made
    made.close()


@pytest.fixture
def contract(tmp_path):
    """Holds a server against a description of it; what it runs is made in a folder of its own."""
    def hold(server, description, *flags):
        (tmp_path / "openapi.json").write_text(json.dumps(description))
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml", "run",
                   tmp_path / "openapi.json", "--url", server.url, "--header", f"Authorization: Bearer {server.key()}",
                   "--checks", "all", "--seed", SEED, "--generation-database", "none", "--generation-allow-x00", "false",
                   "--request-timeout", "30", "--no-color", *flags]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path,
                              env={**os.environ, "PYTHONPATH": str(HERE), "NEXUS_TEST_MODEL": str(tmp_path / "other")})

    return hold


def test_the_server_does_what_its_description_says(private, embedder, tmp_path, contract):
    server = private("--model", str(embedder.describe(tmp_path / "model")))
    embedder.describe(tmp_path / "other", model="hashes-2")
    with server.client() as client:
        description = client.get("/openapi.json").json()
    done = contract(server, description, "--max-examples", EXAMPLES, "--continue-on-failure")
    assert done.returncode == 0, done.stdout + done.stderr
    operations = sum(map(len, description["paths"].values()))
    for expected in (f"Tested: {operations}\n", "✅  Coverage", "✅  Fuzzing", "✅  Stateful"):
        assert expected in done.stdout, done.stdout
    print(re.search(r"\d+ generated.*", done.stdout).group())


def loosen(description):
    """A limit that the server does not have."""
    parameters = description["paths"]["/v1/brains"]["get"]["parameters"]
    next(parameter for parameter in parameters if parameter["name"] == "limit")["schema"]["maximum"] = 2_000


def forget_status(description):
    del description["paths"]["/v1/brains"]["get"]["responses"]["422"]


def forget_member(description):
    description["components"]["schemas"]["BrainPage"]["required"].append("size")


@pytest.mark.parametrize("lie", [loosen, forget_status, forget_member])
def test_a_description_that_is_not_true_is_found_out(server, client, contract, lie):
    description = client.get("/openapi.json").json()
    lie(description)
    done = contract(server, description, "--include-operation-id", "listBrains", "--phases", "coverage")
    assert done.returncode == 1 and "GET /v1/brains" in done.stdout, done.stdout + done.stderr
