"""The step ``winograd``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, cast

from hwgen.compress.steps.base import Context, FloatByLayer, Outcome, Step, check_names, check_range, values_of
from hwgen.compress.weighted import weighted_layers
from hwgen.compress.winograd import WinogradOptions, winograd_layer
from hwgen.errors import UnsupportedError, UsageError
from hwgen.model import Conv2d, FloatWeights, Layer, Model
from hwgen.plan.tiles import Size


@dataclass(frozen=True, kw_only=True)
class WinogradStep(Step):
    """3 x 3 convolutions of stride 1 into the Winograd domain of ``size`` x ``size`` outputs, and pruned there.

    ``density`` (0..1) of the transformed weights stays: those on which the results hang most. ``bits`` (2..16) of each,
    none given: as many as the transform needs; ``code_bits`` (1..8): shared values. The layers must be integers, so the
    step comes behind ``quantise``; layers in the domain keep their encoding, which is sparse where less than half of
    the weights is left.
    """

    name: ClassVar[str] = "winograd"
    size: int = 2
    density: FloatByLayer = 1.0
    bits: int | None = None
    code_bits: int | None = None

    def __post_init__(self) -> None:
        if self.size not in (2, 4):
            raise UsageError(f"is {self.size}, must be 2 or 4", key="size")
        for density in values_of(self.density):
            check_range(density, 1e-9, 1, "density")
        check_range(self.bits, 2, 16, "bits")
        check_range(self.code_bits, 1, 8, "code_bits")

    def run(self, model: Model, context: Context) -> Outcome:
        known = weighted_layers(model)
        named = self.density if isinstance(self.density, dict) else dict.fromkeys(known, self.density)
        check_names(named, model, "density")
        if all(isinstance(layer.weights, FloatWeights) for layer in known.values()):
            raise UsageError(
                "no layer is quantised, and only integers are transformed", key="winograd",
                hint="put a step quantise before it",
            )  # fmt: skip
        skipped: dict[str, str] = {}
        layers: list[Layer] = []
        for layer in model.layers:
            made = layer
            if layer.name in known:
                try:
                    made = self._transformed(layer, named, context.seed)
                except UnsupportedError as error:
                    skipped[layer.name] = error.what
            layers.append(made)
        return Outcome(model=replace(model, layers=tuple(layers)), skipped=skipped)

    def _transformed(self, layer: Layer, named: dict[str, float], seed: int) -> Layer:
        if layer.name not in named:
            raise UnsupportedError("is not named in 'density'", layer=layer.name)
        if not isinstance(layer, Conv2d):
            raise UnsupportedError("is no convolution", layer=layer.name)
        options = WinogradOptions(
            size=cast(Size, self.size), density=named[layer.name], bits=self.bits, code_bits=self.code_bits, seed=seed
        )
        return winograd_layer(layer, options)
