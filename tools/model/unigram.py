"""The tokenizer in plain Python, from tokenizer.bin, by the rules in tokenizer_file.py. Slow."""

import struct
from pathlib import Path

import numpy as np

from tokenizer_file import MAGIC

MARK = "\u2581"


class Unigram:
    def __init__(self, path: Path):
        data = path.read_bytes()
        if not data.startswith(MAGIC):
            raise ValueError(f"{path} is not a tokenizer file")
        pieces, _, points, replacements, *special = struct.unpack_from("<4I3if", data, len(MAGIC))
        self.bos, self.eos, self.unknown, self.unknown_score = special
        at = len(MAGIC) + struct.calcsize("<4I3if")
        arrays = []
        for kind, count in [("<u4", pieces), ("<i4", pieces), ("<f4", pieces),
                            ("<u4", points), ("<u4", points), ("<u4", replacements)]:  # fmt: skip
            arrays.append(np.frombuffer(data, kind, count, at))
            at += arrays[-1].nbytes
        ends, ids, scores, points, point_ends, replacements = arrays
        spellings = [
            data[at + a : at + b].decode() for a, b in zip([0, *ends[:-1].tolist()], ends.tolist())
        ]
        self._pieces = dict(zip(spellings, zip(ids.tolist(), scores)))
        self._longest = max(map(len, spellings))
        self._table = {
            point: "".join(map(chr, replacements[a:b]))
            for point, a, b in zip(points.tolist(), [0, *point_ends[:-1]], point_ends)
        }

    def encode(self, text: str) -> list[int]:
        """The ids with bos and eos."""
        return [self.bos, *self._best_path(self._normalise(text)), self.eos]

    def _normalise(self, text: str) -> str:
        text = text.translate(self._table)
        while "  " in text:
            text = text.replace("  ", " ")
        return (text if text.startswith(" ") else " " + text).replace(" ", MARK)

    def _best_path(self, text: str) -> list[int]:
        best = [np.float32(-np.inf)] * (len(text) + 1)
        last = [(self.unknown, 0)] * (len(text) + 1)
        best[0] = np.float32(0)
        unknown = (self.unknown, np.float32(self.unknown_score))
        for begin in range(len(text)):
            offers = [
                (end, self._pieces.get(text[begin:end]))
                for end in range(begin + 1, min(begin + self._longest, len(text)) + 1)
            ]
            for end, offer in [*offers, (begin + 1, unknown)]:
                if offer and best[begin] + offer[1] > best[end]:
                    best[end], last[end] = best[begin] + offer[1], (offer[0], begin)
        ids, end = [], len(text)
        while end:
            id, end = last[end]
            ids.append(id)
        return ids[::-1]
