"""Low rank: a layer's weights as a product of smaller ones. Arrays only; :mod:`hwgen.compress.factor` makes layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UsageError

Weights = NDArray[np.floating[Any]]
Real = NDArray[np.float64]
_SWEEPS = 10


def svd(weights: Weights, rank: int) -> tuple[Real, Real]:
    """(out, in) as second @ first: first (rank, in), second (out, rank), the nearest of that rank.

    Both carry the root of each singular value, so that neither needs a wider range than the other.
    """
    u, s, v = np.linalg.svd(weights.astype(np.float64), full_matrices=False)
    _check_rank(rank, s.size)
    root = np.sqrt(s[:rank])
    return root[:, np.newaxis] * v[:rank], u[:, :rank] * root


def tucker2(weights: Weights, rank_in: int, rank_out: int) -> tuple[Real, Real, Real]:
    """(out, in, kh, kw) as three: first (rank_in, in), core (rank_out, rank_in, kh, kw), last (out, rank_out).

    Kim et al., ICLR 2016, section 3.2: both channel axes projected on their leading singular vectors, which alternate
    (higher-order orthogonal iteration) until each is the best for the other.
    """
    full = weights.astype(np.float64)
    out, inputs = full.shape[:2]
    _check_rank(rank_in, inputs)
    _check_rank(rank_out, out)
    last = _leading(full.reshape(out, -1), rank_out)
    first = _leading(full.swapaxes(0, 1).reshape(inputs, -1), rank_in)
    for _ in range(_SWEEPS):
        narrow = np.einsum("oihw,ip->ophw", full, first)
        last = _leading(narrow.reshape(out, -1), rank_out)
        narrow = np.einsum("oihw,op->pihw", full, last)
        first = _leading(narrow.swapaxes(0, 1).reshape(inputs, -1), rank_in)
    core = np.einsum("oihw,op,iq->pqhw", full, last, first)
    return first.T, core, last


def tucker2_expand(first: Real, core: Real, last: Real) -> Real:
    """The weights (out, in, kh, kw) that the three layers together compute."""
    return np.einsum("op,pqhw,qi->oihw", last, core, first)


def separable(weights: Weights, rank: int) -> tuple[Real, Real]:
    """(out, in, kh, kw) as kh x 1, then 1 x kw: first (rank, in, kh, 1), second (out, rank, 1, kw).

    Jaderberg et al., BMVC 2014, scheme 2: the SVD of the weights as a matrix of (in, kh) rows and (out, kw) columns.
    """
    out, inputs, kh, kw = weights.shape
    matrix = weights.transpose(0, 3, 1, 2).reshape(out * kw, inputs * kh)
    first, second = svd(matrix, rank)
    return first.reshape(rank, inputs, kh, 1), second.reshape(out, kw, 1, rank).transpose(0, 3, 2, 1)


def separable_expand(first: Real, second: Real) -> Real:
    """The weights (out, in, kh, kw) that the two layers together compute."""
    return np.einsum("rih,orw->oihw", first[..., 0], second[:, :, 0])


def singular_values(matrix: Weights) -> Real:
    """Of a matrix, falling."""
    return np.asarray(np.linalg.svd(matrix.astype(np.float64), compute_uv=False))


def rank_for_energy(values: Real, energy: float) -> int:
    """The least rank whose singular values hold the share ``energy`` (0..1] of the sum of squares.

    Raises
    ------
    UsageError
        ``energy`` is out of range.
    """
    if not 0.0 < energy <= 1.0:
        raise UsageError(f"the energy is {energy}, must lie above 0 and up to 1", key="energy")
    held = np.cumsum(np.square(values))
    if held[-1] == 0.0:
        return 1
    return int(np.searchsorted(held, energy * held[-1] * (1 - 1e-12))) + 1


def rank_for_cycles(cycles: Callable[[int], int], budget: int, most: int) -> int:
    """The greatest rank of at most ``budget`` predicted cycles; ``cycles`` must not fall with the rank.

    Raises
    ------
    UsageError
        Rank 1 already takes more.
    """
    if cycles(1) > budget:
        raise UsageError(
            f"rank 1 already takes {cycles(1)} cycles, the budget is {budget}", key="cycles", hint="raise the budget"
        )
    low, high = 1, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cycles(middle) <= budget else (low, middle - 1)
    return low


def _leading(matrix: Real, rank: int) -> Real:
    """The leading left singular vectors, (rows, rank)."""
    vectors = np.linalg.svd(matrix, full_matrices=False)[0]
    if rank > vectors.shape[1]:
        # More rows than columns: any orthonormal completion serves, its components are zero.
        vectors = np.linalg.qr(np.concatenate([vectors, np.eye(len(matrix))], axis=1))[0]
    return np.asarray(vectors[:, :rank])


def _check_rank(rank: int, most: int) -> None:
    if not 1 <= rank <= most:
        raise UsageError(f"the rank is {rank}, must lie in 1..{most}", key="rank")
