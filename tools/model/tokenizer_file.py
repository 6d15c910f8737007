"""Writes tokenizer.bin, which src/text/unigram_tokenizer.h reads (little endian).

    8 bytes "NXUNIGR1"
    u32 pieces, u32 bytes of all pieces, u32 normalised code points, u32 replacements
    i32 bos, i32 eos, i32 unknown, f32 score of an unknown code point
    u32 ends[pieces]          where each piece ends in the bytes; pieces in ascending byte order
    i32 ids[pieces] · f32 scores[pieces]
    u32 points[normalised]    ascending
    u32 point_ends[normalised] where the replacement of each ends · u32 replacements[replacements]
    the bytes of all pieces

How a text becomes ids; the package's own engine is the truth, and tests/tokenizer/reference.py asks
it. The prefix ("query: " or "passage: ") is part of the text.
 1. Every code point that is in `points` becomes its replacement (none, one or several code points,
    which are not looked up again); the others stay. There is no other normalisation: combining
    marks are not composed. The table drops control characters and turns every kind of white space,
    zero-width characters, U+2581, U+FEFF and U+FFFD into U+0020.
 2. A run of U+0020 becomes one. Nothing is trimmed: a last space stays. No other code point is
    white space, whatever Unicode says (U+0085 and U+180E are not).
 3. U+0020 is put in front unless the text begins with it (so the empty text is one space), and
    every U+0020 becomes U+2581.
 4. Unigram best path over code points. Sums are float32, added from left to right:
    best[0] = 0; for i = 0, 1, ...: each piece that is text[i..e), shortest first, offers
    best[i] + score for e; after them the unknown code point offers best[i] + unknown score for
    i + 1. An offer wins only if it is greater than what is there, so of equal paths the one found
    first stays (the one whose last piece begins first). The unknown piece is never matched by
    spelling; the other special ones are ("<s>", "<pad>", "</s>", "<mask>": score 0).
 5. Each unknown code point is one `unknown`; neighbours are not merged. Ids are the model's own,
    without an offset. The model is fed bos, the ids, eos.
"""

import struct

import numpy as np

from weights import Vocabulary

MAGIC = b"NXUNIGR1"
UNKNOWN_PENALTY = np.float32(10)


def tokenizer_bytes(vocabulary: Vocabulary) -> bytes:
    lowest = vocabulary.scores.min()
    # Text never becomes the unknown piece by spelling it.
    order = sorted(
        (id for id in range(len(vocabulary.pieces)) if id != vocabulary.unknown),
        key=vocabulary.pieces.__getitem__,
    )
    pieces = [vocabulary.pieces[id] for id in order]
    if any(a == b for a, b in zip(pieces, pieces[1:])):
        raise ValueError("the vocabulary holds a piece twice")
    points = sorted(vocabulary.normalisation)
    replacements = [vocabulary.normalisation[point] for point in points]
    header = struct.pack(
        "<4I3if",
        len(pieces), sum(map(len, pieces)), len(points), sum(map(len, replacements)),
        vocabulary.bos, vocabulary.eos, vocabulary.unknown, lowest - UNKNOWN_PENALTY,
    )  # fmt: skip
    parts = [
        np.cumsum([len(piece) for piece in pieces], dtype="<u4"),
        np.array(order, "<i4"),
        vocabulary.scores[order].astype("<f4"),
        np.array(points, "<u4"),
        np.cumsum([len(each) for each in replacements], dtype="<u4"),
        np.array([point for each in replacements for point in each], "<u4"),
    ]
    return MAGIC + header + b"".join(part.tobytes() for part in parts) + b"".join(pieces)
