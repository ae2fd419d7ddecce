"""The header of an .npy member, read and written without pickles, eval or NumPy's own parser.

Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0: the magic, two bytes of
version, a little-endian 16-bit length, and a Python dictionary as text, padded to a multiple of 64 bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod
from typing import IO

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import ModelError

_MAGIC = b"\x93NUMPY\x01\x00"
_ALIGN = 64
_MAX_TEXT = 1024
_TEXT = re.compile(
    r"\{'descr': '([^']{1,16})', 'fortran_order': (True|False), "
    r"'shape': \(((?:\d{1,10}(?:, \d{1,10}){0,7},?)?)\),? *\} *\n?",
    re.ASCII,
)
DTYPES: dict[str, np.dtype[np.generic]] = {
    descr: np.dtype(descr) for descr in ("|i1", "|u1", "<i2", "<i4", "<i8", "<f4")
}
"""What an array of a model may hold. Others are refused here; which of them a key takes, its check says."""


@dataclass(frozen=True)
class Header:
    """dtype and shape of an array, and the bytes that stand before its data."""

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    header_bytes: int

    @property
    def data_bytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize


def read_header(stream: IO[bytes]) -> Header:
    """The header at the stream's position; the stream then stands at the data."""
    prefix = stream.read(len(_MAGIC) + 2)
    if prefix[:6] != _MAGIC[:6]:
        raise ModelError("is no .npy array", hint="write the archive with hwgen.model.save or np.savez")
    if prefix[:8] != _MAGIC or len(prefix) != len(_MAGIC) + 2:
        raise ModelError(
            "is an .npy array of another version than 1.0", hint="write the archive with hwgen.model.save or np.savez"
        )
    length = int.from_bytes(prefix[8:], "little")
    raw = stream.read(length) if length <= _MAX_TEXT else b""
    text = raw.decode("latin-1")
    match = _TEXT.fullmatch(text)
    if len(raw) != length or match is None:
        raise ModelError("has a malformed .npy header", hint="write the archive with hwgen.model.save or np.savez")
    descr, fortran, sizes = match.groups()
    if descr.startswith("|O") or descr == "O":
        raise ModelError("holds pickled Python objects, which are never read", hint="store plain integer arrays")
    if descr not in DTYPES:
        raise ModelError(f"has dtype {descr!r}, must be one of {', '.join(DTYPES)}", hint="convert it with .astype")
    if fortran == "True":
        raise ModelError("is stored in Fortran order", hint="store np.ascontiguousarray(array)")
    shape = tuple(int(size) for size in sizes.split(",") if size.strip())
    return Header(DTYPES[descr], shape, len(prefix) + length)


def header_of(array: NDArray[np.generic]) -> bytes:
    """The header of ``array``, the same bytes whatever the version of NumPy."""
    descr = next(descr for descr, dtype in DTYPES.items() if dtype == array.dtype)
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {tuple(int(size) for size in array.shape)!r}, }}"
    length = len(_MAGIC) + 2 + len(text) + 1
    text += " " * (-length % _ALIGN) + "\n"
    return _MAGIC + len(text).to_bytes(2, "little") + text.encode("ascii")
