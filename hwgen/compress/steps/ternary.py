"""The step ``ternary``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hwgen.compress.steps.base import Context, Outcome, by_layer, check_choice, check_names, check_range
from hwgen.compress.steps.training import Training, network, require_torch, train
from hwgen.compress.ternary import ttq, twn
from hwgen.compress.weighted import float_weights, with_weights
from hwgen.model import Model

METHODS = ("twn", "ttq")


@dataclass(frozen=True, kw_only=True)
class TernaryStep(Training):
    """Three values a layer: "twn" (one scale, its best for the weights) or "ttq" (two scales that training finds).

    ``layers``: which; none named is all. ``threshold``: ttq's, relative to the greatest weight. With ``epochs`` ttq
    trains weights and scales; twn the scale.
    """

    name: ClassVar[str] = "ternary"
    method: str = "twn"
    layers: tuple[str, ...] = ()
    threshold: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.method, METHODS, "method")
        check_range(self.threshold, 0, 0.999, "threshold")

    def run(self, model: Model, context: Context) -> Outcome:
        check_names(self.layers, model, "layers")
        chosen, skipped = by_layer(dict.fromkeys(self.layers, 1) or 1, model, "layers")
        weights = float_weights(model)
        if self.method == "ttq" and self.trains:
            require_torch(self.name)
            from hwgen.compress.train.ternary import TrainedTernary

            starts = {name: ttq(weights[name], self.threshold) for name in chosen}
            instead = {
                name: TrainedTernary(start.positive, start.negative, self.threshold) for name, start in starts.items()
            }
            return Outcome(model=train(network(model, instead), self, context), skipped=skipped)
        found = {
            name: (twn(weights[name]) if self.method == "twn" else ttq(weights[name], self.threshold)).weights
            for name in chosen
        }
        model = with_weights(model, found)
        if self.trains:
            require_torch(self.name)
            model = train(network(model), self, context)
        return Outcome(model=model, skipped=skipped)
