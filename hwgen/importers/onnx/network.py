"""What the converters know of the network so far: its steps, and where the elements of a tensor are stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.compress.grids import Grid
from hwgen.errors import ModelError, UnsupportedError
from hwgen.fixed import signed_bits
from hwgen.importers.names import identifier
from hwgen.importers.onnx.constants import Constant
from hwgen.importers.onnx.file import Graph, Node
from hwgen.importers.onnx.shapes import MOST_ELEMENTS
from hwgen.importers.onnx.values import Real, Step, Value, gains, in_order, placeholder, real, stored_real, units
from hwgen.model import INPUT, Activation, AvgPool2d, Concat, Conv2d, Dense, Flatten, Layer, MaxPool2d
from hwgen.model.limits import MAX_NAME, MAX_TEXT
from hwgen.model.names import RESERVED

MOST_DIAGONAL = 4096
"""Features of a vector whose elements are scaled one by one, which takes a matrix."""
ROOM = 4
"""Characters of a name that tell it from others."""


@dataclass(kw_only=True, eq=False)
class Network:
    """The model under construction."""

    graph: Graph
    steps: dict[str, Step] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    constants: dict[str, Constant] = field(default_factory=dict)
    input_map: Activation | None = None
    input_order: NDArray[np.int64] | None = None
    input_grid: Grid | None = None
    _readers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*self.graph.outputs, *(x for node in self.graph.nodes for x in set(node.inputs))):
            self._readers[name] = self._readers.get(name, 0) + 1

    # Errors

    def refuse(self, node: Node, what: str, hint: str | None = None) -> UnsupportedError:
        """The error for a node that has no counterpart."""
        return UnsupportedError(f"{node.kind} {what}", file=self.graph.file, layer=node.label, hint=hint)

    def damaged(self, node: Node, what: str) -> ModelError:
        """The error for a node that contradicts itself."""
        return ModelError(f"{node.kind} {what}", file=self.graph.file, layer=node.label, hint="export it again")

    # What a node reads

    def has(self, node: Node, place: int) -> bool:
        """Whether the input at ``place`` is given."""
        return place < len(node.inputs) and node.inputs[place] != ""

    def tensor(self, node: Node, place: int) -> str:
        """The name of the input at ``place``."""
        if not self.has(node, place):
            raise self.damaged(node, f"lacks its input {place}")
        return node.inputs[place]

    def value(self, node: Node, place: int = 0, *, integers: bool = False) -> Value:
        """The computed input at ``place``; quantised ones only where the operator takes ``integers``."""
        name = self.tensor(node, place)
        found = self.values.get(name)
        if found is None:
            raise self.refuse(
                node, f"computes with the constant {name!r} at input {place}", "fold it before the export"
            )
        if found.integers and not integers:
            raise self.refuse(node, f"computes with the integers of {name!r}", "put a DequantizeLinear before it")
        return replace(found, shared=found.shared or self._readers[name] > 1)

    def constant(self, node: Node, place: int, *, what: str) -> Constant:
        """The constant input at ``place``: finite numbers."""
        name = self.tensor(node, place)
        found = self.constants.get(name)
        if found is None:
            raise self.refuse(node, f"has {what} that are computed ({name!r})", "export a network of fixed weights")
        if found.of_shape:
            raise self.refuse(node, f"computes with the shape of a tensor ({name!r})", "export with fixed shapes")
        if not np.isfinite(found.real).all():
            raise self.damaged(node, f"has {what} that are not finite ({name!r})")
        return found

    def integers(self, node: Node, place: int, *, what: str) -> list[int]:
        """A constant vector of integers, such as a shape."""
        name = self.tensor(node, place)
        found = self.constants.get(name)
        if found is None:
            raise self.refuse(node, f"has {what} that are computed ({name!r})", "export with fixed shapes")
        if found.real.dtype.kind not in "iu":
            raise self.damaged(node, f"has {what} that are no integers ({name!r})")
        return [int(n) for n in found.real.reshape(-1)]

    # Maps

    def stored(self, source: str) -> Activation:
        """The map of a step, or the input's."""
        if source == INPUT:
            if self.input_map is None:
                self._settle(real(*_natural(self.graph.shape)), np.arange(np.prod(self.graph.shape), dtype=np.int64))
            assert self.input_map is not None
            return self.input_map
        return self.steps[source].layer.output

    def _settle(self, stored: Activation, order: NDArray[np.int64]) -> None:
        self.input_map, self.input_order = stored, order

    def position(self, value: Value) -> NDArray[np.int64]:
        """``value.index`` for the map as it is stored. The input's order is that of its first reader."""
        if value.source != INPUT:
            return value.index
        self.stored(INPUT)
        assert self.input_order is not None
        place = np.empty_like(self.input_order)
        place[self.input_order] = np.arange(place.size)
        return np.asarray(place[value.index])

    def map_of(self, node: Node, value: Value) -> tuple[int, int, int]:
        """(C, H, W) of a tensor (1, C, H, W) or (1, C, L) that is stored just so.

        Raises
        ------
        UnsupportedError
            It has another rank, or a Reshape or Transpose before it moved its elements.
        """
        match value.shape:
            case (1, channels, height, width):
                shape = channels, height, width
            case (1, channels, length):
                shape = channels, 1, length
            case _:
                raise self.refuse(node, f"reads the shape {list(value.shape)}", "use (1, C, H, W) or (1, C, L)")
        if value.source == INPUT and self.input_map is None:
            self._settle(real(*shape), value.index.reshape(-1))
        stored = self.stored(value.source)
        if stored.shape != shape or not in_order(self.position(value)):
            raise self.refuse(
                node,
                f"reads a map {list(stored.shape)} that a Reshape or Transpose made {list(value.shape)}",
                "only Gemm, MatMul, Softmax and Concat read moved elements: remove it",
            )
        return shape

    def settled(self, node: Node, tensor: str, value: Value) -> Value:
        """``value`` without gain and offset: a layer of its own applies them where no other could."""
        if value.gain is None and value.offset is None:
            return value
        gain, offset = gains(value)
        rows, shifts = self.per_channel(value, gain), self.per_channel(value, offset)
        stored = self.stored(value.source)
        if rows is None or shifts is None:
            raise self.refuse(node, "reads a map that was scaled element by element", "scale channels, or fold it")
        name = self.name(f"{tensor}_scaled")
        channels = rows.size
        if len(stored.shape) == 3:
            kernel: Real = rows.reshape(-1, 1, 1, 1)
            layer: Layer = Conv2d(
                name=name,
                inputs=(value.source,),
                output=stored_real(stored),
                weights=placeholder(kernel),
                groups=channels,
            )
        else:
            if channels > MOST_DIAGONAL:
                raise self.refuse(node, f"reads a vector of {channels} elements scaled one by one", "fold the scaling")
            kernel = np.diag(rows)
            layer = Dense(name=name, inputs=(value.source,), output=stored_real(stored), weights=placeholder(kernel))
        weights = units(rows, shifts, self.grid(value.source))
        self.steps[name] = Step(
            layer=layer,
            alone=(not value.shared,),
            weights=kernel,
            bias=shifts if shifts.any() else None,
            scales=np.where(rows == 0, 1.0, np.abs(rows)) / weights,
            bits=signed_bits(-int(weights.max()), int(weights.max())),
        )
        # The layer's elements lie as its source's do.
        made = Value(source=name, index=self.position(value), integers=value.integers)
        self.values[tensor] = made
        return replace(made, shared=self._readers[tensor] > 1)

    def grid(self, source: str) -> Grid | None:
        """That of a map, through pools and the like, if it has one."""
        if source == INPUT:
            return self.input_grid
        step = self.steps[source]
        if step.grid is None and isinstance(step.layer, MaxPool2d | AvgPool2d | Flatten | Concat):
            found = {self.grid(name) for name in step.layer.inputs}
            return found.pop() if len(found) == 1 else None
        return step.grid

    def per_channel(self, value: Value, x: Real) -> Real | None:
        """``x``, in the tensor's shape, by channel of the stored map; None if a channel has several values."""
        stored = self.stored(value.source)
        flat = np.empty(stored.size)
        flat[self.position(value).reshape(-1)] = x.reshape(-1)
        rows = flat.reshape(stored.shape[0], -1)
        return np.ascontiguousarray(rows[:, 0]) if (rows == rows[:, :1]).all() else None

    # What a node delivers

    def name(self, wanted: str) -> str:
        """An identifier that no step has."""
        text = identifier(wanted, MAX_NAME - ROOM, before_digits="op_") or "layer"
        name, number = text, 2
        while name in self.steps or name in RESERVED:
            name, number = f"{text}_{number}", number + 1
        return name

    def head(self, node: Node, *sources: str) -> dict[str, Any]:
        """What all layers have but their output."""
        text = f"{node.kind} {node.label}".encode("ascii", "replace").decode()
        shown = "".join(c if c.isprintable() else "?" for c in text)[:MAX_TEXT]
        return {"name": self.name(node.label), "inputs": sources, "source_op": shown}

    def add(self, node: Node, step: Step, shape: Iterable[int]) -> Step:
        """A new step whose map, in the order it is stored, is the node's output of that shape."""
        self.steps[step.layer.name] = step
        index = np.arange(step.layer.output.size, dtype=np.int64).reshape(tuple(shape))
        self.deliver(node, Value(source=step.layer.name, index=index))
        return step

    def deliver(self, node: Node, value: Value) -> None:
        """The node's first output is this; nothing may read the others."""
        for other in node.outputs[1:]:
            if self._readers.get(other):
                raise self.refuse(node, f"has a second output {other!r} that something reads", "use the first only")
        known = self.graph.shapes.get(node.outputs[0])
        if known is not None and known != value.shape:
            raise self.damaged(node, f"delivers the shape {list(value.shape)}, but onnx infers {list(known)}")
        self.values[node.outputs[0]] = value

    def checked_size(self, node: Node, *shape: int) -> tuple[int, ...]:
        """A map's shape, if such a map may be."""
        if min(shape) < 1:
            raise self.damaged(node, f"delivers the shape {list(shape)}: its window does not fit")
        if np.prod([float(n) for n in shape]) > MOST_ELEMENTS:
            raise self.refuse(node, f"delivers the shape {list(shape)}: more than {MOST_ELEMENTS} elements")
        return shape


def _natural(shape: tuple[int, ...]) -> tuple[int, ...]:
    """How an input is stored that no map operator reads first."""
    match shape:
        case (1, channels, height, width):
            return channels, height, width
        case (1, channels, length):
            return channels, 1, length
        case _:
            return (int(np.prod(shape)),)
