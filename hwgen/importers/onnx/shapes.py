"""Shapes: of the input, and of what follows from it."""

from __future__ import annotations

from collections.abc import Collection
from math import prod
from typing import Any

from hwgen.errors import ModelError, UnsupportedError
from hwgen.importers.onnx.tensors import MAP_TYPES, type_name

MOST_ELEMENTS = 1 << 24
"""Of one map of a frame, the input's included."""


def graph_input(onnx: Any, graph: Any, constants: Collection[str], file: str) -> tuple[str, tuple[int, ...], str]:
    """Name, shape with a batch of 1, and type of the only input."""
    initialised = {tensor.name for tensor in graph.initializer} | set(constants)
    inputs = [value for value in graph.input if value.name not in initialised]
    if len(inputs) != 1:
        names = ", ".join(value.name for value in inputs) or "none"
        raise UnsupportedError(f"has {len(inputs)} inputs ({names})", file=file, hint="export a network with one input")
    (value,) = inputs
    if value.type.WhichOneof("value") != "tensor_type" or not value.type.tensor_type.HasField("shape"):
        raise UnsupportedError(f"the input {value.name!r} has no shape", file=file, hint="export with fixed shapes")
    kind = type_name(onnx, value.type.tensor_type.elem_type)
    if kind not in MAP_TYPES:
        raise UnsupportedError(
            f"the input {value.name!r} is {kind}", file=file, hint="use float32 or a quantised input"
        )
    shape = []
    for axis, size in enumerate(value.type.tensor_type.shape.dim):
        fixed = size.WhichOneof("value") == "dim_value"
        if axis == 0 and not fixed:
            shape.append(1)
        elif not fixed or size.dim_value < 1:
            shown = [
                d.dim_value if d.WhichOneof("value") == "dim_value" else d.dim_param or "?"
                for d in value.type.tensor_type.shape.dim
            ]
            raise UnsupportedError(
                f"the input {value.name!r} has the dynamic shape {shown}", file=file, hint="export with fixed shapes"
            )
        else:
            shape.append(size.dim_value)
    if not 2 <= len(shape) <= 5:
        raise UnsupportedError(
            f"the input {value.name!r} has the shape {shape}", file=file, hint="use (1, C, H, W), (1, C, L) or (1, F)"
        )
    if shape[0] != 1:
        raise UnsupportedError(
            f"the input {value.name!r} has a batch of {shape[0]}",
            file=file,
            hint="export with a batch of 1; build takes --batch",
        )
    if prod(shape) > MOST_ELEMENTS:
        raise UnsupportedError(f"the input {value.name!r} has {prod(shape)} elements", file=file)
    return value.name, tuple(shape), kind


def fix_batch(graph: Any, source: str) -> None:
    """A batch of 1 where it was open; what followed from an open one is inferred again."""
    for value in graph.input:
        if value.name == source:
            value.type.tensor_type.shape.dim[0].dim_value = 1
    del graph.value_info[:]
    for value in graph.output:
        for size in value.type.tensor_type.shape.dim:
            if size.WhichOneof("value") != "dim_value":
                size.Clear()


def _shaped(inferred: Any) -> Any:
    """A copy in which every output has a shape, which the checker wants: files may leave it to inference."""
    copy = type(inferred).FromString(inferred.SerializeToString())
    for value in copy.graph.output:
        value.type.tensor_type.shape.SetInParent()
    return copy


def inferred_shapes(onnx: Any, model: Any, file: str) -> dict[str, tuple[int, ...]]:
    """Checked and inferred by the onnx package."""
    refused = (
        onnx.checker.ValidationError,
        onnx.shape_inference.InferenceError,
        ValueError,
        TypeError,
        RuntimeError,
        UnicodeDecodeError,
    )
    try:
        inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        onnx.checker.check_model(_shaped(inferred))
    except refused as error:
        what = " ".join(str(error).split())
        raise ModelError(f"onnx refuses the graph: {what[:300]}", file=file, hint="export it again") from None
    shapes = {}
    for value in (*inferred.graph.value_info, *inferred.graph.output):
        kind = value.type.tensor_type
        sizes = [size.dim_value if size.WhichOneof("value") == "dim_value" else None for size in kind.shape.dim]
        if kind.HasField("shape") and None not in sizes:
            shapes[value.name] = tuple(int(size) for size in sizes if size is not None)
        if kind.elem_type in (onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16, onnx.TensorProto.DOUBLE):
            raise UnsupportedError(
                f"the tensor {value.name!r} is {type_name(onnx, kind.elem_type)}", file=file, hint="export in float32"
            )
    return shapes
