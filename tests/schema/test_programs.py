"""Runs every test of the C++ programs that need a PostgreSQL, each on an empty database of its own."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = [ROOT / "build/debug" / f"nexus_{path.name}_pgtest" for path in sorted((ROOT / "src").iterdir())
            if any(path.glob("*_pgtest.cc"))]


def cases():
    """Asked of the programs themselves; a missing program is a failure, not an empty list."""
    for program in PROGRAMS:
        if not program.exists():
            yield pytest.param(program, "is not built: run make debug", id=program.name)
            continue
        listed = subprocess.run([program, "--gtest_list_tests"], capture_output=True, text=True, check=True).stdout
        suite = ""
        for line in listed.splitlines():
            name = line.split("#")[0].strip()
            if line.startswith("  "):
                yield pytest.param(program, suite + name, id=f"{program.name}:{suite}{name}")
            elif name.endswith("."):
                suite = name


@pytest.mark.parametrize("program, name", cases())
def test_program(server, program, name):
    database = server.new_database()
    done = subprocess.run([program, f"--gtest_filter={name}", "--gtest_brief=1"], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "NEXUS_TEST_CONNINFO": f"host={server.folder} dbname={database}"})
    assert done.returncode == 0 and "1 test from 1 test suite ran" in done.stdout, done.stdout + done.stderr
