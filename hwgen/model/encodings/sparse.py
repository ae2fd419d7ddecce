"""Pruned weights in compressed sparse columns (Han et al., EIE, ISCA 2016, section 3.2, without its fillers)."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import ModelError
from hwgen.model.encodings.checks import check_array, check_weight_shape
from hwgen.model.encodings.coded import CodedWeights, store
from hwgen.model.encodings.expansion import Integers, columns_of, integer_weights


@dataclass(frozen=True, kw_only=True, eq=False)
class SparseWeights(CodedWeights):
    """The non-zeros of each column, rows ascending.

    Column = (c*kh + ky)*kw + kx, c within its group; row = output channel.
    ``indptr`` int64 (columns + 1,): column j holds the entries indptr[j] to indptr[j+1] - 1. ``indices`` int32: their
    rows. ``values`` or ``codes``: their weights, none of them zero.
    """

    encoding: ClassVar[str] = "sparse"
    array_keys: ClassVar[tuple[str, ...]] = ("indptr", "indices", "values", "codes", "codebook")
    shape: tuple[int, ...]
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]

    @classmethod
    def from_dense(
        cls, array: ArrayLike, bits: int = 8, *, code_bits: int | None = None, codebook: Integers | None = None
    ) -> SparseWeights:
        """The non-zeros of ``array``: as values, or as codes of ``code_bits`` or of ``codebook``."""
        weights = integer_weights(array, bits)
        matrix = columns_of(weights)
        column, row = np.nonzero(matrix.T)
        indptr = np.zeros(matrix.shape[1] + 1, np.int64)
        np.cumsum(np.bincount(column, minlength=matrix.shape[1]), out=indptr[1:])
        stored = store(matrix[row, column], bits, codebook, code_bits)
        return cls(bits=bits, shape=weights.shape, indptr=indptr, indices=row.astype(np.int32), **stored)

    @property
    def columns(self) -> int:
        """Columns of the matrix: in/groups * kh * kw."""
        return prod(self.shape[1:])

    def decode(self) -> NDArray[np.int16]:
        matrix = np.zeros((self.shape[0], self.columns), np.int16)
        column = np.repeat(np.arange(self.columns), np.diff(self.indptr))
        matrix[self.indices, column] = self.stored()
        return matrix.reshape(self.shape)

    def check_form(self) -> None:
        check_weight_shape(self.shape)
        check_array(self.indptr, "indptr", (np.int64,), shape=(self.columns + 1,))
        check_array(self.indices, "indices", (np.int32,), ndim=(1,))
        self.check_stored_form(self.indices.shape)

    def check_values(self) -> None:
        self._check_indptr()
        self._check_indices()
        self.check_stored_values()
        self._check_no_zeros()

    def _check_indptr(self) -> None:
        key, entries = "weights.indptr", self.indices.size
        first, last = int(self.indptr[0]), int(self.indptr[-1])
        if first != 0 or last != entries:
            raise ModelError(
                f"runs from {first} to {last}, must run from 0 to {entries}, the number of entries", key=key
            )
        if (self.indptr[1:] < self.indptr[:-1]).any():
            column = int(np.argmax(self.indptr[1:] < self.indptr[:-1]))
            raise ModelError(f"falls after column {column}, must never fall", key=key)

    def _check_indices(self) -> None:
        if self.indices.size == 0:
            return
        key, rows = "weights.indices", self.shape[0]
        least, most = int(self.indices.min()), int(self.indices.max())
        if least < 0 or most >= rows:
            raise ModelError(f"holds row {least if least < 0 else most}, must lie in 0..{rows - 1}", key=key)
        falls = self.indices[1:] <= self.indices[:-1]
        # The first entry of a column has no predecessor; empty columns and the ends name no entry.
        starts = self.indptr[(self.indptr > 0) & (self.indptr < self.indices.size)]
        falls[starts - 1] = False
        if falls.any():
            entry = int(np.argmax(falls)) + 1
            column = int(np.searchsorted(self.indptr, entry, side="right")) - 1
            raise ModelError(
                f"rows must rise strictly within a column, entry {entry} of column {column} does not",
                key=key,
                hint="sort the rows of each column and drop repeated ones",
            )

    def _check_no_zeros(self) -> None:
        if self.values is not None:
            zeros = self.values == 0
        else:
            codes, codebook = self._coded()
            zeros = (codebook == 0)[codes]
        if zeros.any():
            raise ModelError(
                f"entry {int(np.argmax(zeros))} is an explicit zero",
                key="weights.values" if self.values is not None else "weights.codes",
                hint="leave zeros out of a sparse layer",
            )
