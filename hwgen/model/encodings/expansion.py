"""From an array of plain weights to what the encodings store."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import ModelError
from hwgen.model.encodings.checks import check_bits, check_fits, check_weight_shape
from hwgen.model.limits import MAX_CODE_BITS

Integers = NDArray[np.int8] | NDArray[np.int16]
"""Weights as stored: the smallest signed dtype that holds them."""


def integer_weights(array: ArrayLike, bits: int) -> NDArray[np.int16]:
    """``array`` as int16 in C order, checked to be weights of ``bits``."""
    check_bits(bits)
    weights = np.asarray(array)
    if weights.dtype.kind not in "iu":
        raise ModelError(f"weights have dtype {weights.dtype}, must be integers", hint="round and cast them first")
    check_weight_shape(weights.shape)
    check_fits(weights, "values", bits)
    return np.ascontiguousarray(weights, dtype=np.int16)


def columns_of(weights: NDArray[np.int16]) -> NDArray[np.int16]:
    """The weights as a matrix (out, columns); column = (c*kh + ky)*kw + kx."""
    return weights.reshape(weights.shape[0], -1)


def make_codebook(used: NDArray[np.int16], bits: int, code_bits: int | None) -> Integers:
    """The distinct elements of ``used``, ascending, then zeros up to 2^code_bits entries.

    0 is among the entries wherever there is room, so that fillers and unused slots have a code. ``code_bits`` None is
    the fewest bits that hold all of them and 0.
    """
    distinct = np.unique(used)
    if code_bits is None:
        code_bits = max(1, (np.union1d(distinct, [0]).size - 1).bit_length())
    if not 1 <= code_bits <= MAX_CODE_BITS or distinct.size > 1 << code_bits:
        raise ModelError(
            f"{distinct.size} distinct weights need more than {min(code_bits, MAX_CODE_BITS)} code bits",
            key="weights.code_bits",
            hint=f"share the weights first, or take more code bits (at most {MAX_CODE_BITS})",
        )
    if distinct.size < 1 << code_bits:
        distinct = np.union1d(distinct, [0])
    return to_storage(np.pad(distinct, (0, (1 << code_bits) - distinct.size)), bits)


def code_bits_of(codebook: Integers) -> int:
    """Width of a code of ``codebook``, whose length is a power of two."""
    return (codebook.size - 1).bit_length()


def to_storage(weights: NDArray[np.signedinteger[Any]], bits: int) -> Integers:
    """``weights`` of ``bits`` in the smallest signed dtype."""
    return weights.astype(np.int8) if bits <= 8 else weights.astype(np.int16)


def encode(values: NDArray[np.int16], codebook: Integers) -> NDArray[np.uint8]:
    """The lowest code of each value; every value must stand in the codebook."""
    entries, first = np.unique(codebook, return_index=True)
    place = np.minimum(np.searchsorted(entries, values), entries.size - 1)
    missing = entries[place] != values
    if missing.any():
        raise ModelError(
            f"weight {int(values[missing][0])} is no codebook entry",
            key="weights.codebook",
            hint="share the weights first",
        )
    return first[place].astype(np.uint8)
