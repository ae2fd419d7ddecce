"""Output channels that are always zero, and the weights behind them that therefore do nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwgen.compress.weighted import float_weights, with_weights
from hwgen.model import AvgPool2d, Conv2d, Dense, Flatten, Layer, MaxPool2d, Model


def dead_channels(layer: Layer) -> NDArray[np.bool_] | None:
    """(out,), True where weights and bias are all zero; None where a layer has no weights."""
    if not isinstance(layer, Conv2d | Dense):
        return None
    weights = layer.weights.decode().reshape(layer.weights.shape[0], -1)
    dead = np.asarray(~weights.any(axis=1))
    if layer.bias is not None:
        dead &= layer.bias == 0
    low = layer.output.scale * (layer.output.min - layer.output.zero_point)
    return dead if low <= 0 else np.zeros(len(dead), np.bool_)


def without_idle_weights(model: Model) -> Model:
    """The float model with zeros for all weights that read a dead channel, directly or behind pools and flatten."""
    dead: dict[str, NDArray[np.bool_]] = {}
    changed = {}
    weights = float_weights(model)
    for layer in model.layers:
        above = dead.get(layer.inputs[0])
        if isinstance(layer, MaxPool2d | AvgPool2d | Flatten):
            if above is not None:
                # A flattened channel is so many neighbouring elements.
                dead[layer.name] = above.repeat(layer.output.shape[0] // above.size)
            continue
        own = dead_channels(layer)
        if own is None:
            continue
        dead[layer.name] = own
        if above is None or layer.name not in weights or (isinstance(layer, Conv2d) and layer.groups > 1):
            continue
        values = weights[layer.name].copy()
        values[:, above.repeat(values.shape[1] // above.size)] = 0
        changed[layer.name] = values
    return with_weights(model, changed)
