"""The step ``share``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwgen.compress.share import MAX_BITS, MIN_BITS, STARTS, share
from hwgen.compress.steps.base import Context, IntByLayer, Outcome, by_layer, check_choice, check_range, values_of
from hwgen.compress.steps.training import Training, network, require_torch, train
from hwgen.compress.weighted import float_weights, with_weights
from hwgen.model import Model


@dataclass(frozen=True, kw_only=True)
class ShareStep(Training):
    """At most 2^``bits`` different weights a layer (2..8), by k-means from ``start``; zeros stay zeros.

    With ``epochs`` the shared values train on, each with the sum of its weights' gradients.
    """

    name: ClassVar[str] = "share"
    bits: IntByLayer = 4
    start: str = "linear"

    def __post_init__(self) -> None:
        super().__post_init__()
        for value in values_of(self.bits):
            check_range(value, MIN_BITS, MAX_BITS, "bits")
        check_choice(self.start, STARTS, "start")

    def run(self, model: Model, context: Context) -> Outcome:
        bits, skipped = by_layer(self.bits, model, "bits")
        weights = float_weights(model)
        shared = {}
        for index, (name, width) in enumerate(bits.items()):
            context.progress(f"share: {name}", index / len(bits))
            kept = int(np.count_nonzero(weights[name]))
            if kept <= 1 << width:
                skipped[name] = f"has {kept} weights, no more than {1 << width} shared values"
            else:
                shared[name] = share(weights[name], width, self.start, context.seed).weights  # type: ignore[arg-type]
        model = with_weights(model, shared)
        if self.trains:
            require_torch(self.name)
            model = train(network(model), self, context)
        return Outcome(model=model, skipped=skipped)
