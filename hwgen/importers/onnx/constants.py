"""Constants: initialisers and what follows from them alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import ModelError
from hwgen.importers.onnx.file import Node
from hwgen.importers.onnx.tensors import array_of

FOLDED = (
    "Add",
    "Cast",
    "Concat",
    "Div",
    "Exp",
    "Flatten",
    "Gather",
    "Identity",
    "Mul",
    "Neg",
    "Pow",
    "QuantizeLinear",
    "Reciprocal",
    "Reshape",
    "Slice",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Transpose",
    "Unsqueeze",
)
"""Operators that may compute constants; none makes more of little."""
VIEWS = ("Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Identity")
"""Of these, those that leave a quantised constant's integers what they are."""
QUANTIZE_OPSET = 21


@dataclass(frozen=True, kw_only=True, eq=False)
class Constant:
    """``real``: float64, or integers where the file has integers; ``dtype`` is the file's.

    ``scale``, in the shape of ``real``: it was dequantised from integer multiples of it.
    ``of_shape``: it follows from the shape of a computed tensor.
    """

    real: NDArray[Any]
    dtype: np.dtype[Any]
    scale: NDArray[np.float64] | None = None
    of_shape: bool = False

    @classmethod
    def of(cls, array: NDArray[Any], *, of_shape: bool = False) -> Constant:
        """An array of the file; types that NumPy does not have (int4) become integers that it has."""
        with np.errstate(invalid="ignore"):  # signalling NaNs; whoever computes with them refuses
            real = array.astype(np.float64) if array.dtype.kind == "f" else array
        return cls(
            real=real if real.dtype.kind in "fiub" else real.astype(np.int16), dtype=array.dtype, of_shape=of_shape
        )


def constant_node(node: Node, file: str) -> Constant:
    """What a Constant delivers."""
    import onnx

    attributes = node.attributes
    if "value" in attributes:
        return Constant.of(array_of(onnx, attributes["value"], node.outputs[0], file))
    for key, dtype in (("value_float", np.float32), ("value_floats", np.float32)):
        if key in attributes:
            return Constant.of(np.asarray(attributes[key], dtype))
    for key in ("value_int", "value_ints"):
        if key in attributes:
            return Constant.of(np.asarray(attributes[key], np.int64))
    raise ModelError("Constant is neither numbers nor a tensor", file=file, layer=node.label, hint="export it again")


def fold(node: Node, inputs: Mapping[str, Constant], opset: int, file: str) -> Constant:
    """The output of a node of FOLDED whose inputs are constants, by onnx's reference evaluator."""
    import onnx
    from onnx.reference import ReferenceEvaluator

    given = [name for name in node.inputs if name]
    names = [onnx.ValueInfoProto(name=name) for name in dict.fromkeys(given)]
    graph = onnx.GraphProto(node=[node.proto], name="fold", input=names)
    graph.output.append(onnx.ValueInfoProto(name=node.outputs[0]))
    # The evaluator has no QuantizeLinear of earlier opsets, which did the same.
    version = max(opset, QUANTIZE_OPSET) if node.kind == "QuantizeLinear" else opset
    evaluator = ReferenceEvaluator(graph, opsets={"": version})

    def computed(arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        try:
            (result,) = evaluator.run(None, dict(arrays))
        except Exception as error:  # noqa: BLE001 (whatever the evaluator raises, the node cannot be computed)
            what = " ".join(str(error).split())[:200]
            raise ModelError(
                f"{node.kind} cannot be computed: {what}", file=file, layer=node.label, hint="export it again"
            ) from None
        return np.asarray(result)

    first, of_shape = inputs[given[0]], any(inputs[name].of_shape for name in given)
    arrays = {name: inputs[name].real.astype(inputs[name].dtype) for name in given}
    if node.kind in VIEWS:
        # The first input alone is moved, and keeps its float64.
        moved = np.arange(first.real.size).reshape(first.real.shape)
        index = computed({**arrays, given[0]: moved})
        scale = None if first.scale is None else first.scale.reshape(-1)[index]
        return replace(first, real=first.real.reshape(-1)[index], scale=scale, of_shape=of_shape)
    return Constant.of(computed(arrays), of_shape=of_shape)


def broadcast_parameter(parameter: NDArray[Any], shape: Sequence[int], axis: int) -> NDArray[Any] | None:
    """A scale or zero point, one or one a channel of ``axis``, in ``shape``; None where it does not fit."""
    if parameter.size == 1:
        return np.broadcast_to(parameter.reshape(()), shape)
    if parameter.ndim != 1 or not -len(shape) <= axis < len(shape) or parameter.size != shape[axis]:
        return None
    return np.broadcast_to(parameter.reshape([-1 if i == axis % len(shape) else 1 for i in range(len(shape))]), shape)
