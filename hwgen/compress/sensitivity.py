"""How much accuracy each layer alone loses when it is pruned (Han et al., NIPS 2015, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hwgen.compress.prune import magnitude
from hwgen.compress.weighted import float_weights, with_weights
from hwgen.model import Model

DENSITIES = (0.5, 0.3, 0.2, 0.1, 0.05)


@dataclass(frozen=True)
class Sensitivity:
    """``accuracy`` (0..1) of the model with only ``layer`` pruned to ``density``, nothing retrained."""

    layer: str
    density: float
    accuracy: float


def scan(
    model: Model,
    accuracy: Callable[[Model], float],
    densities: Sequence[float] = DENSITIES,
    progress: Callable[[float], None] = lambda _done: None,
) -> list[Sensitivity]:
    """Every layer at every density; ``accuracy`` measures a model, ``progress`` hears the share done."""
    weights = float_weights(model)
    found = []
    for name, values in weights.items():
        for density in densities:
            pruned = with_weights(model, {name: values * magnitude(values, density)})
            found.append(Sensitivity(name, density, accuracy(pruned)))
            progress(len(found) / (len(weights) * len(densities)))
    return found


def choose_densities(found: Sequence[Sensitivity], base: float, drop: float) -> dict[str, float]:
    """The least density of each layer that alone costs at most ``drop`` of the accuracy ``base``; 1 where none does."""
    chosen = dict.fromkeys((row.layer for row in found), 1.0)
    for row in found:
        if row.accuracy >= base - drop:
            chosen[row.layer] = min(chosen[row.layer], row.density)
    return chosen
