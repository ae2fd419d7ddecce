"""The step ``prune``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwgen.compress.dead import without_idle_weights
from hwgen.compress.frames import accuracy
from hwgen.compress.hold import shared_layers
from hwgen.compress.prune import Mask, balanced, channels, columns, magnitude, magnitude_global, n_of_m
from hwgen.compress.sensitivity import choose_densities, scan
from hwgen.compress.steps.base import (
    Context,
    FloatByLayer,
    Outcome,
    by_layer,
    check_choice,
    check_range,
    values_of,
)
from hwgen.compress.steps.training import Training, network, require_torch, train
from hwgen.compress.weighted import Real, float_weights, weighted_layers, with_weights
from hwgen.errors import UsageError
from hwgen.model import Model

PATTERNS = ("magnitude", "global", "balanced", "columns", "channels", "n:m")


@dataclass(frozen=True, kw_only=True)
class PruneStep(Training):
    """Zero the smallest weights: down to ``density`` (0..1), or as far as each alone costs at most ``drop`` accuracy.

    ``pattern``: "magnitude" in each layer, "global" with one threshold, "balanced" the same number in each of ``pes``
    PEs, "columns" whole columns, "channels" whole output channels with their biases (all at once, before training),
    "n:m" at most ``n`` of ``m`` consecutive input channels. With ``epochs`` the density falls while the network trains,
    until the share ``finish`` of it.
    """

    name: ClassVar[str] = "prune"
    density: FloatByLayer | None = None
    drop: float | None = None
    pattern: str = "magnitude"
    pes: int = 16
    n: int = 2
    m: int = 4
    finish: float = 0.7

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.pattern, PATTERNS, "pattern")
        given = [self.density is not None, self.drop is not None]
        if self.pattern == "n:m":
            if any(given) and not isinstance(self.density, dict):
                raise UsageError("the pattern n:m has n and m instead", key="density" if given[0] else "drop")
        elif sum(given) != 1:
            raise UsageError("needs one of density and drop", key="density", hint="density = 0.1 keeps a tenth")
        if self.density is not None:
            for value in values_of(self.density):
                check_range(value, 0, 1, "density")
        if self.pattern == "global" and not isinstance(self.density, float):
            raise UsageError("the pattern global needs one density for all layers", key="density")
        check_range(self.drop, 0, 1, "drop")
        check_range(self.pes, 1, 128, "pes")
        check_range(self.m, 1, 256, "m")
        check_range(self.n, 1, self.m, "n")
        check_range(self.finish, 0, 1, "finish")

    def run(self, model: Model, context: Context) -> Outcome:
        targets, skipped = self._targets(model, context)
        weights = float_weights(model)
        for name in shared_layers(model):
            if targets.pop(name, None) is not None:
                skipped[name] = "its weights are shared already; prune first"
        if self.pattern == "n:m":
            for name in [name for name in targets if weights[name].shape[1] % self.m]:
                del targets[name]
                skipped[name] = f"{self.m} does not divide its {weights[name].shape[1]} input channels"
        if self.pattern == "channels":
            return Outcome(model=self._without_channels(model, targets, context), skipped=skipped)
        start = {name: np.count_nonzero(weights[name]) / weights[name].size for name in targets}

        def choose(current: dict[str, Real], way: float) -> dict[str, Mask]:
            return self._masks(current, {name: (start[name], targets[name]) for name in targets}, way)

        if not self.trains:
            masks = choose({name: weights[name] for name in targets}, 1.0)
            return Outcome(
                model=with_weights(model, {name: weights[name] * mask for name, mask in masks.items()}), skipped=skipped
            )
        require_torch(self.name)
        from hwgen.compress.train.gradual import Gradual

        net = network(model)
        moving = Gradual(net, list(targets), choose, self.finish)
        moving.move(0.0)
        return Outcome(model=train(net, self, context, before_step=moving), skipped=skipped)

    def _targets(self, model: Model, context: Context) -> tuple[dict[str, float], dict[str, str]]:
        if self.pattern == "n:m":
            names, skipped = by_layer(self.density if isinstance(self.density, dict) else 1.0, model, "density")
            return dict.fromkeys(names, self.n / self.m), skipped
        if self.density is not None:
            return by_layer(self.density, model, "density")
        assert self.drop is not None
        if context.test is None or context.test.labels is None:
            raise UsageError("drop needs data with labels", key="drop", hint="give --data and --labels")
        data = context.test
        found = scan(
            model,
            lambda pruned: accuracy(pruned, data),
            progress=lambda done: context.progress("prune: sensitivity of the layers", done),
        )
        _, skipped = by_layer(1.0, model, "density")
        return choose_densities(found, accuracy(model, data), self.drop), skipped

    def _without_channels(self, model: Model, targets: dict[str, float], context: Context) -> Model:
        """All at once, and the weights that read them; what is left trains on, and dead channels stay dead."""
        layers = {name: weighted_layers(model)[name] for name in targets}
        masks = {name: channels(float_weights(model)[name], density) for name, density in targets.items()}
        weights = {name: float_weights(model)[name] * mask for name, mask in masks.items()}
        biases = {
            name: (layer.bias * masks[name].reshape(len(masks[name]), -1)[:, 0]).astype(np.float32)
            for name, layer in layers.items()
            if layer.bias is not None
        }
        model = without_idle_weights(with_weights(model, weights, biases))
        if self.trains:
            require_torch(self.name)
            model = train(network(model), self, context)
        return model

    def _masks(self, weights: dict[str, Real], targets: dict[str, tuple[float, float]], way: float) -> dict[str, Mask]:
        """``targets``: (density at first, density at last) by layer."""
        density = {name: first + (last - first) * way for name, (first, last) in targets.items()}
        if self.pattern == "global" and weights:
            sizes = [values.size for values in weights.values()]
            return magnitude_global(weights, float(np.average(list(density.values()), weights=sizes)))
        masks = {}
        for name, values in weights.items():
            if self.pattern == "balanced":
                masks[name] = balanced(values, density[name], self.pes)
            elif self.pattern == "columns":
                masks[name] = columns(values, density[name])
            elif self.pattern == "n:m":
                # On the way the greatest stay besides those of the pattern.
                masks[name] = n_of_m(values, self.n, self.m) | (
                    magnitude(values, 1.0 - way) if way < 1.0 else np.zeros(values.shape, bool)
                )
            else:
                masks[name] = magnitude(values, density[name])
        return masks
