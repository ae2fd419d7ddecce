"""Files that the commands read and write: arrays and JSON. A file appears as a whole or not at all."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UsageError

STDOUT = "-"


def read_frames(path: Path) -> NDArray[Any]:
    """The array of a .npy file.

    Raises
    ------
    UsageError
        There is no such file, or it is no array that can be read without pickles.
    """
    try:
        with path.open("rb") as stream:
            frames = np.load(stream, allow_pickle=False)
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "is not a NumPy array file"
        raise UsageError(reason, file=str(path), hint="give a .npy file, as numpy.save writes it") from None
    if not isinstance(frames, np.ndarray):
        raise UsageError("is an archive, not an array", file=str(path), hint="give a .npy file")
    return frames


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write a .npy file."""
    write_whole(path, lambda stream: np.save(stream, array, allow_pickle=False))


def write_archive(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an .npz file with these members."""
    write_whole(path, lambda stream: np.savez(stream, allow_pickle=False, **arrays))


def write_outputs(path: Path, outputs: NDArray[Any] | Mapping[str, NDArray[Any]]) -> None:
    """One output as .npy, several as .npz by layer."""
    if isinstance(outputs, Mapping):
        write_archive(path, outputs)
    else:
        write_array(path, outputs)


def write_json(destination: str | None, record: Mapping[str, Any]) -> None:
    """Write the result of a verb to a file, or to stdout where ``destination`` is "-"; None asks for nothing."""
    if destination is None:
        return
    text = json.dumps(record, indent=2) + "\n"
    if destination == STDOUT:
        sys.stdout.write(text)
    else:
        write_whole(Path(destination), lambda stream: stream.write(text.encode()))


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write ``path`` beside itself first.

    Raises
    ------
    UsageError
        It cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        try:
            with partial.open("wb") as stream:
                write(stream)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot be written: {reason}", file=str(path), hint="check the folder") from None
