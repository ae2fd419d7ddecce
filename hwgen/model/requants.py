"""Checks of the requantisation: form here, contents in :mod:`hwgen.model.contents`."""

from __future__ import annotations

from typing import get_args

import numpy as np

from hwgen.errors import ModelError
from hwgen.model.layers import AddRequant, Requant, Rounding
from hwgen.model.values import check_int, describe
from hwgen.model.windows import check_numbers

MAX_SHIFT = 62
MAX_LEFT_SHIFT = 31
MAX_MULTIPLIER = (1 << 31) - 1
_ROUNDINGS: tuple[str, ...] = get_args(Rounding)


def check_requant(requant: object, channels: int, *, real: bool) -> None:
    """Present on integers and absent on real numbers; one multiplier and shift per channel."""
    if _absent(requant, real=real):
        return
    if not isinstance(requant, Requant):
        raise ModelError(f"must be a Requant, not {describe(requant)}", key="requant")
    for key, array, dtype in (("multiplier", requant.multiplier, np.int32), ("shift", requant.shift, np.int8)):
        if not isinstance(array, np.ndarray) or array.dtype != dtype:
            found = array.dtype if isinstance(array, np.ndarray) else describe(array)
            raise ModelError(f"is {found}, must be an array of {np.dtype(dtype)}", key=f"requant.{key}")
        if array.shape != (channels,):
            raise ModelError(f"has shape {array.shape}, must be ({channels},), one per channel", key=f"requant.{key}")
    _check_rounding(requant.rounding)


def check_add_requant(requant: object, *, real: bool) -> None:
    """Present on integers and absent on real numbers; every number in its range."""
    if _absent(requant, real=real):
        return
    if not isinstance(requant, AddRequant):
        raise ModelError(f"must be an AddRequant, not {describe(requant)}", key="requant")
    check_int(requant.left_shift, "requant.left_shift", 0, MAX_LEFT_SHIFT)
    check_numbers(requant.input_multipliers, "requant.input_multipliers", 2, 0, MAX_MULTIPLIER)
    check_numbers(requant.input_shifts, "requant.input_shifts", 2, 0, MAX_SHIFT)
    check_int(requant.multiplier, "requant.multiplier", 0, MAX_MULTIPLIER)
    check_int(requant.shift, "requant.shift", 0, MAX_SHIFT)
    _check_rounding(requant.rounding)


def _absent(requant: object, *, real: bool) -> bool:
    if real and requant is not None:
        raise ModelError(
            "must be absent: the layer computes real numbers", key="requant", hint="remove it, or quantise the layer"
        )
    if not real and requant is None:
        raise ModelError(
            "is missing: the layer computes integers", key="requant", hint="add multiplier, shift and rounding"
        )
    return real


def _check_rounding(rounding: object) -> None:
    if rounding not in _ROUNDINGS:
        raise ModelError(f"is {describe(rounding)}, must be one of {', '.join(_ROUNDINGS)}", key="requant.rounding")
