"""The .net container: per layer a codebook, biases, and the pruned weights as symbols and runs.

Little endian. First ``entries`` uint32, one per layer; then per layer ``codebook`` float32[2^b] (entry 0 is 0),
``bias`` float32[out], ``symbols`` (a byte each, or two to a byte where b is at most 4, the low half first), ``runs`` (4
bits each, the low half first). An entry stands ``run`` zeros behind the one before; symbol 0 with run 15 only fills.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.compress.relative import Relative, from_relative
from hwgen.errors import ModelError, UsageError
from hwgen.importers.deep_compression.layer_list import WeightedEntry

RUN_BITS = 4
HALF = 4
MAX_BYTES = 1 << 30


@dataclass(frozen=True, eq=False)
class CodedLayer:
    """``codes`` uint8 in the weights' shape, 0 where a weight is pruned; ``codebook`` and ``bias`` float32."""

    codes: NDArray[np.uint8]
    codebook: NDArray[np.float32]
    bias: NDArray[np.float32]

    @property
    def weights(self) -> NDArray[np.float32]:
        """The real weights."""
        return self.codebook[self.codes]


def read_container(path: Path, layers: Sequence[WeightedEntry]) -> list[CodedLayer]:
    """The layers of a file, in the order of the list.

    Raises
    ------
    UsageError
        It cannot be read.
    ModelError
        Its length, a run or a codebook does not fit the list; names the layer.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ModelError(f"has more than {MAX_BYTES} bytes", file=str(path))
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", file=str(path), hint="check the path") from None
    data = _Reader(raw, str(path))
    counts = data.take("<u4", len(layers), "the entry counts")
    found = [_layer(data, layer, int(count)) for layer, count in zip(layers, counts, strict=True)]
    data.end()
    return found


class _Reader:
    """Bytes from front to back."""

    def __init__(self, raw: bytes, file: str) -> None:
        self._raw, self._at, self.file = raw, 0, file

    def take(self, kind: str, count: int, what: str, layer: str | None = None) -> NDArray[Any]:
        """``count`` numbers."""
        size = count * np.dtype(kind).itemsize
        if self._at + size > len(self._raw):
            raise ModelError(
                f"the file ends in {what}: {len(self._raw)} bytes, at least {self._at + size} are needed",
                file=self.file,
                layer=layer,
                hint="check the list of layers: order, shapes, codebook_bits",
            )
        found = np.frombuffer(self._raw, kind, count, self._at)
        self._at += size
        return found

    def halves(self, count: int, what: str, layer: str) -> NDArray[np.uint8]:
        """``count`` numbers of 4 bits, the low half of a byte first."""
        pairs = self.take("u1", -(-count // 2), what, layer)
        return np.stack([pairs & 0xF, pairs >> HALF], axis=1).ravel()[:count]

    def end(self) -> None:
        """Nothing may follow."""
        if self._at != len(self._raw):
            raise ModelError(
                f"{len(self._raw) - self._at} bytes are left behind the last layer",
                file=self.file,
                hint="the list of layers must name all of them",
            )


def _layer(data: _Reader, layer: WeightedEntry, count: int) -> CodedLayer:
    name, bits = layer.name, layer.codebook_bits
    codebook = data.take("<f4", 1 << bits, "a codebook", name).astype(np.float32)
    bias = data.take("<f4", layer.shape[0], "the biases", name).astype(np.float32)
    if bits > HALF:
        symbols = data.take("u1", count, "the symbols", name)
    else:
        symbols = data.halves(count, "the symbols", name)
    runs = data.halves(count, "the runs", name)
    if not (np.isfinite(codebook).all() and np.isfinite(bias).all()):
        raise ModelError("the codebook or a bias is not finite", file=data.file, layer=name)
    if codebook[0] != 0 and count:
        raise ModelError(
            f"entry 0 of the codebook is {codebook[0]:g}, must be 0: fillers have it", file=data.file, layer=name
        )
    if symbols.size and int(symbols.max()) >= 1 << bits:
        raise ModelError(f"symbol {int(symbols.max())} is beyond the {1 << bits} entries", file=data.file, layer=name)
    coded = Relative(symbols.astype(np.int64), runs.astype(np.int64), RUN_BITS, prod(layer.shape))
    try:
        codes = from_relative(coded)
    except UsageError as error:
        raise ModelError(error.what, file=data.file, layer=name, hint="check the layer's shape") from None
    return CodedLayer(codes.astype(np.uint8).reshape(layer.shape), codebook, bias)
