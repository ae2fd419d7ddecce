"""N:M layers on a grid: the m channels of a block lie in m consecutive banks, at one address, and each PE picks among
them by the offset beside its weight (Mishra et al., arXiv 2104.08378, section 3: 2:4 with an index per weight).

That takes an m that divides the PEs. Layers whose blocks lie otherwise get all their weights, zeros included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hwgen.plan.ops import ArrayOp

MOST_CHOICES = 16
"""Vectors that a PE picks from, at most: one level of multiplexer in one cycle."""


def fitted(ops: Sequence[ArrayOp], pes: int) -> tuple[ArrayOp, ...]:
    """The operations as ``pes`` PEs compute them: without blocks where the PEs cannot pick, or need not."""
    return tuple(op if op.blocks is None or _picks(op, pes) else _without_blocks(op) for op in ops)


def choices(ops: Sequence[ArrayOp]) -> int:
    """Vectors that a PE picks from: the largest m of fitted operations, 1 without any."""
    return max((op.blocks.m for op in ops if op.blocks is not None), default=1)


def notes(ops: Sequence[ArrayOp], pes: int) -> tuple[str, ...]:
    """A sentence for each N:M layer that gains nothing on ``pes`` PEs."""
    return tuple(
        f"{op.layer.name}: {op.blocks.n}:{op.blocks.m} is computed as dense: {reason}"
        for op in ops
        if op.blocks is not None and (reason := _obstacle(op, pes))
    )


def _picks(op: ArrayOp, pes: int) -> bool:
    """Blocks without an empty slot are dense already."""
    assert op.blocks is not None
    return op.blocks.n < op.blocks.m and _obstacle(op, pes) is None


def _obstacle(op: ArrayOp, pes: int) -> str | None:
    assert op.blocks is not None
    m = op.blocks.m
    if op.blocks.n == m:
        return None
    if op.fully_connected and op.window.kernel != (1, 1):
        return "over a flattened map the blocks run along x, inside one bank"
    if m & (m - 1) or m > MOST_CHOICES:
        return f"blocks of 2, 4, 8 or {MOST_CHOICES} channels have hardware"
    if pes % m:
        return f"{m} does not divide {pes} PEs"
    return None


def _without_blocks(op: ArrayOp) -> ArrayOp:
    """All weights; they stay codes where the codebook has one for 0."""
    assert op.blocks is not None
    codes = None
    if op.codes is not None and op.codebook is not None:
        zeros = np.flatnonzero(op.codebook == 0)
        if zeros.size or op.blocks.n == op.blocks.m:
            fill = int(zeros[0]) if zeros.size else 0
            codes = op.blocks.expanded(op.codes, fill).reshape(op.weights.shape)
    return replace(op, blocks=None, codes=codes, codebook=None if codes is None else op.codebook)
