"""Real models and data, which are not part of the project: read from the folder that HWGEN_DATA names."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hwgen.errors import UsageError

VARIABLE = "HWGEN_DATA"
DEFAULT = Path(__file__).parents[3] / "shared" / "data"


@dataclass(frozen=True)
class DataFile:
    """``name`` in the folder, where it comes from, and its SHA-256."""

    name: str
    source: str
    sha256: str


def data_folder(folder: Path | None = None) -> Path:
    """``folder`` if one is given, else HWGEN_DATA, or ../shared/data beside a clone."""
    return Path(os.environ.get(VARIABLE, DEFAULT)) if folder is None else folder


def folder_with(files: Iterable[DataFile], folder: Path | None = None) -> Path:
    """The data folder, seen to hold all of ``files``: what is missing is said before anything is built.

    Raises
    ------
    UsageError
        One is missing.
    """
    data = data_folder(folder)
    for file in files:
        data_file(file, data)
    return data


def data_file(file: DataFile, folder: Path) -> Path:
    """The file in ``folder``.

    Raises
    ------
    UsageError
        It is missing; says where it comes from.
    """
    path = folder / file.name
    if not path.is_file():
        raise UsageError(
            "the benchmark's data is missing",
            file=str(path),
            hint=f"from {file.source}, sha256 {file.sha256}; {VARIABLE} names its folder",
        )
    return path
