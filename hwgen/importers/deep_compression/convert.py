"""From a .net file and its list of layers to a model.

Where the list does not say what a layer reads, the channels do: the layer before; else the layers just before it side
by side, if their channels add up (the two expand layers of a fire module); else the nearest earlier layer of that many.
Every layer has a ReLU unless the list says otherwise, but not a fully connected layer at the end. Layers at the end
that nobody reads are concatenated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

from hwgen.compress.encode import encode
from hwgen.compress.integer_weights import WeightFormat
from hwgen.compress.quantise import quantise
from hwgen.compress.weighted import weighted_layers
from hwgen.errors import UsageError
from hwgen.importers.calibration import Calibration
from hwgen.importers.deep_compression.container import CodedLayer, read_container
from hwgen.importers.deep_compression.layer_list import (
    Entry,
    LayerList,
    PoolEntry,
    WeightedEntry,
    identifier,
    read_layer_list,
)
from hwgen.model import (
    INPUT,
    Activation,
    AvgPool2d,
    Concat,
    Conv2d,
    Dense,
    FloatWeights,
    Layer,
    MaxPool2d,
    Model,
    validate,
)
from hwgen.model.activation import FLOAT_BITS, value_range
from hwgen.model.windows import window_count


def read_net(path: Path, layers: Path, calibration: Calibration | None = None) -> Model:
    """A float model whose weights are zeros and codebook entries; with ``calibration`` one of integers.

    The integer layers are sparse where that takes fewer bits, as codes of the quantised codebook.
    The frames' shape is the list's ``input``, or that of the calibration frames.

    Raises
    ------
    UsageError
        A file cannot be read, or the list contradicts itself.
    ModelError
        The .net file does not fit the list.
    """
    listed = read_layer_list(layers)
    shape = _input_shape(listed, calibration, str(layers))
    coded = read_container(path, listed.weighted)
    build = _Builder(shape, dict(zip((entry.name for entry in listed.weighted), coded, strict=True)))
    try:
        for entry in listed.entries:
            build.add(entry, last=entry is listed.entries[-1])
        name = build.join_ends()
    except UsageError as error:
        raise UsageError(error.what, file=str(layers), layer=error.layer, key=error.key, hint=error.hint) from None
    model = Model(name=identifier(path.stem), input=_real(shape), layers=tuple(build.layers), outputs=(name,))
    validate(model)
    return model if calibration is None else _quantised(model, calibration)


def _quantised(model: Model, calibration: Calibration) -> Model:
    """One scale a layer, so that a codebook stays one."""
    chosen = calibration.options
    forms = {name: WeightFormat(bits=chosen.weights.bits, per_channel=False) for name in weighted_layers(model)}
    return encode(quantise(model, calibration.frames, replace(chosen, layers=forms)))


def _input_shape(listed: LayerList, calibration: Calibration | None, file: str) -> tuple[int, ...]:
    if listed.input is not None:
        return listed.input
    if calibration is not None and calibration.frames.ndim in (2, 4):
        return tuple(calibration.frames.shape[1:])
    raise UsageError(
        "does not say how large the frames are",
        file=file,
        key="input",
        hint='write {"input": [C, H, W], "layers": [...]}, or give --calibrate X.npy',
    )


def _real(shape: tuple[int, ...], *, relu: bool = False) -> Activation:
    low, high = value_range(FLOAT_BITS, True)
    return Activation(shape=shape, bits=FLOAT_BITS, min=0 if relu else low, max=high)


@dataclass
class _Builder:
    """The layers so far."""

    shape: tuple[int, ...]
    coded: dict[str, CodedLayer]

    def __post_init__(self) -> None:
        self.layers: list[Layer] = []
        self.maps = {INPUT: _real(self.shape)}

    def add(self, entry: Entry, *, last: bool) -> None:
        """The layer of an entry, behind a concat where it reads several."""
        try:
            source = self._source(entry)
            if isinstance(entry, PoolEntry):
                self._pool(entry, source)
            elif isinstance(entry, WeightedEntry):
                self._weighted(entry, source, last=last)
        except UsageError as error:
            raise UsageError(error.what, layer=entry.source, key=error.key, hint=error.hint) from None

    def join_ends(self) -> str:
        """The output's name; several ends become one."""
        read = {name for layer in self.layers for name in layer.inputs}
        ends = [layer.name for layer in self.layers if layer.name not in read]
        return ends[0] if len(ends) == 1 else self._concat("output_maps", ends)

    def _put(self, layer: Layer) -> None:
        self.layers.append(layer)
        self.maps[layer.name] = layer.output

    def _source(self, entry: Entry) -> str:
        if entry.inputs is not None:
            return entry.inputs[0] if len(entry.inputs) == 1 else self._concat(f"{entry.name}_in", list(entry.inputs))
        before = [INPUT, *(layer.name for layer in self.layers)]
        if not isinstance(entry, WeightedEntry):
            return before[-1]
        wanted = entry.shape[1]

        def width(name: str) -> int:
            shape = self.maps[name].shape
            return prod(shape) if len(entry.shape) == 2 else shape[0]

        if width(before[-1]) == wanted:
            return before[-1]
        tail: list[str] = []
        for name in reversed(before[1:]):
            tail.insert(0, name)
            if sum(map(width, tail)) >= wanted:
                break
        if tail and sum(map(width, tail)) == wanted and len({self.maps[name].shape[1:] for name in tail}) == 1:
            return self._concat(f"{entry.name}_in", tail)
        for name in reversed(before):
            if width(name) == wanted:
                return name
        raise UsageError(f"reads {wanted} channels, which no layer before it has", key="inputs", hint="name its inputs")

    def _concat(self, name: str, sources: list[str]) -> str:
        shapes = [self.maps[source].shape for source in sources]
        if len({shape[1:] for shape in shapes}) != 1:
            raise UsageError(f"maps of {shapes} cannot be concatenated", key="inputs")
        output = _real((sum(shape[0] for shape in shapes), *shapes[0][1:]))
        self._put(Concat(name=name, inputs=tuple(sources), output=output))
        return name

    def _pool(self, entry: PoolEntry, source: str) -> None:
        shape = self._slid(source, self.maps[source].shape[0], (entry.kernel, entry.kernel), entry)
        kind = MaxPool2d if entry.op == MaxPool2d.op else AvgPool2d
        self._put(
            kind(
                name=entry.name,
                inputs=(source,),
                output=_real(shape),
                source_op=entry.source,
                kernel=(entry.kernel, entry.kernel),
                stride=(entry.stride, entry.stride),
                padding=entry.padding,
            )
        )

    def _weighted(self, entry: WeightedEntry, source: str, *, last: bool) -> None:
        coded = self.coded[entry.name]
        fully = len(entry.shape) == 2
        relu = entry.relu if entry.relu is not None else not (last and fully)
        weights = FloatWeights.from_dense(coded.weights)
        if fully:
            output = _real((entry.shape[0],), relu=relu)
            self._put(
                Dense(
                    name=entry.name,
                    inputs=(source,),
                    output=output,
                    source_op=entry.source,
                    weights=weights,
                    bias=coded.bias,
                )
            )
            return
        shape = self._slid(source, entry.shape[0], (entry.shape[2], entry.shape[3]), entry)
        self._put(
            Conv2d(
                name=entry.name,
                inputs=(source,),
                output=_real(shape, relu=relu),
                source_op=entry.source,
                weights=weights,
                bias=coded.bias,
                stride=(entry.stride, entry.stride),
                padding=entry.padding,
            )
        )

    def _slid(self, source: str, channels: int, kernel: tuple[int, int], entry: Entry) -> tuple[int, int, int]:
        shape = self.maps[source].shape
        if len(shape) != 3:
            raise UsageError(f"slides over {source!r}, which is a vector", key="inputs")
        top, bottom, left, right = entry.padding
        rows = window_count(shape[1] + top + bottom, kernel[0], entry.stride)
        columns = window_count(shape[2] + left + right, kernel[1], entry.stride)
        if min(rows, columns) < 1:
            raise UsageError(f"a window of {kernel[0]} x {kernel[1]} does not fit a map of {shape[1]} x {shape[2]}")
        return channels, rows, columns
