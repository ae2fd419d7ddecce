"""Canonical Huffman codes: lengths by Huffman's construction, codes in order of length and symbol, an exact decoder.

A decoder needs the lengths only (Schwartz and Kallick, CACM 1964). Han et al., ICLR 2016, section 4, code the shared
weights' symbols and the relative index's runs with one code each.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UsageError

Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Code:
    """``symbols`` in order of their codes, ``lengths`` in bits, ``words`` the codes as integers."""

    symbols: NDArray[np.int64]
    lengths: NDArray[np.int64]
    words: NDArray[np.uint64]


def code_lengths(frequencies: Iterable[int]) -> list[int]:
    """The length of each symbol's code, the least on average of all prefix codes; a lone symbol has 1 bit."""
    order = count()
    heap: list[tuple[int, int, tuple[int, ...]]] = [
        (frequency, next(order), (index,)) for index, frequency in enumerate(frequencies)
    ]
    lengths = [0] * len(heap)
    if len(heap) == 1:
        return [1]
    heapq.heapify(heap)
    while len(heap) > 1:
        first, _, left = heapq.heappop(heap)
        second, _, right = heapq.heappop(heap)
        for index in left + right:
            lengths[index] += 1
        heapq.heappush(heap, (first + second, next(order), left + right))
    return lengths


def make_code(data: Integers) -> Code:
    """The canonical code of the symbols that occur in ``data``."""
    symbols, frequencies = np.unique(data, return_counts=True)
    return canonical(symbols.astype(np.int64), np.array(code_lengths(frequencies.tolist()), np.int64))


def canonical(symbols: NDArray[np.int64], lengths: NDArray[np.int64]) -> Code:
    """The code of these lengths: shorter codes first, equal lengths in the symbols' order."""
    order = np.lexsort((symbols, lengths))
    symbols, lengths = symbols[order], lengths[order]
    words, word, length = np.zeros(len(symbols), np.uint64), 0, 0
    for index, wanted in enumerate(lengths.tolist()):
        word = (word + (index > 0)) << (wanted - length)
        words[index], length = word, wanted
    return Code(symbols, lengths, words)


def coded_bits(data: Integers, code: Code | None = None) -> int:
    """Bits of ``data`` in its code, without the table of lengths."""
    if data.size == 0:
        return 0
    code = code or make_code(data)
    return int(code.lengths[_indices(data, code)].sum())


def encode(data: Integers, code: Code) -> bytes:
    """The codes of ``data``, most significant bit first, the last byte filled with zeros."""
    if data.size == 0:
        return b""
    index = _indices(data, code)
    lengths = code.lengths[index]
    starts = np.cumsum(lengths) - lengths
    bits = np.zeros(int(lengths.sum()), np.uint8)
    for place in range(int(lengths.max())):
        long = lengths > place
        shift = (lengths[long] - 1 - place).astype(np.uint64)
        bits[starts[long] + place] = (code.words[index[long]] >> shift) & np.uint64(1)
    return np.packbits(bits).tobytes()


def decode(packed: bytes, code: Code, size: int) -> NDArray[np.int64]:
    """``size`` symbols of what :func:`encode` wrote.

    Raises
    ------
    UsageError
        The bits end before, or hold no code.
    """
    table = {
        (length, word): symbol
        for length, word, symbol in zip(code.lengths.tolist(), code.words.tolist(), code.symbols.tolist(), strict=True)
    }
    longest = int(code.lengths.max()) if size else 0
    bits = iter(np.unpackbits(np.frombuffer(packed, np.uint8)).tolist())
    found = np.empty(size, np.int64)
    for index in range(size):
        word = length = 0
        while (length, word) not in table:
            bit = next(bits, None)
            if bit is None or length == longest:
                raise UsageError(f"the code ends or is damaged at symbol {index} of {size}", key="huffman")
            word, length = word << 1 | bit, length + 1
        found[index] = table[length, word]
    return found


def _indices(data: Integers, code: Code) -> NDArray[np.intp]:
    order = np.argsort(code.symbols)
    return np.asarray(order[np.searchsorted(code.symbols, data.ravel(), sorter=order)])
