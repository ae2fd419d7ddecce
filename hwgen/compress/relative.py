"""The relative index of Deep Compression: each weight with the number of zeros before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UsageError

Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Relative:
    """``symbols`` and ``runs``, one pair per entry: ``runs`` zeros, then the symbol; fillers are symbol 0.

    Han et al., ICLR 2016, figure 2: a gap that ``bits`` cannot count gets fillers (symbol 0, the greatest run).
    """

    symbols: NDArray[np.int64]
    runs: NDArray[np.int64]
    bits: int
    size: int

    @property
    def fillers(self) -> int:
        """Entries that only bridge a gap."""
        return int(np.count_nonzero(self.symbols == 0))


def to_relative(symbols: Integers, bits: int) -> Relative:
    """The non-zero ``symbols`` of a flat array with ``bits`` of relative index."""
    if not 1 <= bits <= 16:
        raise UsageError(f"a relative index must have 1..16 bits, not {bits}", key="index_bits")
    flat = symbols.astype(np.int64).ravel()
    positions = np.flatnonzero(flat)
    gaps = np.diff(positions, prepend=-1) - 1
    step = 1 << bits
    fillers = gaps // step
    last = np.cumsum(fillers + 1) - 1
    entries = np.zeros(int(last[-1]) + 1 if last.size else 0, np.int64)
    runs = np.full(entries.size, step - 1, np.int64)
    entries[last] = flat[positions]
    runs[last] = gaps % step
    return Relative(entries, runs, bits, flat.size)


def from_relative(relative: Relative) -> NDArray[np.int64]:
    """The flat array of ``relative.size`` symbols."""
    flat = np.zeros(relative.size, np.int64)
    positions = np.cumsum(relative.runs + 1) - 1
    if positions.size and positions[-1] >= flat.size:
        raise UsageError(f"the runs end at position {int(positions[-1])} of an array of {flat.size}", key="runs")
    flat[positions] = relative.symbols
    return flat
