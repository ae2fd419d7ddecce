"""EIE's layers on the machine in numbers, without a core: any queue, any number of PEs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.plan import latency
from hwgen.plan.balance import balanced_order
from hwgen.plan.entries import choose_index
from hwgen.plan.layout import ceil_div
from hwgen.plan.machine import Machine, run
from hwgen.plan.ops import ArrayOp
from hwgen.plan.options import PlanOptions
from hwgen.plan.orders import ordered

ENOUGH = 20_000
"""Entries of a PE after which a load is known; longer layers are cut behind the column that reaches it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Dealt:
    """A layer's entries dealt out to ``pes`` PEs, and the columns of a frame.

    ``counts`` (columns, pes): entries, fillers included. ``mask`` (slots, pes): columns whose activation is not zero.
    ``real``: entries of those columns that are no fillers.
    """

    rows: int
    counts: NDArray[np.int32]
    mask: NDArray[np.bool_]
    real: int
    keeps_empty: bool

    @property
    def entries(self) -> int:
        """Entries of the frame's columns."""
        return int(self.counts[self.mask.reshape(-1)].sum(dtype=np.int64))

    @property
    def real_share(self) -> float:
        """Entries that are no fillers (EIE, figure 12: real work / total work)."""
        return self.real / self.entries

    def load_balance(self, queue: int) -> float:
        """PE-cycles with an entry / all PE-cycles (EIE, figures 8 and 13: 1 - those lost to starvation)."""
        pes: int = self.mask.shape[1]
        active = np.flatnonzero(self.mask)
        work = np.cumsum(self.counts[active].sum(axis=1, dtype=np.int64))
        used = active[: int(np.searchsorted(work, ENOUGH * pes)) + 1]
        mask = np.zeros(self.mask.size, bool)
        mask[used] = True
        machine = Machine(
            pes=pes,
            lanes=1,
            rows=self.rows,
            queue=queue,
            idle=0,
            drain_cycles=1,
            coding="codebook",
            requantise=latency.requantise(0),
            keeps_empty=self.keeps_empty,
        )
        trace = run(machine, self.counts, [mask.reshape(self.mask.shape)])
        return int(work[len(used) - 1]) / (pes * trace.cycles)


def dealt(op: ArrayOp, frame: NDArray[np.int64], *, pes: int, options: PlanOptions) -> Dealt:
    """``op``, a fully connected layer, on ``pes`` PEs; of ``options``: ``index_bits`` and ``balance``."""
    assert op.entries is not None
    real = int(np.count_nonzero(frame.reshape(-1)[op.entries.channels]))
    if options.balance and pes > 1:
        order = balanced_order(op.entries.rows, op.entries.channels, count=op.rows, pes=pes)
        op = ordered(op, {op.layer.name: order})
    slots = ceil_div(frame.size, pes)
    _, _, cut = choose_index(op, slots=slots, taps=1, pes=pes, index_bits=options.index_bits)
    mask = np.zeros(slots * pes, bool)
    mask[: frame.size] = frame.reshape(-1) != 0
    return Dealt(
        rows=ceil_div(op.rows, pes),
        counts=cut.counts,
        mask=mask.reshape(slots, pes),
        real=real,
        keeps_empty=not options.balance,
    )
