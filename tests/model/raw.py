"""Model files as their parts: what a hostile or careless writer would change."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from hwgen.model import Model, save

Description = dict[str, Any]
Members = dict[str, Any]


def parts_of(model: Model, path: Path) -> tuple[Description, Members]:
    """The JSON description and the other members of ``model``, saved and read back with NumPy."""
    save(model, path)
    with np.load(path) as archive:
        members = {name: archive[name] for name in archive.files}
    return json.loads(members.pop("model").tobytes()), members


def text_member(text: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.frombuffer(text, np.uint8)


def npy(array: Any) -> bytes:
    """An array as NumPy stores it (pickled, if it holds objects)."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asanyarray(array), allow_pickle=True)
    return stream.getvalue()


def npy_header(shape: tuple[int, ...], descr: str = "|i1") -> bytes:
    """The bytes that stand before an array's data."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": descr, "fortran_order": False, "shape": shape})
    return stream.getvalue()


def write_members(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> None:
    """An archive of ``members``, whose names are written as they are."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def write_parts(path: Path, description: Description | bytes, members: Members) -> None:
    """An archive as a script without hwgen would write it."""
    text = description if isinstance(description, bytes) else json.dumps(description).encode()
    arrays = {"model": text_member(text), **members}
    write_members(path, {f"{name}.npy": npy(array) for name, array in arrays.items()})
