"""Weights behind dead channels do nothing, and go."""

from __future__ import annotations

import numpy as np

from hwgen import golden
from hwgen.compress.dead import dead_channels, without_idle_weights
from hwgen.compress.weighted import float_weights, with_weights
from tests.compress.networks import bias, cnn


def test_the_network_computes_the_same_with_fewer_weights() -> None:
    model = cnn()
    weights, biases = float_weights(model), {"conv1": bias(4), "conv2": bias(8, 1)}
    for name, gone in (("conv1", [1, 3]), ("conv2", [0, 5])):
        weights[name] = weights[name].copy()
        weights[name][gone] = 0
        biases[name][gone] = 0
    weights["conv1"][0] = 0  # its bias keeps it alive
    model = with_weights(model, weights, biases)
    assert np.flatnonzero(dead_channels(model.layer("conv1"))).tolist() == [1, 3]
    assert dead_channels(model.layer("pool")) is None
    smaller = without_idle_weights(model)
    after = float_weights(smaller)
    assert not after["conv2"][:, [1, 3]].any()
    assert after["conv2"][1, [0, 2]].all()
    assert not after["fc"].reshape(3, 8, 9)[:, [0, 5]].any()
    assert np.count_nonzero(after["fc"]) == 3 * 6 * 9
    frames = np.random.default_rng(0).normal(0, 1, (5, 2, 6, 6))
    assert np.allclose(golden.infer_float(smaller, frames), golden.infer_float(model, frames))
