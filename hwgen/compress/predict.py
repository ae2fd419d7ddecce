"""Predicted cycles of a model at any point of its compression, float or integer."""

from __future__ import annotations

from hwgen.compress.calibrate import Range
from hwgen.compress.encode import encode
from hwgen.compress.hold import shared_layers
from hwgen.compress.integer_weights import WeightFormat
from hwgen.compress.quantise import Quantisation, quantise_with_ranges
from hwgen.errors import HwgenError
from hwgen.golden import is_float
from hwgen.model import INPUT, Model
from hwgen.plan import PlanOptions, build_plan


def layer_cycles(model: Model, options: PlanOptions) -> dict[str, int] | None:
    """Cycles by layer where no activation is zero; None where the model has no core with these options.

    A float model is quantised with ranges that stand for any (cycles do not depend on scales) and its layers stored in
    as few bits as they can be.
    """
    try:
        if is_float(model):
            model = encode(as_integers(model))
        return {layer.name: layer.cycles for layer in build_plan(model, options).layers}
    except HwgenError:
        return None


def as_integers(model: Model) -> Model:
    """The int8 model of the same layers and zeros, on made-up ranges; shared weights stay shared."""
    names = [INPUT, *(layer.name for layer in model.layers)]
    whole = dict.fromkeys(shared_layers(model), WeightFormat(per_channel=False))
    return quantise_with_ranges(model, dict.fromkeys(names, Range(low=-1.0, high=1.0)), Quantisation(layers=whole))
