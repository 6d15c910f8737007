"""Runs every test of the store's C++ test program, each on an empty database of its own."""

import os
import pathlib
import subprocess

import pytest

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "build/debug/nexus_store_pgtest"


def names():
    """Asked of the program itself; a missing program is a failure, not an empty list."""
    if not PROGRAM.exists():
        return ["the test program is not built: run make debug"]
    listed = subprocess.run([PROGRAM, "--gtest_list_tests"], capture_output=True, text=True, check=True).stdout
    return [line.strip() for line in listed.splitlines() if line.startswith("  ")]


@pytest.mark.parametrize("name", names())
def test_store(server, name):
    database = server.new_database()
    done = subprocess.run([PROGRAM, f"--gtest_filter=StoreTest.{name}", "--gtest_brief=1"], capture_output=True, text=True,
                          timeout=120, env={**os.environ, "NEXUS_TEST_CONNINFO": f"host={server.folder} dbname={database}"})
    assert done.returncode == 0 and "1 test from 1 test suite ran" in done.stdout, done.stdout + done.stderr
