"""Starts that fail, row by row of docs/guide/errors.md: what is wrong in one line, what to do in the next."""

import contextlib
import hashlib
import itertools
import os
import pathlib
import shutil
import subprocess

import pytest

from errors_page import Functions, code
from nexus import BINARY, Nexus, wait_until

START = Functions("When the server does not start")
MIB = 1 << 20
BARE = ("--model", "none")


class At:
    """Where a row is tried: a server that runs, and folders for others that shall not."""

    def __init__(self, server, private, folder, stack):
        self.server, self.private, self.folder, self.stack = server, private, folder, stack
        self.made = itertools.count(1)

    def new(self):
        """A server that was never started."""
        made = Nexus()
        self.stack.callback(made.remove)
        return made

    def data(self, **files):
        """One with a data directory that holds these."""
        made = self.new()
        made.data.mkdir(mode=0o711)
        for name, content in files.items():
            (made.data / name).write_text(content)
        return made

    def model(self, pins_model=None, **files):
        """The folder of a model, whose description pins the digests of nothing."""
        folder = self.folder / f"model-{next(self.made)}"
        folder.mkdir()
        nothing = hashlib.sha256().hexdigest()
        folder.joinpath("nexus-model.toml").write_text(
            'name = "toy"\ndimension = 3\nmax_tokens = 16\nquery_prefix = ""\npassage_prefix = ""\npooling = "mean"\n'
            f'tokenizer = "tokenizer.bin"\nsha256 = "{nothing}"\ntokenizer_sha256 = "{nothing}"\n')
        for name, content in files.items():
            folder.joinpath(name.replace("_", ".")).write_bytes(content)
        return folder

    def on_small_disk(self, mib):
        """One that was never started, with its data on a disk of that size."""
        made = self.new()
        folder = made.folder / "disk"
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={int(mib * 1024)}k,mode=0711", "tmpfs", folder],
                              capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
        self.stack.callback(subprocess.run, ["umount", folder], check=True)
        self.stack.callback(made.end)
        made.data = folder / "d"
        return made


def up(server, *flags):
    """What a start that has to fail says: (what is wrong, what to do)."""
    port = [] if "--port" in flags else ["--port", str(server.port)]
    done = server.run("up", "--data-dir", server.data, *port, *flags)
    assert done.returncode == 1 and done.stdout == "", f"{done.returncode}: {done.stdout} {done.stderr}"
    lines = done.stderr.splitlines()
    assert all(line.startswith("nexus: ") for line in lines[:-1]) and lines[-1].startswith("  "), done.stderr
    return lines[-2].removeprefix("nexus: "), lines[-1].strip()


@START.of("the port is taken")
def _(at):
    return [up(at.new(), "--port", str(at.server.port), *BARE)]


@START.of("another nexus uses the data directory")
def _(at):
    return [up(at.server, *BARE)]


@START.of("the data directory is of another version")
def _(at):
    return [up(at.data(NEXUS_VERSION="99\n"), *BARE)]


@START.of("its PostgreSQL is of another version")
def _(at):
    server = at.private(*BARE)
    assert server.stop() == 0
    (server.data / "pg/PG_VERSION").write_text("16\n")
    return [up(server, *BARE)]


@START.of("its schema is of a newer nexus")
def _(at):
    server = at.private(*BARE)
    subprocess.run(["psql", "-XAtqc", "INSERT INTO nexus_memory.schema_migrations (version, name, sha256) "
                    "SELECT max(version) + 1, 'later', '' FROM nexus_memory.schema_migrations",
                    f"host={server.data}/run dbname=nexus user=nexus_owner"], check=True)
    assert server.stop() == 0
    return [up(server, *BARE)]


@START.of("something else is in the data directory")
def _(at):
    server = at.data(**{"thesis.txt": "years of work"})
    said = up(server, *BARE)
    assert [path.name for path in server.data.iterdir()] == ["thesis.txt"]
    return [said]


@START.of("the disk is full")
def _(at):
    """A disk with no room for the marker, one with none for the cluster, and one that filled up between two starts."""
    said = [up(at.on_small_disk(mib), *BARE) for mib in (1 / 256, 8)]
    server = at.on_small_disk(192)
    server.flags = [*BARE]
    key = server.start().key()
    assert server.stop() == 0
    with open(server.data.parent / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(4096))
    said.append(up(server, *BARE))
    (server.data.parent / "filler").unlink()
    server.start()
    assert server.key() == key
    return said


@START.of("there is no such model")
def _(at):
    return [up(at.new(), "--model", at.folder / "absent")]


@START.of("a file of the model is missing")
def _(at):
    return [up(at.new(), "--model", at.model()), up(at.new(), "--model", at.model(model_onnx=b""))]


@START.of("a file of the model has another digest")
def _(at):
    return [up(at.new(), "--model", at.model(model_onnx=b"not the model", tokenizer_bin=b"")),
            up(at.new(), "--model", at.model(model_onnx=b"", tokenizer_bin=b"not the tokenizer"))]


@START.of("a setting that does not exist")
def _(at):
    file = at.folder / "nexus.toml"
    file.write_text("prot = 8002\n")
    return [up(at.new(), "--config", file)]


@START.of("a value that a setting cannot have")
def _(at):
    return [up(at.new(), "--port", "70000"), up(at.new(), "--drain-ms", "soon"), up(at.new(), "--log-level", "loud"), up(at.new(), "--roles", "king")]


def test_each_row_has_a_function_and_each_function_a_row():
    START.check()


@pytest.mark.parametrize("row", START.rows, ids=START.names())
def test_the_start_fails_and_says_why_and_what_to_do(server, private, tmp_path_factory, row):
    with contextlib.ExitStack() as stack:
        folder = tmp_path_factory.mktemp("start")
        pairs = START[row["what is wrong"]](At(server, private, folder, stack))
    for column, place in (("it says", 0), ("and what to do", 1)):
        texts = [pair[place] for pair in pairs]
        words = code(row[column])
        assert words and all(any(word in text for word in words) for text in texts), texts
        assert all(any(word in text for text in texts) for word in words), texts
