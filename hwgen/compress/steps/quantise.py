"""The step ``quantise``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwgen.compress.calibrate import METHODS
from hwgen.compress.hold import one_scale
from hwgen.compress.integer_weights import WeightFormat
from hwgen.compress.quantise import ACTIVATION_BITS, Quantisation, quantise
from hwgen.compress.steps.base import Context, IntByLayer, Outcome, by_layer, check_choice, check_range, values_of
from hwgen.compress.steps.training import Training, network, require_torch, train
from hwgen.compress.weighted import float_weights
from hwgen.errors import UsageError
from hwgen.model import Model
from hwgen.model.limits import MAX_WEIGHT_BITS

DEFAULT_BITS = 8


@dataclass(frozen=True, kw_only=True)
class QuantiseStep(Training):
    """Integers: weights of ``weight_bits`` (2..16), maps of ``activation_bits`` (2, 4, 8, 16).

    The maps' ranges come by ``calibration`` from ``frames`` frames of the data, drawn by the seed.
    ``per_channel``: weights have a scale for each output channel; shared weights always have one for the layer, so that
    they stay shared. With ``epochs`` the weights train on the integer grid first.
    """

    name: ClassVar[str] = "quantise"
    weight_bits: IntByLayer = DEFAULT_BITS
    activation_bits: int = 8
    calibration: str = "min_max"
    frames: int = 500
    per_channel: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for bits in values_of(self.weight_bits):
            check_range(bits, 2, MAX_WEIGHT_BITS, "weight_bits")
        if self.activation_bits not in ACTIVATION_BITS:
            raise UsageError(f"is {self.activation_bits}, must be one of {ACTIVATION_BITS}", key="activation_bits")
        check_choice(self.calibration, METHODS, "calibration")
        check_range(self.frames, 1, 1 << 30, "frames")

    def run(self, model: Model, context: Context) -> Outcome:
        data = context.training_frames(self.name).frames
        bits, skipped = by_layer(self.weight_bits, model, "weight_bits")
        # A layer that a table leaves out is quantised all the same: the model must be of integers as a whole.
        bits |= {name: DEFAULT_BITS for name in float_weights(model) if name not in bits}
        skipped = {name: reason for name, reason in skipped.items() if name not in bits}
        weights = float_weights(model)
        formats = {
            name: WeightFormat(bits=width, per_channel=self.per_channel and not one_scale(weights[name]))
            for name, width in bits.items()
        }
        if self.trains:
            require_torch(self.name)
            from hwgen.compress.train.quantised import TrainedQuantised

            free = {name: form for name, form in formats.items() if not one_scale(weights[name])}
            instead = {name: TrainedQuantised(form.bits, per_channel=form.per_channel) for name, form in free.items()}
            model = train(network(model, instead), self, context)
        order = np.random.default_rng(context.seed).permutation(len(data))[: self.frames]
        context.progress("quantise: ranges of the maps", None)
        options = Quantisation(
            calibration=self.calibration,  # type: ignore[arg-type]
            activation_bits=self.activation_bits,
            layers=formats,
        )
        return Outcome(model=quantise(model, data[np.sort(order)], options), skipped=skipped)
