"""The step ``binary``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hwgen.compress.binary import binary_connect, xnor
from hwgen.compress.steps.base import Context, Outcome, by_layer, check_choice, check_names
from hwgen.compress.steps.training import Training, network, require_torch, train
from hwgen.compress.weighted import float_weights, with_weights
from hwgen.model import Model

METHODS = ("xnor", "connect")


@dataclass(frozen=True, kw_only=True)
class BinaryStep(Training):
    """Two values: "xnor" plus and minus the mean magnitude of each output channel, "connect" plus and minus 1.

    ``layers``: which; none named is all. With ``epochs`` the weights train behind their signs (straight through).
    """

    name: ClassVar[str] = "binary"
    method: str = "xnor"
    layers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.method, METHODS, "method")

    def run(self, model: Model, context: Context) -> Outcome:
        check_names(self.layers, model, "layers")
        chosen, skipped = by_layer(dict.fromkeys(self.layers, 1) or 1, model, "layers")
        if self.trains:
            require_torch(self.name)
            from hwgen.compress.train.binary import TrainedBinary

            instead = {name: TrainedBinary(scaled=self.method == "xnor") for name in chosen}
            return Outcome(model=train(network(model, instead), self, context), skipped=skipped)
        weights = float_weights(model)
        project = xnor if self.method == "xnor" else binary_connect
        return Outcome(
            model=with_weights(model, {name: project(weights[name]).weights for name in chosen}), skipped=skipped
        )
