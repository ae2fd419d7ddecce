"""Checks of one activation: shape, width, quantisation, range."""

from __future__ import annotations

from math import prod

from hwgen.errors import ModelError
from hwgen.model.activation import FLOAT_BITS, INTEGER_BITS, Activation
from hwgen.model.limits import MAX_MAP
from hwgen.model.values import check_int, check_positive, describe, is_int


def check_activation(activation: object, key: str) -> None:
    """``key`` is "input" or "output"."""
    if not isinstance(activation, Activation):
        raise ModelError(f"must be an Activation, not {describe(activation)}", key=key)
    _check_map_shape(activation.shape, f"{key}.shape")
    bits = activation.bits
    if not is_int(bits) or bits not in (*INTEGER_BITS, FLOAT_BITS):
        raise ModelError(
            f"is {describe(bits)}, must be one of {', '.join(map(str, INTEGER_BITS))} (or {FLOAT_BITS}: float32)",
            key=f"{key}.bits",
        )
    if not isinstance(activation.signed, bool):
        raise ModelError(f"must be true or false, not {describe(activation.signed)}", key=f"{key}.signed")
    check_positive(activation.scale, f"{key}.scale")
    if activation.is_float:
        _check_float_map(activation, key)
    low, high = activation.full_range
    check_int(activation.zero_point, f"{key}.zero_point", low, high)
    if bits == 1 and activation.signed and activation.zero_point != 0:
        raise ModelError("must be 0: one signed bit is -1 or +1", key=f"{key}.zero_point")
    check_int(activation.min, f"{key}.min", low, high)
    check_int(activation.max, f"{key}.max", low, high)
    if activation.min > activation.max:
        raise ModelError(f"{activation.min} lies above max {activation.max}", key=f"{key}.min")
    if bits == 1 and (activation.min, activation.max) != (low, high):
        raise ModelError(f"one bit has no clip: min must be {low} and max {high}", key=f"{key}.min")


def _check_map_shape(shape: object, key: str) -> None:
    if not isinstance(shape, tuple) or len(shape) not in (1, 3):
        raise ModelError(f"is {describe(shape)}, must be [C, H, W] or [F]", key=key)
    for size in shape:
        check_int(size, key, 1, MAX_MAP)
    if prod(int(size) for size in shape) > MAX_MAP:
        raise ModelError(f"has {prod(int(size) for size in shape)} elements, at most {MAX_MAP} are allowed", key=key)


def _check_float_map(activation: Activation, key: str) -> None:
    if activation.scale != 1.0:
        raise ModelError(f"is {activation.scale}, must be 1.0 in a float32 map", key=f"{key}.scale")
    if activation.zero_point != 0:
        raise ModelError(f"is {activation.zero_point}, must be 0 in a float32 map", key=f"{key}.zero_point")
    if not activation.signed:
        raise ModelError("must be true in a float32 map", key=f"{key}.signed")
