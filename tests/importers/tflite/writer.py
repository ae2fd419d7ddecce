"""Writes small .tflite files, with the builder functions of the ``tflite`` package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
import tflite
from numpy.typing import NDArray

from hwgen.importers.tflite.file import OPTIONS


@dataclass(frozen=True)
class T:
    """A tensor; ``data`` None: computed. ``axis``: that its scales belong to."""

    shape: tuple[int, ...]
    data: NDArray[Any] | None = None
    scale: float | tuple[float, ...] = 0.5
    zero: int = 0
    type: str = "INT8"
    signature: tuple[int, ...] = ()
    axis: int = 0


@dataclass(frozen=True)
class Op:
    kind: str
    inputs: tuple[int, ...]
    output: int
    options: Mapping[str, Any] = field(default_factory=dict)


def written(
    tensors: Sequence[T], ops: Sequence[Op], *, inputs: Sequence[int] = (0,), outputs: Sequence[int] | None = None
) -> bytes:
    """The file's bytes; the last operator's output is the network's unless ``outputs`` says otherwise."""
    b = flatbuffers.Builder(1024)
    buffers = [_table(b, "Buffer")]
    offsets = []
    for index, tensor in enumerate(tensors):
        buffer = 0
        if tensor.data is not None:
            buffer = len(buffers)
            buffers.append(_table(b, "Buffer", Data=b.CreateByteVector(np.ascontiguousarray(tensor.data).tobytes())))
        scales = np.atleast_1d(np.asarray(tensor.scale, np.float32))
        quantisation = _table(
            b,
            "QuantizationParameters",
            Scale=b.CreateNumpyVector(scales),
            ZeroPoint=b.CreateNumpyVector(np.full(scales.size, tensor.zero, np.int64)),
            QuantizedDimension=tensor.axis,
        )
        parts: dict[str, Any] = {
            "Name": b.CreateString(f"t{index}"),
            "Shape": b.CreateNumpyVector(np.array(tensor.shape, np.int32)),
            "Type": getattr(tflite.TensorType, tensor.type),
            "Buffer": buffer,
            "Quantization": quantisation,
        }
        if tensor.signature:
            parts["ShapeSignature"] = b.CreateNumpyVector(np.array(tensor.signature, np.int32))
        offsets.append(_table(b, "Tensor", **parts))
    kinds = list(dict.fromkeys(op.kind for op in ops))
    codes = []
    for kind in kinds:
        code = getattr(tflite.BuiltinOperator, kind)
        codes.append(_table(b, "OperatorCode", BuiltinCode=code, DeprecatedBuiltinCode=min(code, 127)))
    operators = []
    for op in ops:
        parts = {
            "OpcodeIndex": kinds.index(op.kind),
            "Inputs": b.CreateNumpyVector(np.array(op.inputs, np.int32)),
            "Outputs": b.CreateNumpyVector(np.array([op.output], np.int32)),
        }
        if op.kind in OPTIONS:
            table = OPTIONS[op.kind][0]
            parts["BuiltinOptionsType"] = getattr(tflite.BuiltinOptions, table)
            parts["BuiltinOptions"] = _table(b, table, **op.options)
        operators.append(_table(b, "Operator", **parts))
    graph = _table(
        b,
        "SubGraph",
        Tensors=_offsets(b, offsets),
        Operators=_offsets(b, operators),
        Inputs=b.CreateNumpyVector(np.array(inputs, np.int32)),
        Outputs=b.CreateNumpyVector(np.array([ops[-1].output] if outputs is None else outputs, np.int32)),
    )
    model = _table(
        b,
        "Model",
        Version=3,
        OperatorCodes=_offsets(b, codes),
        Subgraphs=_offsets(b, [graph]),
        Buffers=_offsets(b, buffers),
    )
    b.Finish(model, b"TFL3")
    return bytes(b.Output())


def _table(b: flatbuffers.Builder, name: str, **parts: Any) -> int:
    getattr(tflite, f"{name}Start")(b)
    for part, value in parts.items():
        getattr(tflite, f"{name}Add{part}")(b, value)
    return int(getattr(tflite, f"{name}End")(b))


def _offsets(b: flatbuffers.Builder, offsets: Sequence[int]) -> int:
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return int(b.EndVector())
