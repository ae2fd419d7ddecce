"""The layers of a model that have weights, and the same model with other weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hwgen.model import Conv2d, Dense, FloatWeights, Model

Real = NDArray[np.float32]


def weighted_layers(model: Model) -> dict[str, Conv2d | Dense]:
    """Convolutions and fully connected layers by name, in the model's order."""
    return {layer.name: layer for layer in model.layers if isinstance(layer, Conv2d | Dense)}


def float_weights(model: Model) -> dict[str, Real]:
    """The weights of every layer that is not quantised yet, by name."""
    return {
        name: layer.weights.values
        for name, layer in weighted_layers(model).items()
        if isinstance(layer.weights, FloatWeights)
    }


def with_weights(model: Model, weights: Mapping[str, Real], biases: Mapping[str, Real] | None = None) -> Model:
    """``model`` with other float weights (and biases) in the layers named; shapes stay."""
    biases = biases or {}
    layers = []
    for layer in model.layers:
        if isinstance(layer, Conv2d | Dense):
            if layer.name in weights:
                layer = replace(layer, weights=FloatWeights.from_dense(weights[layer.name]))
            if layer.name in biases:
                layer = replace(layer, bias=np.ascontiguousarray(biases[layer.name], np.float32))
        layers.append(layer)
    return replace(model, layers=tuple(layers))
