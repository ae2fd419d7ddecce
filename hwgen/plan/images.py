"""Contents of the core's memories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

_ARRAY_BITS = 64


class Words(Sequence[int]):
    """Unsigned words of any width as a byte array, (words, bytes), lowest byte first: millions of them take no time."""

    def __init__(self, raw: Bytes) -> None:
        self.raw = raw

    @classmethod
    def of(cls, values: Iterable[int] | NDArray[np.uint64], width: int) -> Words:
        """Words of ``width`` bits; one that does not fit is an error. Arrays hold up to 64 bits."""
        size = -(-width // 8)
        if isinstance(values, Words) and values.raw.shape[1] == size:
            return values
        if isinstance(values, np.ndarray) and width <= _ARRAY_BITS:
            if values.size and int(values.max()) >> width:
                raise ValueError(f"every word must fit in {width} bits")
            return cls(np.ascontiguousarray(values, "<u8").view(np.uint8).reshape(-1, _ARRAY_BITS // 8)[:, :size])
        words = [int(value) for value in values]
        if any(not 0 <= word < 1 << width for word in words):
            raise ValueError(f"every word must fit in {width} bits")
        raw = b"".join(word.to_bytes(size, "little") for word in words)
        return cls(np.frombuffer(raw, np.uint8).reshape(len(words), size))

    @classmethod
    def joined(cls, parts: Iterable[Words]) -> Words:
        """One after the other; all of the same width."""
        return cls(np.concatenate([part.raw for part in parts]))

    def padded(self, depth: int) -> Words:
        """With zeros behind them, ``depth`` words."""
        return Words(np.pad(self.raw, ((0, depth - len(self)), (0, 0))))

    def data(self, size: int) -> Bytes:
        """(words, ``size``) bytes, at least as many as the width needs."""
        return np.pad(self.raw, ((0, 0), (0, size - self.raw.shape[1])))

    def __len__(self) -> int:
        return len(self.raw)

    @overload
    def __getitem__(self, index: int) -> int: ...

    @overload
    def __getitem__(self, index: slice) -> list[int]: ...

    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, slice):
            return list(Words(self.raw[index]))
        return int.from_bytes(self.raw[index].tobytes(), "little")

    def __iter__(self) -> Iterator[int]:
        raw, size = self.raw.tobytes(), self.raw.shape[1]
        return (int.from_bytes(raw[at : at + size], "little") for at in range(0, len(raw), size))


class MemoryImage:
    """``words`` of ``width`` bits; ``name`` is the stem of the .mem file."""

    def __init__(self, name: str, width: int, words: Iterable[int] | NDArray[np.uint64]) -> None:
        self.name = name
        self.width = width
        self.words = Words.of(words, width)

    @property
    def depth(self) -> int:
        """Number of words."""
        return len(self.words)

    @property
    def bits(self) -> int:
        """Bits of the contents."""
        return self.width * self.depth

    @property
    def varying_bits(self) -> int:
        """Bits of a word that are not the same in all words."""
        raw = self.words.raw
        differing = np.bitwise_or.reduce(raw ^ raw[0], axis=0) if len(raw) else np.zeros(0, np.uint8)
        return int(np.unpackbits(differing).sum())

    def data(self, size: int) -> Bytes:
        """The words as bytes, (depth, ``size``), lowest first."""
        return self.words.data(size)

    def padded(self, depth: int) -> MemoryImage:
        """With zeros behind the words."""
        return MemoryImage(self.name, self.width, self.words.padded(depth))


def pack_units(units: NDArray[np.int64], unit_bits: int, word_bits: int) -> Words:
    """Words of ``word_bits`` from rows of units, unit 0 in the lowest bits; shape (words, units per word)."""
    count, per_word = units.shape
    raw = np.ascontiguousarray(units, "<i8").view(np.uint8).reshape(count, per_word, 8)[:, :, : -(-unit_bits // 8)]
    bits = np.unpackbits(raw, axis=2, bitorder="little")[:, :, :unit_bits].reshape(count, per_word * unit_bits)
    packed = np.packbits(bits, axis=1, bitorder="little")
    return Words(np.pad(packed, ((0, 0), (0, -(-word_bits // 8) - packed.shape[1]))))
