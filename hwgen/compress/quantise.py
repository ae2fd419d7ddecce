"""Quantisation after training: a float model and calibration frames to a model of integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

from numpy.typing import NDArray

from hwgen.compress.adds import ROUNDING, add_requant
from hwgen.compress.bias import corrected_biases
from hwgen.compress.calibrate import Method, Range, calibrate
from hwgen.compress.grids import Grid, choose_grids, concat_needs
from hwgen.compress.integer_weights import WeightFormat, integer_weights
from hwgen.compress.scales import requant, softmax_scaling
from hwgen.errors import UnsupportedError, UsageError
from hwgen.model import (
    INPUT,
    Activation,
    Add,
    Argmax,
    AvgPool2d,
    Concat,
    Conv2d,
    Dense,
    DenseWeights,
    Flatten,
    FloatWeights,
    Layer,
    MaxPool2d,
    Mean,
    Model,
    Requantize,
    Softmax,
    validate,
)
from hwgen.model.limits import MAX_WEIGHT_BITS

ACTIVATION_BITS = (2, 4, 8, 16)
LEAST_WEIGHT_BITS = 2

SOFTMAX_SCALE = 1 / 256


@dataclass(frozen=True, kw_only=True)
class Quantisation:
    """How a float model becomes one of integers.

    Parameters
    ----------
    calibration:
        How ranges follow from what was seen (:func:`calibrate`).
    activation_bits:
        2, 4 or 8: a scale and a zero point for each map. 16: fixed point, the scale is a power of two and the zero
        point 0.
    weights:
        Format of all layers' weights.
    layers:
        Formats of single layers by name.
    """

    calibration: Method = "min_max"
    activation_bits: int = 8
    weights: WeightFormat = field(default_factory=WeightFormat)
    layers: Mapping[str, WeightFormat] = field(default_factory=dict)


def quantise(model: Model, frames: NDArray[Any], options: Quantisation | None = None) -> Model:
    """``model`` with integer maps and weights.

    Integer maps of ``model`` keep their scale and zero point, and layers that compute integers already stay as they
    are; zero weights stay zero. Weights come out plain (``DenseWeights``). Multipliers have 31 bits, rounding is
    ``half_up``: each output is the real one, of the integer weights and inputs, rounded once. Below 8 bits of weights
    the biases take back what rounding adds on average (:mod:`hwgen.compress.bias`).

    Parameters
    ----------
    frames:
        Real numbers (frames, *model.input.shape) like those the model will see; some hundred do.

    Raises
    ------
    UsageError
        The frames do not fit the model, or an option is none.
    UnsupportedError
        A layer has no integer counterpart; names it.
    """
    chosen = options or Quantisation()
    _check(model, chosen)
    ranges = calibrate(model, frames, chosen.calibration, bits=chosen.activation_bits)
    corrected = corrected_biases(model, frames, chosen.weights, chosen.layers)
    return quantise_with_ranges(corrected, ranges, chosen)


def quantise_with_ranges(model: Model, ranges: Mapping[str, Range], options: Quantisation | None = None) -> Model:
    """The same with the ranges of "input" and all layers at hand; integer maps need none."""
    chosen = options or Quantisation()
    _check(model, chosen)
    grids = choose_grids(model, ranges, chosen.activation_bits)
    build = _Builder(model, grids, chosen)
    for layer in model.layers:
        build.add(layer)
    result = replace(model, input=build.maps[INPUT], layers=tuple(build.layers))
    validate(result)
    return result


def _check(model: Model, options: Quantisation) -> None:
    if options.activation_bits not in ACTIVATION_BITS:
        bits = ", ".join(map(str, ACTIVATION_BITS))
        raise UsageError(f"maps have {bits} bits, not {options.activation_bits}", key="activation_bits")
    for form in (options.weights, *options.layers.values()):
        if not LEAST_WEIGHT_BITS <= form.bits <= MAX_WEIGHT_BITS:
            raise UsageError(f"weights have 2 to {MAX_WEIGHT_BITS} bits, not {form.bits}", key="weight_bits")
    weighted = [layer.name for layer in model.layers if isinstance(layer, Conv2d | Dense)]
    for name in options.layers:
        if name not in weighted:
            raise UsageError(f"no layer with weights is called {name!r}", hint=f"one of {', '.join(weighted)}")


class _Builder:
    """The integer layers so far, and what each map is now."""

    def __init__(self, model: Model, grids: dict[str, Grid], options: Quantisation) -> None:
        self.model = model
        self.grids = grids
        self.options = options
        self.layers: list[Layer] = []
        self.maps = {INPUT: self._map(INPUT, model.input)}

    def _map(self, name: str, real: Activation) -> Activation:
        return self.grids[name].activation(real) if real.is_float else real

    def add(self, layer: Layer) -> None:
        sources = [self.maps[name] for name in layer.inputs]
        output = self._map(layer.name, layer.output)
        match layer:
            case Conv2d() | Dense():
                made: Layer = self._weighted(layer, sources[0], output)
            case Mean():
                made = self._scaled(layer, sources[0], output, prod(sources[0].shape[1:]))
            case Requantize():
                made = self._scaled(layer, sources[0], output, 1)
            case Add():
                made = replace(
                    layer, output=output, requant=layer.requant or add_requant(sources[0], sources[1], output)
                )
            case Concat():
                made = self._concat(layer, output)
            case Softmax():
                made = _softmax(layer, sources[0])
            case MaxPool2d() | AvgPool2d() | Flatten():
                made = replace(layer, output=_kept(layer, sources, output))
            case Argmax():
                made = layer
            case _:
                raise UnsupportedError(f"{layer.op} cannot be quantised", layer=layer.name)
        self.layers.append(made)
        self.maps[layer.name] = made.output

    def _weighted(self, layer: Conv2d | Dense, source: Activation, output: Activation) -> Layer:
        if not isinstance(layer.weights, FloatWeights):
            return layer
        form = self.options.layers.get(layer.name, self.options.weights)
        found = integer_weights(
            layer.weights.values, layer.bias, form, source=source.scale, output=output.scale, layer=layer.name
        )
        return replace(
            layer,
            output=output,
            weights=DenseWeights.from_dense(found.values, form.bits),
            bias=found.bias,
            requant=requant(source.scale * found.scales / output.scale, ROUNDING),
        )

    def _scaled(self, layer: Mean | Requantize, source: Activation, output: Activation, count: int) -> Layer:
        factor = source.scale / output.scale / count
        return replace(layer, output=output, requant=layer.requant or requant([factor] * source.shape[0], ROUNDING))

    def _concat(self, layer: Concat, output: Activation) -> Layer:
        """Its inputs on its grid."""
        grid = Grid.of(output)
        names = []
        for place, name in enumerate(layer.inputs):
            source = self.maps[name]
            if concat_needs(grid, Grid.of(source)):
                step = Requantize(
                    name=f"{layer.name}_in{place}", inputs=(name,), source_op=layer.source_op, output=source
                )
                moved = self._scaled(step, source, replace(output, shape=source.shape), 1)
                self.layers.append(moved)
                self.maps[moved.name] = moved.output
                name = moved.name
            names.append(name)
        return replace(layer, inputs=tuple(names), output=_kept(layer, [self.maps[name] for name in names], output))


def _kept(layer: Layer, sources: list[Activation], output: Activation) -> Activation:
    """A map of moved numbers: they lie where its inputs' do, and flatten and concat clip nothing."""
    low, high = min(x.min for x in sources), max(x.max for x in sources)
    if isinstance(layer, Flatten | Concat):
        return replace(output, min=low, max=high)
    if isinstance(layer, AvgPool2d) and layer.count_include_pad:
        low, high = min(low, sources[0].zero_point), max(high, sources[0].zero_point)
    low, high = max(low, output.min), min(high, output.max)
    return replace(output, min=low, max=high) if low <= high else output


def _softmax(layer: Softmax, source: Activation) -> Layer:
    """TFLite's on 8 bits: the output's scale is 1/256, its zero point the least integer."""
    if source.bits != 8:
        raise UnsupportedError(f"softmax of {source.bits}-bit maps", layer=layer.name, hint="use 8-bit activations")
    multiplier, shift, least = softmax_scaling(1.0, source.scale)
    if not 0 <= shift <= 31:
        raise UnsupportedError(f"softmax of the scale {source.scale:g}", layer=layer.name, hint="remove the softmax")
    low, high = source.full_range
    output = layer.output
    if output.is_float:
        output = replace(source, shape=output.shape, scale=SOFTMAX_SCALE, zero_point=low, min=low, max=high)
    elif (output.scale, output.zero_point) != (SOFTMAX_SCALE, output.full_range[0]):
        raise UnsupportedError(
            f"softmax delivers the scale 1/256 from the least integer on, not {output.scale:g} and {output.zero_point}",
            layer=layer.name,
            hint="leave its output unquantised",
        )
    return replace(layer, output=output, input_multiplier=multiplier, input_left_shift=shift, diff_min=least)
