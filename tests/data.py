"""The real models and data of HWGEN_DATA, which are not part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("HWGEN_DATA", Path(__file__).parents[2] / "shared" / "data"))


def data(name: str) -> Path:
    """A file of it; the test is skipped where it is missing."""
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"HWGEN_DATA has no {name}")
    return path
