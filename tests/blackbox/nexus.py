"""A real `nexus up` in a temporary data directory, driven over HTTP."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import httpx

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("NEXUS_BINARY", ROOT / "build/debug/nexus"))
START_SECONDS = 90


def wait_until(condition, seconds=30, what="the condition"):
    """Polls until it holds; returns what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true in {seconds} s"
        time.sleep(0.02)


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nexus:
    """One server. `start` and `kill` may alternate; the data stays."""

    def __init__(self, *flags, binary=BINARY, environment=None, data=None, database=None):
        """`data`: another data directory; `database`: a DSN, for `nexus serve` instead of `nexus up`."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nx"))
        self.folder.chmod(0o711)  # as root, the private servers run as another user
        self.data = data or self.folder / "d"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.flags = list(flags)
        self.binary = binary
        self.environment = {**os.environ, **(environment or {})}
        self.database = database
        self.process = None
        self.log_path = self.folder / "log"

    def start(self):
        log = open(self.log_path, "ab")
        servers = ["serve", "--database", self.database] if self.database else ["up", "--data-dir", self.data]
        command = [self.binary, *servers, "--port", str(self.port), *self.flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=self.environment)
        log.close()
        line = self.process.stdout.readline().decode().strip()
        assert line == f"ready {self.url}", f"{line!r}\n{self.log()}"
        return self

    def log(self):
        return self.log_path.read_text(errors="replace")[-6000:]

    def key(self):
        return (self.data / "admin.key").read_text().strip()

    def client(self, key=None, timeout=60):
        headers = {"authorization": f"Bearer {key or self.key()}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=timeout)

    def run(self, *command, **options):
        """A command of the same binary, as a person would type it."""
        return subprocess.run([self.binary, *command], capture_output=True, text=True, timeout=120,
                              env=self.environment, **options)

    def psql(self, brain, sql):
        """As the documented SQL role, with the brain set."""
        done = self.run("psql", "--data-dir", self.data, "--brain", brain, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @contextlib.contextmanager
    def psql_session(self, brain):
        """One that stays; what it began is rolled back at the end."""
        command = [self.binary, "psql", "--data-dir", self.data, "--brain", brain, "-XAtq", "-v", "ON_ERROR_STOP=1"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.environment)
        try:
            yield PsqlSession(process)
        finally:
            process.kill()
            process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        self.process.stdout.close()
        return status

    def end(self):
        if self.process and self.process.poll() is None:
            self.stop()

    def remove(self):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)


class PsqlSession:
    def __init__(self, process):
        self.process = process

    def ask(self, sql):
        """The first line that comes back."""
        self.process.stdin.write(sql + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


class Brain:
    """The few calls that most tests make."""

    def __init__(self, client, name):
        self.client = client
        self.name = name
        made = client.post("/v1/brains", json={"name": name})
        assert made.status_code == 201, made.text
        self.id = made.json()["id"]
        self.path = f"/v1/brains/{name}"

    def remember(self, content, wait="none", key=None, **fields):
        headers = {"idempotency-key": key} if key else {}
        answer = self.client.post(f"{self.path}/episodes", params={"wait": wait}, headers=headers,
                                  json={"content": content, **fields})
        return self.receipts(answer, wait)

    def remember_all(self, episodes, wait="none"):
        answer = self.client.post(f"{self.path}/episodes", params={"wait": wait}, json={"episodes": episodes})
        return self.receipts(answer, wait)["episodes"]

    def receipts(self, answer, wait):
        """The server waits for 30 seconds; embedding is niced, and a busy machine may need longer."""
        assert answer.status_code == 201, answer.text
        if wait == "embedded":
            self.wait_embedded()
        return answer.json()

    def wait_embedded(self, seconds=300):
        wait_until(lambda: self.stats()["pending"] == 0, seconds, "the end of embedding")

    def recall(self, query, **fields):
        answer = self.client.post(f"{self.path}/recall", json={"query": query, **fields})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def found(self, query, **fields):
        answer = self.recall(query, **fields)
        assert answer["degraded"] == [], answer
        return [result["content"] for result in answer["results"]]

    def stats(self):
        return self.client.get(f"{self.path}/stats").json()["episodes"]
