"""The server that is measured, with its PostgreSQL, and the ways to it."""

import glob
import json
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/blackbox"))

from nexus import Brain, Nexus  # noqa: E402

RELEASE = ROOT / "build/release/nexus"
FILL_ROWS = 5_000  # in one COPY


class Stack(Nexus):
    """A release server in a temporary folder."""

    def __init__(self, *flags):
        super().__init__(*flags, binary=RELEASE)

    def bench(self, *words):
        """`nexus bench …`: what it prints."""
        done = self.run("bench", *words, "--json", "--url", self.url, "--data-dir", self.data)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @property
    def socket_folder(self):
        """Where its PostgreSQL listens; under /tmp if the path would be too long."""
        postmaster = (self.data / "pg/postmaster.pid").read_text().splitlines()
        return postmaster[4]

    def connection(self):
        return ["-h", self.socket_folder, "-U", "nexus_admin", "-d", "nexus"]

    def sql(self, text):
        done = subprocess.run(["psql", *self.connection(), "-XAtq", "-v", "ON_ERROR_STOP=1"], input=text, text=True,
                              capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def pgbench(self, script, clients, seconds):
        """Transactions a second."""
        program = sorted(glob.glob("/usr/lib/postgresql/*/bin/pgbench"))[-1]
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script)
            file.flush()
            done = subprocess.run([program, *self.connection(), "-n", "-M", "prepared", "-c", str(clients), "-j", "2",
                                   "-T", str(seconds), "-f", file.name], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        line = next(line for line in done.stdout.splitlines() if line.startswith("tps ="))
        return float(line.split()[2])


def fill(stack, brain, texts, seed=3):
    """Memories with random unit vectors, past the API: how long an answer takes does not hang on what they say.
    The server must not have loaded the brain yet."""
    space, dimension = map(int, stack.sql(
        "SELECT space_id, dimension FROM nexus_memory.embedding_spaces WHERE state = 'active'").split("|"))
    dice = random.Random(seed)
    stack.sql("ALTER TABLE nexus_memory.episodes DISABLE TRIGGER episodes_inserted; "
              f"DROP INDEX IF EXISTS nexus_memory.embeddings_{space}_hnsw")
    for begin in range(0, len(texts), FILL_ROWS):
        episodes, vectors = [], []
        for text in texts[begin:begin + FILL_ROWS]:
            item = str_uuid(dice)
            episodes.append(f"{brain.id}\t{item}\t{text}")
            numbers = [dice.gauss(0, 1) for _ in range(dimension)]
            length = sum(number * number for number in numbers) ** 0.5
            row = ",".join(f"{number / length:.5f}" for number in numbers)
            vectors.append(f"{brain.id}\tepisode\t{item}\t0\t0\t{len(text.encode())}\t1\t1\t[{row}]")
        stack.sql("BEGIN;\nCOPY nexus_memory.episodes (brain_id, episode_id, content) FROM STDIN;\n" +
                  "\n".join(episodes) + f"\n\\.\nCOPY nexus_memory.embeddings_{space} (brain_id, kind, item, chunk_no, "
                  "start_byte, end_byte, version, generation, embedding) FROM STDIN;\n" + "\n".join(vectors) +
                  "\n\\.\nCOMMIT;\n")
    stack.sql("ALTER TABLE nexus_memory.episodes ENABLE TRIGGER episodes_inserted; ANALYZE")


def str_uuid(dice):
    """A UUIDv7 of some moment of 2026."""
    milliseconds = 1_770_000_000_000 + dice.randrange(10**9)
    number = milliseconds << 80 | 7 << 76 | dice.getrandbits(12) << 64 | 2 << 62 | dice.getrandbits(62)
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
