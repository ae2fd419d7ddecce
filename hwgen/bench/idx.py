"""The idx files of MNIST and Fashion-MNIST, plain or gzipped."""

from __future__ import annotations

import gzip
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UsageError

UNSIGNED_BYTE = 0x08
MAX_AXES = 4
BRIGHTEST = 255


def read_idx(path: Path) -> NDArray[np.uint8]:
    """An array of bytes, as http://yann.lecun.com/exdb/mnist describes it.

    Raises
    ------
    UsageError
        It cannot be read, or is no such file.
    """
    try:
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError) as error:
        raise UsageError(f"cannot be read: {error}", file=str(path), hint="check the path") from None
    axes = raw[3] if len(raw) > 3 else 0
    head = 4 + 4 * axes
    if raw[:3] != bytes([0, 0, UNSIGNED_BYTE]) or not 1 <= axes <= MAX_AXES or len(raw) < head:
        raise UsageError("is no idx file of bytes", file=str(path))
    shape = tuple(int(size) for size in np.frombuffer(raw, ">u4", axes, 4))
    if prod(shape) != len(raw) - head:
        raise UsageError(f"has {len(raw) - head} bytes for a shape of {shape}", file=str(path))
    return np.frombuffer(raw, np.uint8, offset=head).reshape(shape)


def read_images(path: Path) -> NDArray[np.float32]:
    """Pixels 0..1, (n, 1, H, W)."""
    pixels = read_idx(path)
    if pixels.ndim != 3:
        raise UsageError(f"holds no images but an array of shape {pixels.shape}", file=str(path))
    return (pixels[:, np.newaxis] / BRIGHTEST).astype(np.float32)
