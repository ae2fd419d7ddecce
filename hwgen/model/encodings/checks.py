"""Checks that several weight encodings share. Every error carries its key; the caller adds layer and file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray

from hwgen.errors import ModelError
from hwgen.model.limits import MAX_CODE_BITS, MAX_WEIGHT_BITS, MAX_WEIGHTS
from hwgen.model.values import check_int, describe, is_int


def check_bits(bits: object, low: int = 2, high: int = MAX_WEIGHT_BITS) -> None:
    """``bits`` of the decoded weights."""
    check_int(bits, "weights.bits", low, high)


def check_array(
    array: object,
    key: str,
    dtypes: Sequence[DTypeLike],
    *,
    ndim: Sequence[int] | None = None,
    shape: tuple[int, ...] | None = None,
) -> None:
    """An array of one of ``dtypes`` with the given number of dimensions or the given shape."""
    key = f"weights.{key}"
    allowed = [np.dtype(dtype) for dtype in dtypes]
    names = " or ".join(dtype.name for dtype in allowed)
    if not isinstance(array, np.ndarray):
        raise ModelError(f"must be an array of {names}, not {describe(array)}", key=key)
    if array.dtype not in allowed:
        raise ModelError(
            f"has dtype {array.dtype}, must be {names}", key=key, hint=f"convert it with .astype(np.{allowed[0].name})"
        )
    if ndim is not None and array.ndim not in ndim:
        counts = " or ".join(str(count) for count in ndim)
        raise ModelError(f"has {array.ndim} dimensions (shape {array.shape}), must have {counts}", key=key)
    if shape is not None and array.shape != shape:
        raise ModelError(f"has shape {array.shape}, must be {shape}", key=key)


def check_weight_shape(shape: object, key: str = "shape") -> None:
    """(out, in/groups, kh, kw) or (out, in), nothing empty, and no more weights than a layer may have."""
    key = f"weights.{key}"
    if (
        not isinstance(shape, tuple)
        or len(shape) not in (2, 4)
        or not all(is_int(size) and size >= 1 for size in shape)
    ):
        raise ModelError(f"shape {describe(shape)} must be (out, in, kh, kw) or (out, in), each at least 1", key=key)
    count = 1
    for size in shape:
        count *= int(size)
    if count > MAX_WEIGHTS:
        raise ModelError(f"{count} weights, a layer may have {MAX_WEIGHTS}", key=key, hint="split the layer")


def integer_dtypes(bits: int) -> tuple[DTypeLike, ...]:
    """dtypes in which weights of ``bits`` may be stored."""
    return (np.int8,) if bits <= 8 else (np.int16, np.int8)


def check_fits(array: NDArray[np.signedinteger], key: str, bits: int) -> None:
    """Every element is a signed integer of ``bits``."""
    if array.size == 0:
        return
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    # Reductions, not comparisons: no temporary of the array's size.
    least, most = int(array.min()), int(array.max())
    if least < low or most > high:
        wrong = least if least < low else most
        raise ModelError(
            f"holds {wrong}, outside {low}..{high} of {bits} bits",
            key=f"weights.{key}",
            hint="raise weights.bits or clip the weights",
        )


def check_codebook_form(codebook: object, code_bits: object, bits: int) -> None:
    """``codebook`` has 2^code_bits entries of a dtype for ``bits``."""
    entries = 1 << check_int(code_bits, "weights.code_bits", 1, MAX_CODE_BITS)
    check_array(codebook, "codebook", integer_dtypes(bits), shape=(entries,))


def check_codes(codes: NDArray[np.uint8], codebook: NDArray[np.signedinteger]) -> None:
    """Every code lies in the codebook."""
    if codes.size and int(codes.max()) >= codebook.size:
        raise ModelError(
            f"holds code {int(codes.max())}, the codebook ends at {codebook.size - 1}",
            key="weights.codes",
            hint="raise code_bits and lengthen the codebook, or correct the codes",
        )
