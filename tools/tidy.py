#!/usr/bin/env python3
"""Holds the sources against .clang-tidy.

usage: tidy.py [--fresh] [--jobs N] [MODULE ...]

All files of a module, its tests too, are checked as one translation unit, because most of the time
goes into the headers from outside; files whose names collide with those of others make further
units. Files of outside libraries alone (*_impl.cc) are left out. It needs the flags and the
generated headers of build/debug (`make debug`).

A module that was found clean is remembered in the cache by the digest of its files, of all headers
of this project that they reach, of .clang-tidy, the flags, and the versions of clang-tidy and of
the installed packages of headers. So `make test` checks the whole tree, and pays for what changed.

--fresh  check also what is remembered as clean
Exit status: 0 clean; 1 findings, or it cannot be run.
"""

import argparse
import concurrent.futures
import dataclasses
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/debug"
UNITS = ROOT / "build/tidy"
TIDY, CLANG = "clang-tidy-19", "clang++-19"
REMEMBERED_DAYS = 30
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
ERROR = re.compile(r"^(\S+?):\d+:\d+: (?:fatal )?error: ", re.MULTILINE)


@dataclasses.dataclass
class Module:
    name: str
    files: list[Path]
    flags: list[str]


def main() -> int:
    options = parse_options()
    modules = read_modules()
    unknown = set(options.modules) - set(modules)
    if unknown:
        sys.exit(f"tidy: no such module: {', '.join(sorted(unknown))}")
    chosen = [modules[name] for name in options.modules or modules]
    memory = Memory()
    waiting = [each for each in chosen if options.fresh or not memory.knows(each)]
    print(f"tidy: {len(waiting)} of {len(chosen)} modules to check: {' '.join(m.name for m in waiting)}", flush=True)
    UNITS.mkdir(parents=True, exist_ok=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as workers:
        largest_first = sorted(waiting, key=lambda module: -len(module.files))
        for module, findings, seconds in workers.map(check, largest_first):
            print(f"{findings}tidy: {module.name}: {'FINDINGS' if findings else 'clean'}, {seconds:.0f} s", flush=True)
            failed += bool(findings)
            if not findings:
                memory.keep(module)
    return 1 if failed else 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    return parser.parse_args()


def read_modules() -> dict[str, Module]:
    """From the compilation database: each module's files, and every flag that one of them needs."""
    database = BUILD / "compile_commands.json"
    if not database.exists():
        sys.exit(f"tidy: {database} is not there: run `make debug`")
    modules: dict[str, Module] = {}
    for entry in json.loads(database.read_text()):
        path = Path(entry["file"])
        if not path.is_relative_to(ROOT / "src") or path.stem.endswith("_impl") or not path.exists():
            continue
        name = path.relative_to(ROOT / "src").parts[0]
        module = modules.setdefault(name, Module(name, [], []))
        if path not in module.files:
            module.files.append(path)
        if "_MUTANT_" not in entry["command"]:
            module.flags += [flag for flag in portable(entry["command"]) if flag not in module.flags]
    for module in modules.values():
        module.files.sort()
    return modules


def portable(command: str) -> list[str]:
    """The flags that clang understands: definitions, folders, the standard."""
    words = shlex.split(command)
    kept = [word for word in words if re.match(r"-[DI]|-std=", word)]
    for flag, folder in zip(words, words[1:]):
        if flag == "-isystem":
            kept.append(f"-isystem{folder}")
    return kept


def check(module: Module) -> tuple[Module, str, float]:
    """-> the module, what is wrong with it, the seconds"""
    begin = time.monotonic()
    findings = ""
    for number, files in enumerate(compatible(module)):
        unit = write_unit(f"{module.name}_{number}", files)
        command = [TIDY, "--quiet", f"--header-filter=/src/{module.name}/", str(unit), "--", *clang_flags(module)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        if done.returncode != 0:
            findings += done.stdout.replace(f"{ROOT}/", "") or done.stderr
    return module, findings, time.monotonic() - begin


def compatible(module: Module) -> list[list[Path]]:
    """The files, in as few units as compile: who redefines a name waits for the next one."""
    units, rest = [], module.files
    while rest:
        unit = write_unit(f"{module.name}_try", rest)
        command = [CLANG, "-fsyntax-only", "-ferror-limit=0", "-w", *clang_flags(module), str(unit)]
        said = subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stderr
        at_fault = {Path(place) for place in ERROR.findall(said)}
        waiting = [path for path in rest[1:] if path in at_fault]
        units.append([path for path in rest if path not in waiting])
        rest = waiting
    return units


def write_unit(name: str, files: list[Path]) -> Path:
    unit = UNITS / f"{name}.cc"
    unit.write_text("".join(f'#include "{path}"\n' for path in files))
    return unit


def clang_flags(module: Module) -> list[str]:
    return [*module.flags, "-include", str(ROOT / "cmake/pch.h")]


class Memory:
    """What was found clean: an empty file per digest."""

    def __init__(self):
        cache = os.environ.get("NEXUS_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nexus"
        self._folder = Path(cache) / "tidy"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._versions = version_of([TIDY, "--version"]) + version_of(["dpkg-query", "-W", "*-dev"])
        oldest = time.time() - REMEMBERED_DAYS * 86_400
        for entry in self._folder.iterdir():
            if entry.stat().st_mtime < oldest:
                entry.unlink(missing_ok=True)

    def knows(self, module: Module) -> bool:
        return self._entry(module).exists()

    def keep(self, module: Module) -> None:
        self._entry(module).touch()

    def _entry(self, module: Module) -> Path:
        digest = hashlib.sha256(self._versions)
        digest.update("\0".join(module.flags).replace(str(ROOT), "").encode())
        own = [ROOT / ".clang-tidy", ROOT / "cmake/pch.h", Path(__file__)]
        for path in own + reached(module.files):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(ROOT)} {content}\n".encode())
        return self._folder / digest.hexdigest()


def reached(files: list[Path]) -> list[Path]:
    """The files and all headers of this project, generated ones too, that they include."""
    seen: set[Path] = set()
    waiting = list(files)
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in INCLUDE.findall(path.read_text()):
            places = (folder / name for folder in (path.parent, ROOT / "src", BUILD / "generated"))
            waiting += [place for place in places if place.is_file()][:1]
    return sorted(seen)


def version_of(command: list[str]) -> bytes:
    try:
        return subprocess.run(command, capture_output=True).stdout
    except FileNotFoundError:
        return b""


if __name__ == "__main__":
    sys.exit(main())
