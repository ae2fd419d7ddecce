"""A file's bytes."""

from __future__ import annotations

from pathlib import Path

from hwgen.errors import UsageError


def content_of(path: Path) -> bytes:
    """All of the file.

    Raises
    ------
    UsageError
        It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(error.strerror or str(error), file=str(path)) from None
