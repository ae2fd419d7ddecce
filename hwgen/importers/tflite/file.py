"""A .tflite file as plain data: tensors and operators, nothing interpreted.

The flatbuffer is read with the ``tflite`` package, which is generated from TensorFlow's schema.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import ModelError, ToolMissingError, UnsupportedError

IDENTIFIER = b"TFL3"
VERSION = 3
INSTALL = "pip install 'hwgen[import]'"
MOST_ELEMENTS = 1 << 28
"""Elements of a tensor; more are taken for damage."""
DAMAGE = (struct.error, IndexError, KeyError, ValueError, TypeError, OverflowError, UnicodeDecodeError, MemoryError)
"""What the flatbuffer reader raises where offsets lead nowhere."""

DTYPES = {"FLOAT32": "f4", "INT32": "i4", "UINT8": "u1", "INT64": "i8", "INT16": "i2", "INT8": "i1"}
"""Types of tensors whose content is read, little endian."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tensor:
    """``data`` is None where the tensor is computed; ``scale`` and ``zero_point`` hold one value or one a channel."""

    name: str
    shape: tuple[int, ...]
    type: str
    data: NDArray[Any] | None
    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    axis: int


@dataclass(frozen=True, kw_only=True)
class Operator:
    """``inputs`` are tensors; -1 where an optional one is left out. ``options`` are the fields of its option table."""

    index: int
    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any]

    @property
    def name(self) -> str:
        """As the golden files number them: op03_ADD."""
        return f"op{self.index:02d}_{self.kind}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Graph:
    """The one subgraph of the file."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


_WINDOW = ("Padding", "StrideW", "StrideH", "FusedActivationFunction")
_CONVOLUTION = (*_WINDOW, "DilationWFactor", "DilationHFactor")
_POOL = (*_WINDOW, "FilterWidth", "FilterHeight")

OPTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "CONV_2D": ("Conv2DOptions", _CONVOLUTION),
    "DEPTHWISE_CONV_2D": ("DepthwiseConv2DOptions", _CONVOLUTION),
    "FULLY_CONNECTED": ("FullyConnectedOptions", ("FusedActivationFunction", "WeightsFormat")),
    "ADD": ("AddOptions", ("FusedActivationFunction",)),
    "AVERAGE_POOL_2D": ("Pool2DOptions", _POOL),
    "MAX_POOL_2D": ("Pool2DOptions", _POOL),
    "SOFTMAX": ("SoftmaxOptions", ("Beta",)),
    "CONCATENATION": ("ConcatenationOptions", ("Axis", "FusedActivationFunction")),
    "MEAN": ("ReducerOptions", ("KeepDims",)),
}
"""The option table of each operator that has one, and the fields that are read."""


def parse(content: bytes, file: str) -> Graph:
    """Read a file's bytes.

    Raises
    ------
    ToolMissingError
        The ``tflite`` package is not installed.
    ModelError
        No TFLite file, or a damaged one.
    UnsupportedError
        Several subgraphs.
    """
    try:
        import tflite
    except ImportError:
        raise ToolMissingError("the package 'tflite' is not installed", hint=INSTALL) from None
    if content[4:8] != IDENTIFIER:
        raise ModelError("is no TFLite file: the identifier TFL3 is missing", file=file)
    try:
        return _graph(tflite, tflite.Model.GetRootAs(content, 0), len(content), file)
    except DAMAGE as error:
        raise ModelError("the TFLite file is damaged", file=file, hint="export it again") from error


def _graph(tflite: Any, model: Any, size: int, file: str) -> Graph:
    if model.Version() != VERSION:
        raise ModelError(f"is of TFLite version {model.Version()}, not {VERSION}", file=file)
    if model.SubgraphsLength() != 1:
        raise UnsupportedError(f"has {model.SubgraphsLength()} subgraphs", file=file, hint="export a model with one")
    graph = model.Subgraphs(0)
    kinds = {value: name for name, value in vars(tflite.BuiltinOperator).items() if not name.startswith("_")}
    types = {value: name for name, value in vars(tflite.TensorType).items() if not name.startswith("_")}
    codes = _all(model.OperatorCodes, model.OperatorCodesLength(), size)
    # Files from before the field was widened have the code in the old one.
    names = [kinds[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())] for code in codes]
    tensors = _all(graph.Tensors, graph.TensorsLength(), size)
    operators = _all(graph.Operators, graph.OperatorsLength(), size)
    found = Graph(
        tensors=tuple(_tensor(tensor, model, types) for tensor in tensors),
        operators=tuple(
            _operator(tflite, index, operator, names[operator.OpcodeIndex()], size)
            for index, operator in enumerate(operators)
        ),
        inputs=_indices(graph.Inputs, graph.InputsLength(), size),
        outputs=_indices(graph.Outputs, graph.OutputsLength(), size),
    )
    used = [*found.inputs, *found.outputs, *(index for op in found.operators for index in (*op.inputs, *op.outputs))]
    if any(not -1 <= index < len(tensors) for index in used):
        raise ValueError("a tensor that is not there")
    return found


def _all(get: Callable[[int], Any], length: int, size: int) -> list[Any]:
    """The elements of a vector, each of at least four bytes of the file."""
    if not 0 <= 4 * length <= size:
        raise ValueError("a vector longer than the file")
    return [get(index) for index in range(length)]


def _indices(get: Callable[[int], int], length: int, size: int) -> tuple[int, ...]:
    return tuple(int(value) for value in _all(get, length, size))


def _tensor(tensor: Any, model: Any, types: Mapping[int, str]) -> Tensor:
    shape = tuple(int(n) for n in _vector(tensor.ShapeAsNumpy(), tensor.ShapeLength()))
    signature = tuple(int(n) for n in _vector(tensor.ShapeSignatureAsNumpy(), tensor.ShapeSignatureLength()))
    if any(n < 0 for n in signature[1:]):
        shape = signature  # an open dimension other than the batch's stays visible
    kind = types[tensor.Type()]
    quantisation = tensor.Quantization()
    scale: tuple[float, ...] = ()
    zero_point: tuple[int, ...] = ()
    axis = 0
    if quantisation is not None:
        scale = tuple(float(s) for s in _vector(quantisation.ScaleAsNumpy(), quantisation.ScaleLength()))
        zero_point = tuple(int(z) for z in _vector(quantisation.ZeroPointAsNumpy(), quantisation.ZeroPointLength()))
        axis = quantisation.QuantizedDimension()
    if any(not 0 < s < float("inf") for s in scale) or len(zero_point) not in (0, len(scale)):
        raise ValueError("scales that are none")
    return Tensor(
        name=(tensor.Name() or b"").decode(),
        shape=shape,
        type=kind,
        data=_data(model, tensor.Buffer(), shape, kind),
        scale=scale,
        zero_point=zero_point or (0,) * len(scale),
        axis=axis,
    )


def _vector(found: Any, length: int) -> Any:
    """A vector as NumPy has it; the reader gives 0 for one that is not there."""
    return found if length else ()


def _data(model: Any, buffer: int, shape: tuple[int, ...], kind: str) -> NDArray[Any] | None:
    if not 0 <= buffer < model.BuffersLength():
        raise ValueError("a buffer that is not there")
    length = model.Buffers(buffer).DataLength()
    if not length or kind not in DTYPES:
        return None
    dtype = np.dtype("<" + DTYPES[kind])
    if not 0 <= prod(shape) <= MOST_ELEMENTS or length != prod(shape) * dtype.itemsize:
        raise ValueError("content that does not fill the shape")
    content: NDArray[np.uint8] = model.Buffers(buffer).DataAsNumpy()
    return content.view(dtype).reshape(shape)


def _operator(tflite: Any, index: int, operator: Any, kind: str, size: int) -> Operator:
    options: dict[str, Any] = {}
    table = operator.BuiltinOptions()
    if kind in OPTIONS and table is not None:
        name, fields = OPTIONS[kind]
        reader = getattr(tflite, name)()
        reader.Init(table.Bytes, table.Pos)
        options = {field: getattr(reader, field)() for field in fields}
    return Operator(
        index=index,
        kind=kind,
        inputs=_indices(operator.Inputs, operator.InputsLength(), size),
        outputs=_indices(operator.Outputs, operator.OutputsLength(), size),
        options=options,
    )
