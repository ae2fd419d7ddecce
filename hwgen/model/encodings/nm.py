"""N:M sparsity: at most n non-zeros in m consecutive input channels (Mishra et al., arXiv 2104.08378, section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import ModelError
from hwgen.model.encodings.checks import check_array, check_weight_shape
from hwgen.model.encodings.coded import CodedWeights, store
from hwgen.model.encodings.expansion import Integers, integer_weights
from hwgen.model.values import check_int

MAX_BLOCK = 256
"""Offsets are uint8."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NMWeights(CodedWeights):
    """n slots per block of m input channels at one tap.

    ``offsets`` uint8 (out, in/groups/m, n, kh, kw), or (out, in/m, n) fully connected: the slot's channel within its
    block, strictly increasing over the slots. ``values`` or ``codes`` have the same shape; an unused slot has weight 0.
    """

    encoding: ClassVar[str] = "nm"
    array_keys: ClassVar[tuple[str, ...]] = ("offsets", "values", "codes", "codebook")
    n: int
    m: int
    offsets: NDArray[np.uint8]

    @classmethod
    def from_dense(
        cls,
        array: ArrayLike,
        n: int,
        m: int,
        bits: int = 8,
        *,
        code_bits: int | None = None,
        codebook: Integers | None = None,
    ) -> NMWeights:
        """The non-zeros of ``array``; unused slots take the lowest free channels of their block."""
        _check_block(n, m)
        weights = integer_weights(array, bits)
        out, channels, *taps = weights.shape
        if channels % m:
            raise ModelError(f"m is {m}, must divide the {channels} input channels", key="weights.m")
        blocks = weights.reshape(out, channels // m, m, *taps)
        zero = blocks == 0
        if ((~zero).sum(axis=2) > n).any():
            raise ModelError(
                f"a block of {m} channels has more than {n} non-zeros", key="weights.n", hint="prune to n:m first"
            )
        # A stable sort by "is zero" puts the non-zeros first and the lowest free channels behind them.
        offsets = np.sort(np.argsort(zero, axis=2, kind="stable")[:, :, :n], axis=2)
        stored = store(np.take_along_axis(blocks, offsets, axis=2), bits, codebook, code_bits)
        return cls(bits=bits, n=n, m=m, offsets=offsets.astype(np.uint8), **stored)

    @property
    def shape(self) -> tuple[int, ...]:
        out, blocks, _, *taps = self.offsets.shape
        return (out, blocks * int(self.m), *taps)

    def decode(self) -> NDArray[np.int16]:
        out, blocks, _, *taps = self.offsets.shape
        dense = np.zeros((out, blocks, self.m, *taps), np.int16)
        np.put_along_axis(dense, self.offsets.astype(np.intp), self.stored(), axis=2)
        return dense.reshape(self.shape)

    def check_form(self) -> None:
        _check_block(self.n, self.m)
        check_array(self.offsets, "offsets", (np.uint8,), ndim=(3, 5))
        if self.offsets.shape[2] != self.n:
            raise ModelError(
                f"has shape {self.offsets.shape}, its third axis must be n = {self.n}", key="weights.offsets"
            )
        check_weight_shape(self.shape, "offsets")
        self.check_stored_form(self.offsets.shape)

    def check_values(self) -> None:
        key = "weights.offsets"
        if int(self.offsets.max()) >= self.m:
            raise ModelError(f"holds {int(self.offsets.max())}, must lie in 0..{self.m - 1} (m is {self.m})", key=key)
        if (self.offsets[:, :, 1:] <= self.offsets[:, :, :-1]).any():
            raise ModelError(
                "must rise strictly over the slots of a block",
                key=key,
                hint="give unused slots a free channel and weight 0",
            )
        self.check_stored_values()


def _check_block(n: object, m: object) -> None:
    check_int(n, "weights.n", 1, check_int(m, "weights.m", 1, MAX_BLOCK))
