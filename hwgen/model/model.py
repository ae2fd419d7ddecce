"""A whole network: its input, its layers in order of computation, its outputs."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.errors import ModelError
from hwgen.model.activation import Activation
from hwgen.model.layers import Layer

INPUT = "input"
"""The reserved name of the model's input."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """``layers`` stand in an order in which each follows its inputs; ``outputs`` name layers."""

    name: str
    input: Activation
    layers: tuple[Layer, ...]
    outputs: tuple[str, ...]

    def layer(self, name: str) -> Layer:
        """The layer of that name."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ModelError(
            f"model {self.name!r} has no layer {name!r}", hint=f"it has {', '.join(x.name for x in self.layers)}"
        )

    def activation(self, name: str) -> Activation:
        """What ``name`` delivers: a layer, or "input"."""
        return self.input if name == INPUT else self.layer(name).output

    def inputs_of(self, layer: Layer) -> tuple[Activation, ...]:
        """What ``layer`` receives, in the order of its ``inputs``."""
        return tuple(self.activation(name) for name in layer.inputs)

    def consumers(self, name: str) -> tuple[Layer, ...]:
        """The layers that read ``name``: a layer, or "input"."""
        return tuple(layer for layer in self.layers if name in layer.inputs)
