"""The name of a model that comes from a file."""

from __future__ import annotations

import re
from pathlib import Path

from hwgen.model.limits import MAX_NAME
from hwgen.model.names import RESERVED

_NO_IDENTIFIER = re.compile(r"\W+", re.ASCII)


def model_name(path: Path) -> str:
    """The file's name as an identifier."""
    name = identifier(path.stem) or "network"
    return f"net_{name}" if name in RESERVED else name


def identifier(text: str, most: int = MAX_NAME, *, before_digits: str = "net_") -> str:
    """Letters, digits and underscores, no digit first; "" where nothing is left."""
    name = _NO_IDENTIFIER.sub("_", text).strip("_")
    return (before_digits + name if name[:1].isdigit() else name)[:most]
