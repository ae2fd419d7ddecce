"""Biases that take back what rounded weights add on average."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.compress.calibrate import traced
from hwgen.compress.integer_weights import WIDE_BITS, WeightFormat, integer_weights
from hwgen.golden import weighted_sums
from hwgen.model import Conv2d, Dense, FloatWeights, Layer, Model


def corrected_biases(
    model: Model, frames: NDArray[Any], default: WeightFormat, layers: Mapping[str, WeightFormat]
) -> Model:
    """``model`` with the biases of layers of fewer than WIDE_BITS less the mean error of their rounded weights.

    The error of a channel is that of its sums on the float model's own inputs, over all frames and positions. Source:
    Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction (ICCV 2019), section 4.2, with
    frames in the place of their statistics.
    """
    errors = {
        layer.name: error
        for layer in model.layers
        if (error := _error(layer, layers.get(layer.name, default))) is not None
    }
    if not errors:
        return model
    sums = {name: np.zeros(error.weights.shape[0]) for name, error in errors.items()}
    count = 0
    for values in traced(model, frames):
        for name, error in errors.items():
            found = weighted_sums(error, values[error.inputs[0]])
            sums[name] += found.mean(axis=tuple(range(2, found.ndim))).sum(axis=0)
        count += len(next(iter(values.values())))
    return replace(model, layers=tuple(_corrected(layer, sums, count) for layer in model.layers))


def _error(layer: Layer, form: WeightFormat) -> Conv2d | Dense | None:
    """The layer with what rounding adds as its weights; None where little or nothing is rounded."""
    if not isinstance(layer, Conv2d | Dense) or not isinstance(layer.weights, FloatWeights):
        return None
    if form.bits >= WIDE_BITS or form.scales is not None:
        return None
    real = layer.weights.values
    rounded = integer_weights(real, None, form, source=1.0, output=1.0, layer=layer.name)
    scales = rounded.scales.reshape(-1, *(1,) * (real.ndim - 1))
    return replace(layer, weights=FloatWeights.from_dense(rounded.values * scales - real), bias=None)


def _corrected(layer: Layer, sums: Mapping[str, NDArray[np.float64]], count: int) -> Layer:
    if layer.name not in sums or not isinstance(layer, Conv2d | Dense):
        return layer
    bias = -sums[layer.name] / count
    if layer.bias is not None:
        bias = bias + layer.bias
    return replace(layer, bias=bias.astype(np.float32))
