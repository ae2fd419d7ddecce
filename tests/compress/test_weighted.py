"""Weights out of a model and into it."""

from __future__ import annotations

import numpy as np

from hwgen.compress.weighted import float_weights, weighted_layers, with_weights
from tests.compress.networks import cnn


def test_other_weights_stand_in_a_copy() -> None:
    model = cnn()
    assert list(weighted_layers(model)) == ["conv1", "conv2", "fc"]
    doubled = with_weights(model, {"fc": 2 * float_weights(model)["fc"]}, {"conv1": np.ones(4, np.float32)})
    assert np.array_equal(float_weights(doubled)["fc"], 2 * float_weights(model)["fc"])
    assert np.array_equal(float_weights(doubled)["conv2"], float_weights(model)["conv2"])
    assert weighted_layers(doubled)["conv1"].bias.tolist() == [1, 1, 1, 1]
    assert weighted_layers(model)["conv1"].bias.tolist() != [1, 1, 1, 1]
    assert weighted_layers(doubled)["fc"].output is weighted_layers(model)["fc"].output
