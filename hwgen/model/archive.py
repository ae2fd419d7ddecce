"""Safe reading of an .npz: nothing is unpacked before the sizes it declares are proven consistent and bounded.

The archive's directory, the sizes in it and every array's header are checked when it is opened; that costs a few
hundred bytes a member. Only then may a caller ask for contents, which arrive in pieces: a member that lies about its
size is noticed at its end and costs no more memory than it really holds.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from types import TracebackType
from typing import IO

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import ModelError
from hwgen.model.limits import (
    MAX_ARRAY_BYTES,
    MAX_DIRECTORY_BYTES,
    MAX_FILE_BYTES,
    MAX_MEMBER_NAME,
    MAX_MEMBERS,
    PACKED_FREE,
    PACKED_RATIO,
)
from hwgen.model.npy import Header, read_header
from hwgen.model.values import describe

_END = struct.Struct("<4s4H2LH")
"""End of directory: signature, two disks, entries here and in all, directory size, offset, comment length."""
_ZIP64_LOCATOR = 20
_ENCRYPTED = 0x1 | 0x40
_PIECE = 1 << 18
_PLAIN = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*)\.npy", re.ASCII)
_REWRITE = "write the archive again with hwgen.model.save or np.savez"


class Archive:
    """An open .npz file: its members' headers, and their contents on demand."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._cache: dict[str, NDArray[np.generic]] = {}
        self._stream = _open_regular(path)
        try:
            with _zip_errors():
                self._size = _check_end(self._stream)
                self._zip = zipfile.ZipFile(self._stream)
                self._infos = _check_members(self._zip.infolist(), self._size)
            self.headers = {name: self._header(name) for name in self._infos}
        except BaseException:
            self._stream.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def placeholder(self, name: str) -> NDArray[np.generic]:
        """An array of the member's dtype and shape that takes no memory: for the checks of form."""
        header = self._known(name)
        return np.broadcast_to(np.zeros((), header.dtype), header.shape)

    def array(self, name: str) -> NDArray[np.generic]:
        """The member's contents, read-only."""
        if name not in self._cache:
            self._cache[name] = self._read(name, self._known(name))
        return self._cache[name]

    def _known(self, name: str) -> Header:
        if name not in self.headers:
            raise ModelError(f"names {describe(name)}, which is no member of the archive")
        return self.headers[name]

    def _header(self, name: str) -> Header:
        info = self._infos[name]
        with _member(name), _zip_errors():
            with self._zip.open(info) as stream:
                header = read_header(stream)
            if header.header_bytes + header.data_bytes != info.file_size:
                raise ModelError(
                    f"declares shape {header.shape} of {header.dtype}, which does not match its {info.file_size} bytes",
                    hint=_REWRITE,
                )
        return header

    def _read(self, name: str, header: Header) -> NDArray[np.generic]:
        # np.empty takes address space only; pages come with the data that really arrives.
        flat = np.empty(header.data_bytes, np.uint8)
        filled = 0
        with _member(name), _zip_errors(), self._zip.open(self._infos[name]) as stream:
            stream.read(header.header_bytes)
            while filled < flat.size:
                piece = stream.read(min(_PIECE, flat.size - filled))
                if not piece:
                    raise ModelError(f"ends after {filled} of {flat.size} bytes", hint=_REWRITE)
                flat[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
                filled += len(piece)
            # Reading on to the end makes zipfile compare the CRC-32.
            if stream.read(1):
                raise ModelError("is longer than it declares", hint=_REWRITE)
        flat.flags.writeable = False
        return flat.view(header.dtype).reshape(header.shape)


def _open_regular(path: Path) -> IO[bytes]:
    try:
        # A pipe or a device could block or never end.
        if not S_ISREG(path.stat().st_mode):
            raise ModelError("is no regular file", file=str(path))
        return path.open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ModelError(f"cannot be read: {reason}", file=str(path), hint="check the path") from None


def _check_end(stream: IO[bytes]) -> int:
    """Refuse what would make zipfile read a huge directory; the file's size."""
    size = stream.seek(0, 2)
    if size > MAX_FILE_BYTES:
        raise ModelError(f"the file has {size} bytes, at most {MAX_FILE_BYTES} are read")
    tail = size - _END.size
    if tail < 0:
        raise ModelError("is no .npz archive", hint=_REWRITE)
    stream.seek(max(0, tail - _ZIP64_LOCATOR))
    end = stream.read()
    signature, _, _, _, entries, directory, _, comment = _END.unpack(end[-_END.size :])
    if signature != b"PK\x05\x06" or comment != 0:
        raise ModelError("is no .npz archive, is cut short, or has a comment", hint=_REWRITE)
    if end.startswith(b"PK\x06\x07") or entries > MAX_MEMBERS or directory > MAX_DIRECTORY_BYTES:
        raise ModelError(
            f"the archive has more than {MAX_MEMBERS} members or a directory of more than {MAX_DIRECTORY_BYTES} bytes"
        )
    return size


def _check_members(infos: list[zipfile.ZipInfo], file_size: int) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        match = _PLAIN.fullmatch(info.orig_filename)
        if match is None or info.filename != info.orig_filename or len(info.filename) > MAX_MEMBER_NAME:
            raise ModelError(
                f"archive member {describe(info.orig_filename)} has no plain name",
                hint=f"letters, digits, _ . - and the ending .npy, at most {MAX_MEMBER_NAME} characters",
            )
        name = match.group(1)
        if name in members:
            raise ModelError(f"archive member {name!r} stands twice in the archive", hint="keep one")
        if info.flag_bits & _ENCRYPTED or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ModelError(f"archive member {name!r} is encrypted or packed in an unknown way", hint=_REWRITE)
        if info.compress_size > file_size or (
            info.compress_type == zipfile.ZIP_STORED and info.compress_size != info.file_size
        ):
            raise ModelError(f"archive member {name!r} declares sizes that contradict each other", hint=_REWRITE)
        members[name] = info
    unpacked = sum(info.file_size for info in infos)
    if sum(info.compress_size for info in infos) > file_size:
        raise ModelError("archive members overlap", hint=_REWRITE)
    if unpacked > MAX_ARRAY_BYTES:
        raise ModelError(f"the arrays take {unpacked} bytes unpacked, at most {MAX_ARRAY_BYTES} are read")
    if unpacked > max(PACKED_FREE, PACKED_RATIO * file_size):
        raise ModelError(
            f"{file_size} bytes would unpack to {unpacked}: a zip bomb, or almost only zeros",
            hint="store such weights sparse, or write the archive unpacked (hwgen.model.save, np.savez)",
        )
    return members


@contextmanager
def _zip_errors() -> Iterator[None]:
    """What zipfile and zlib raise on broken archives becomes the one error that users see."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        struct.error,
        RuntimeError,
        ValueError,
        OverflowError,
    ) as error:
        text = describe(str(error).splitlines()[0] if str(error) else type(error).__name__)
        raise ModelError(f"the archive is damaged: {text}", hint=_REWRITE) from None


@contextmanager
def _member(name: str) -> Iterator[None]:
    try:
        yield
    except ModelError as error:
        raise ModelError(f"archive member {name!r} {error.what}", hint=error.hint) from None
