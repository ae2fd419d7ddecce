"""Tensors of an .onnx file: their types and contents."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from numpy.typing import NDArray

from hwgen.errors import ModelError, UnsupportedError

QUANTISED_TYPES = ("INT8", "UINT8", "INT16", "UINT16", "INT4", "UINT4", "INT2", "UINT2")
"""What a quantised map may be; wider constants than 16 bits are biases."""
MAP_TYPES = ("FLOAT", *QUANTISED_TYPES)
CONSTANT_TYPES = (*MAP_TYPES, "INT32", "INT64", "BOOL")


def initialisers(onnx: Any, graph: Any, used: Collection[str], file: str) -> dict[str, NDArray[Any]]:
    """The initialisers that some node reads.

    Raises
    ------
    UnsupportedError, ModelError
        As :func:`array_of`; or they are sparse.
    """
    if graph.sparse_initializer:
        raise UnsupportedError("has sparse initialisers", file=file, hint="store them dense")
    return {
        tensor.name: array_of(onnx, tensor, tensor.name, file) for tensor in graph.initializer if tensor.name in used
    }


def array_of(onnx: Any, tensor: Any, name: str, file: str) -> NDArray[Any]:
    """A TensorProto's content.

    Raises
    ------
    UnsupportedError
        It lies in another file, or is of a type that no operator takes.
    ModelError
        It does not fill its shape.
    """
    kind = type_name(onnx, tensor.data_type)
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        raise UnsupportedError(
            f"the initialiser {name!r} lies in another file",
            file=file,
            hint="save it with onnx.save(model, file, save_as_external_data=False)",
        )
    if kind not in CONSTANT_TYPES:
        hint = "export in float32" if kind in ("FLOAT16", "BFLOAT16", "DOUBLE") else "use float32, or QDQ integers"
        raise UnsupportedError(f"the initialiser {name!r} is {kind}", file=file, hint=hint)
    try:
        array: NDArray[Any] = onnx.numpy_helper.to_array(tensor)
    except (ValueError, TypeError, OverflowError) as error:
        raise ModelError(
            f"the initialiser {name!r} does not fill its shape {list(tensor.dims)}", file=file, hint="export it again"
        ) from error
    return array


def type_name(onnx: Any, number: int) -> str:
    """As ONNX writes it: FLOAT."""
    try:
        return str(onnx.TensorProto.DataType.Name(number))
    except ValueError:
        return f"type {number}"
