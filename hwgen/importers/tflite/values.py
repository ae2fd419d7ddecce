"""What the converters know of the network so far: which layer delivers a tensor, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.compress.scales import quantised
from hwgen.errors import ModelError, UnsupportedError
from hwgen.importers.tflite.file import Graph, Operator, Tensor
from hwgen.model import Activation, Layer

INT8_MIN, INT8_MAX = -128, 127
ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT")
CLIPS: dict[str, tuple[float | None, float | None]] = {
    "NONE": (None, None),
    "RELU": (0.0, None),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU6": (0.0, 6.0),
}
"""Real numbers that an activation clips to."""


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A tensor that a layer of the model (or its input) delivers.

    ``nhwc``: the vector is a flattened (height, width, channels) map, while hwgen flattens (channels, height, width).
    ``padding``: PAD around it (top, bottom, left, right), which its readers, all of them convolutions, take over.
    """

    layer: str
    activation: Activation
    nhwc: tuple[int, int, int] | None = None
    padding: tuple[int, int, int, int] | None = None


@dataclass(kw_only=True)
class Network:
    """The model under construction."""

    graph: Graph
    file: str
    layers: list[Layer] = field(default_factory=list)
    delivered: dict[int, Delivered] = field(default_factory=dict)
    input: Activation | None = None

    def refuse(self, operator: Operator, what: str, hint: str | None = None) -> UnsupportedError:
        """The error for an operator that has no counterpart."""
        return UnsupportedError(what, file=self.file, layer=operator.name, hint=hint)

    def damaged(self, operator: Operator, what: str) -> ModelError:
        """The error for an operator that contradicts itself."""
        return ModelError(what, file=self.file, layer=operator.name, hint="export it again")

    def tensor(self, operator: Operator, place: int) -> Tensor:
        """The operator's input at ``place``."""
        if place >= len(operator.inputs) or operator.inputs[place] < 0:
            raise self.damaged(operator, f"input {place} is missing")
        return self.graph.tensors[operator.inputs[place]]

    def output(self, operator: Operator) -> Tensor:
        """The operator's only output."""
        if len(operator.outputs) != 1 or operator.outputs[0] < 0:
            raise self.damaged(operator, f"has {len(operator.outputs)} outputs")
        return self.graph.tensors[operator.outputs[0]]

    def source(self, operator: Operator, place: int = 0, *, ordered: bool = True) -> Delivered:
        """What delivers the input at ``place``; not ``ordered``: the operator takes any order."""
        self.tensor(operator, place)
        found = self.delivered.get(operator.inputs[place])
        if found is None:
            raise self.refuse(operator, f"input {place} is a constant", "fold it before the export")
        if found.nhwc is not None and ordered:
            raise self.refuse(operator, "reads a flattened map, which only FULLY_CONNECTED can")
        return found

    def constant(self, operator: Operator, place: int, kind: str) -> NDArray[Any]:
        """The content of the input at ``place``, of that type."""
        tensor = self.tensor(operator, place)
        if tensor.data is None:
            raise self.refuse(operator, f"{tensor.name!r} is computed, not a constant", "export fixed weights")
        if tensor.type != kind:
            hint = "quantise the network to int8 before the export" if tensor.type == "FLOAT32" else None
            raise self.refuse(operator, f"{tensor.name!r} is {tensor.type}, not {kind}", hint)
        return tensor.data

    def activation(self, operator: Operator, tensor: Tensor, fused: int = 0) -> Activation:
        """Shape, scale and clamp of a computed tensor."""
        return activation_of(tensor, self.file, operator.name, self._clamp(operator, tensor, fused))

    def _clamp(self, operator: Operator, tensor: Tensor, fused: int) -> tuple[int, int]:
        name = ACTIVATIONS[fused] if 0 <= fused < len(ACTIVATIONS) else str(fused)
        if name not in CLIPS:
            raise self.refuse(operator, f"the activation function {name} has no counterpart", "use RELU or RELU6")
        low, high = (
            None if real is None or not tensor.scale else quantised(real, tensor.scale[0], tensor.zero_point[0])
            for real in CLIPS[name]
        )
        return (
            max(INT8_MIN, INT8_MIN if low is None else min(low, INT8_MAX)),
            min(INT8_MAX, INT8_MAX if high is None else max(high, INT8_MIN)),
        )

    def add(self, operator: Operator, layer: Layer) -> None:
        """Append a layer that delivers the operator's output."""
        self.layers.append(layer)
        self.deliver(operator, Delivered(layer=layer.name, activation=layer.output))

    def deliver(self, operator: Operator, delivered: Delivered) -> None:
        """The operator's output is this."""
        self.output(operator)
        self.delivered[operator.outputs[0]] = delivered

    def readers(self, tensor: int) -> list[Operator]:
        """The operators that read a tensor."""
        return [operator for operator in self.graph.operators if tensor in operator.inputs]


def activation_of(tensor: Tensor, file: str, layer: str, clamp: tuple[int, int] = (INT8_MIN, INT8_MAX)) -> Activation:
    """An int8 tensor (1, H, W, C) or (1, F) as an activation (C, H, W) or (F,).

    Raises
    ------
    UnsupportedError
        It is no int8 tensor with one scale, or its shape is open or not of those.
    """
    where = {"file": file, "layer": layer}
    if tensor.type != "INT8":
        hint = "quantise the network to int8 before the export" if tensor.type == "FLOAT32" else None
        raise UnsupportedError(f"{tensor.name!r} is {tensor.type}, not INT8", hint=hint, **where)
    if len(tensor.scale) != 1:
        raise UnsupportedError(f"{tensor.name!r} has {len(tensor.scale)} scales, not one", **where)
    if any(n < 1 for n in tensor.shape):
        raise UnsupportedError(
            f"{tensor.name!r} has the dynamic shape {list(tensor.shape)}", hint="export with fixed shapes", **where
        )
    return Activation(
        shape=frame_shape(tensor.shape, tensor.name, where),
        scale=tensor.scale[0],
        zero_point=tensor.zero_point[0],
        min=clamp[0],
        max=clamp[1],
    )


def frame_shape(shape: Sequence[int], name: str, where: dict[str, str]) -> tuple[int, ...]:
    """Without the batch, channels first: (1, H, W, C), (1, W, C) and (1, F)."""
    match tuple(shape):
        case (1, height, width, channels):
            return channels, height, width
        case (1, width, channels):
            return channels, 1, width
        case (1, features) | (features,):
            return (features,)
        case (batch, *_) if 2 <= len(shape) <= 4:
            raise UnsupportedError(
                f"{name!r} has a batch of {batch}", hint="export with a batch of 1; build takes --batch", **where
            )
        case _:
            raise UnsupportedError(f"{name!r} has the shape {list(shape)}", hint="use (1, H, W, C) or (1, F)", **where)


def columns_in_order(weights: NDArray[Any], nhwc: tuple[int, int, int] | None) -> NDArray[Any]:
    """Weights (out, in) of a vector flattened (h, w, c) for one flattened (c, h, w)."""
    if nhwc is None:
        return weights
    channels, height, width = nhwc
    return np.ascontiguousarray(
        weights.reshape(-1, height, width, channels).transpose(0, 3, 1, 2).reshape(weights.shape)
    )
