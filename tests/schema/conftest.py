"""A throw-away PostgreSQL on a unix socket, migrated as the server would: roles, then the migrations."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path("/usr/lib/postgresql/17/bin")


def drop_privileges():
    """PostgreSQL refuses root: its programs then run as the package's own user."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("postgres")

    def become():
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)

    return become


class Database:
    """psql as a role, with a brain set; every call is one connection and one transaction."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, sql, role="nexus_admin", brain=None, check=True):
        options = f"-c nexus.brain={brain}" if brain else ""
        done = subprocess.run(
            [BINARIES / "psql", "-XAtq", "-1", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", role, "nexus"],
            input=sql, capture_output=True, text=True, timeout=60, env={**os.environ, "PGOPTIONS": options})
        if check:
            assert done.returncode == 0, f"{sql[:300]}\n{done.stderr}"
            return done.stdout.strip()
        return done

    def refusal(self, sql, role, brain=None):
        done = self.run(sql, role, brain, check=False)
        assert done.returncode != 0, f"was not refused: {sql}"
        return done.stderr

    def new_brain(self, name):
        brain = self.run("SELECT nexus_memory.uuid_v7()")
        self.run(f"INSERT INTO nexus_memory.brains (brain_id, name) VALUES ('{brain}', '{name}')", "nexus_api")
        return brain


class Server:
    def __init__(self, folder):
        self.folder = folder
        self.made = 0

    def new_database(self):
        self.made += 1
        name = f"store_{self.made}"
        subprocess.run([BINARIES / "createdb", "-h", self.folder, "-U", "nexus_admin", name], check=True)
        return name


@pytest.fixture(scope="session")
def server():
    if not (BINARIES / "initdb").exists():
        pytest.skip("PostgreSQL 17 is not installed: run tools/setup.sh")
    folder = tempfile.mkdtemp(prefix="nxpg")
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = f"{folder}/data"
    become = drop_privileges()
    subprocess.run([BINARIES / "initdb", "-D", data, "-U", "nexus_admin", "-A", "trust", "-E", "UTF8", "--no-instructions",
                    "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8", "--no-sync"],
                   check=True, preexec_fn=become, cwd=folder, stdout=subprocess.DEVNULL)
    with open(f"{folder}/log", "w") as log:
        process = subprocess.Popen([BINARIES / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c",
                                   "fsync=off"], preexec_fn=become, cwd=folder, stdout=log, stderr=log)
    try:
        wait_until_ready(folder, process)
        yield Server(folder)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database(server):
    subprocess.run([BINARIES / "createdb", "-h", server.folder, "-U", "nexus_admin", "nexus"], check=True)
    made = Database(server.folder)
    made.run((ROOT / "migrations/roles.sql").read_text())
    for migration in sorted((ROOT / "migrations").glob("[0-9]*.sql")):
        made.run(migration.read_text(), "nexus_owner")
    return made


def wait_until_ready(folder, process):
    deadline = time.monotonic() + 30
    while subprocess.run([BINARIES / "pg_isready", "-q", "-h", folder]).returncode != 0:
        assert process.poll() is None, pathlib.Path(f"{folder}/log").read_text()
        assert time.monotonic() < deadline, "PostgreSQL did not start in 30 s"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def space(database):
    """The first embedding space, three dimensions small."""
    return int(database.run("SELECT nexus_memory.create_embedding_space('toy', 'ab12', 3, 16, 'query: ', "
                            "'passage: ', 'mean')", "nexus_owner"))
