"""Checks of single values, and how errors print what they found."""

from __future__ import annotations

from math import isfinite

import numpy as np

from hwgen.errors import ModelError

SHOWN = 60
"""Characters of a wrong value that an error repeats; a hostile file may hold a megabyte of it."""


def describe(value: object) -> str:
    """``value`` for an error text: printable and short."""
    text = ascii(value) if isinstance(value, (str, int, float, bool, list, tuple, type(None))) else type(value).__name__
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def is_int(value: object) -> bool:
    """An integer (NumPy's too), but no bool."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def check_int(value: object, key: str, low: int, high: int) -> int:
    """``value``, an integer in low..high."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ModelError(f"must be an integer, not {describe(value)}", key=key)
    number = int(value)
    if not low <= number <= high:
        raise ModelError(f"is {describe(number)}, must lie in {low}..{high}", key=key)
    return number


def check_positive(value: object, key: str) -> None:
    """A finite real number above zero."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise ModelError(f"must be a number, not {describe(value)}", key=key)
    if not isfinite(float(value)) or float(value) <= 0:
        raise ModelError(f"is {float(value)}, must be finite and above 0", key=key)
