"""The shape of sparse weights whose file leaves it out: what the layer's maps and the number of columns allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hwgen.errors import ModelError
from hwgen.model.activation import Activation
from hwgen.model.limits import MAX_WINDOW
from hwgen.model.values import is_int
from hwgen.model.windows import TILES, window_count

_KEY = "weights.shape"


def infer_sparse_shape(columns: int, layer: Mapping[str, Any]) -> tuple[int, ...]:
    """(out, in/groups, kh, kw), or (out, in) where the layer has no windows.

    ``layer`` has the layer's JSON values by key, ``input`` being what it reads. A kernel is taken only if no
    other one fits.
    """
    source, output = layer["input"], layer["output"]
    assert isinstance(output, Activation)
    if source is None or not output.shape:
        raise _unclear()
    out = output.shape[0]
    if len(output.shape) != 3 or len(source.shape) != 3:
        return out, columns
    stride, padding, groups = layer.get("stride", (1, 1)), layer.get("padding", (0, 0, 0, 0)), layer.get("groups", 1)
    if (
        len(stride) != 2
        or len(padding) != 4
        or not is_int(groups)
        or min(groups, *stride) < 1
        or source.shape[0] % groups
    ):
        raise _unclear()
    channels = source.shape[0] // groups
    if channels < 1 or columns % channels:
        raise _unclear()
    taps = columns // channels
    if layer.get("domain") in TILES:
        tile = TILES[layer["domain"]]
        return out, channels, tile, tile
    height = source.shape[1] + padding[0] + padding[1]
    width = source.shape[2] + padding[2] + padding[3]
    fits = [
        (out, channels, kh, taps // kh)
        for kh in range(1, min(taps, MAX_WINDOW) + 1)
        if taps % kh == 0
        and window_count(height, kh, stride[0]) == output.shape[1]
        and window_count(width, taps // kh, stride[1]) == output.shape[2]
    ]
    if len(fits) != 1:
        raise _unclear()
    return fits[0]


def _unclear() -> ModelError:
    return ModelError(
        "is missing and cannot be inferred", key=_KEY, hint="add the weights' shape as a list of integers"
    )
