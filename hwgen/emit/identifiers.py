"""Verilog identifiers from Amaranth's names: readable, unique, never escaped, never reserved."""

from __future__ import annotations

import re
from collections.abc import Container

from hwgen.model.names import RESERVED

_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_]+")
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def identifier(text: str, taken: Container[str] = ()) -> str:
    """``text`` as an identifier that is not in ``taken``; what is not allowed in one becomes ``_``."""
    name = _NOT_ALLOWED.sub("_", text).strip("_") or "signal"
    if name[0].isdigit():
        name = f"n{name}"
    if name in RESERVED:
        name = f"{name}_"
    unique, number = name, 1
    while unique in taken:
        number += 1
        unique = f"{name.rstrip('_')}_{number}"
    return unique


def snake_case(name: str) -> str:
    """``PEArray`` as ``pe_array``."""
    return _WORD.sub("_", name).lower()
