"""From a Model to an .npz file: the same model gives the same bytes, and a failure leaves no file behind."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import ModelError, UsageError
from hwgen.model.activation import Activation
from hwgen.model.contents import check_contents
from hwgen.model.form import check_form
from hwgen.model.layers import AddRequant, Layer, Requant
from hwgen.model.limits import MAX_ARRAY_BYTES, MAX_JSON_BYTES
from hwgen.model.locate import located
from hwgen.model.model import Model
from hwgen.model.npy import header_of
from hwgen.model.read import DESCRIPTION, FORMAT, VERSION
from hwgen.model.weights import Weights

_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_REGULAR_644 = 0o100644 << 16
_MEMBER_NAMES = {"multiplier": "mul"}
_SHARED = ("name", "inputs", "output", "source_op")

Arrays = dict[str, NDArray[np.generic]]


def save(model: Model, path: str | PathLike[str]) -> None:
    """Write ``model`` to the file ``path``, unpacked, with fixed time stamps and order.

    Raises
    ------
    ModelError
        The model is not valid; nothing is written.
    UsageError
        The file cannot be written.
    """
    file = Path(path)
    with located(file=str(file)):
        validate(model)
        arrays: Arrays = {}
        text = json.dumps(_describe(model, arrays), ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()
        members: Arrays = {DESCRIPTION: np.frombuffer(text, np.uint8), **arrays}
        _check_sizes(members)
    if not file.name:
        raise UsageError("names no file", file=str(file), hint="give the file a name")
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        try:
            with partial.open("wb") as stream:
                _write_archive(stream, members)
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", file=str(file), hint="check the folder") from None


def validate(model: Model) -> None:
    """Every check that :func:`load` makes, on a model in memory. Raises ModelError with layer and key."""
    check_form(model)
    check_contents(model)


def _check_sizes(members: Arrays) -> None:
    if members[DESCRIPTION].nbytes > MAX_JSON_BYTES:
        raise ModelError(
            f"the description takes {members[DESCRIPTION].nbytes} bytes, at most {MAX_JSON_BYTES} are read"
        )
    total = sum(array.nbytes for array in members.values())
    if total > MAX_ARRAY_BYTES:
        raise ModelError(f"the arrays take {total} bytes, at most {MAX_ARRAY_BYTES} are read")


def _write_archive(stream: IO[bytes], members: Arrays) -> None:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name, array in members.items():
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            info.create_system = _UNIX
            info.external_attr = _REGULAR_644
            with archive.open(info, "w") as member:
                member.write(header_of(array))
                member.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def _describe(model: Model, arrays: Arrays) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": model.name,
        "input": _activation(model.input),
        "layers": [_layer(layer, arrays) for layer in model.layers],
        "outputs": list(model.outputs),
    }


def _layer(layer: Layer, arrays: Arrays) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": layer.name, "op": layer.op, "inputs": list(layer.inputs)}
    if layer.source_op is not None:
        entry["source_op"] = layer.source_op
    for field in fields(layer):
        if field.name not in _SHARED:
            _put(entry, field.name, getattr(layer, field.name), layer.name, arrays)
    entry["output"] = _activation(layer.output)
    return entry


def _put(entry: dict[str, Any], key: str, value: object, layer: str, arrays: Arrays) -> None:
    """One key of a layer, of its weights or of its requantisation; what is None stays out."""
    match value:
        case None:
            pass
        case np.ndarray():
            member = f"{layer}.{_MEMBER_NAMES.get(key, key)}"
            arrays[member] = value
            entry[key] = member
        case Weights():
            weights: dict[str, Any] = {"encoding": value.encoding, "bits": int(value.bits)}
            numbers = [field.name for field in fields(value) if field.name not in ("bits", *value.array_keys)]
            for name in (*numbers, *value.array_keys):
                _put(weights, name, getattr(value, name), layer, arrays)
            entry[key] = weights
        case Requant() | AddRequant():
            requant: dict[str, Any] = {}
            for field in fields(value):
                _put(requant, field.name, getattr(value, field.name), layer, arrays)
            entry[key] = requant
        case str() | bool():
            entry[key] = value
        case tuple() | list():
            entry[key] = [int(item) for item in value]
        case _:
            entry[key] = int(value)  # type: ignore[call-overload]


def _activation(activation: Activation) -> dict[str, Any]:
    return {
        "shape": [int(size) for size in activation.shape],
        "bits": int(activation.bits),
        "signed": activation.signed,
        "scale": float(activation.scale),
        "zero_point": int(activation.zero_point),
        "min": int(activation.min),
        "max": int(activation.max),
    }
