"""What was pruned or shared stays so in training."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.prune import magnitude
from hwgen.compress.share import share
from hwgen.compress.train.binary import TrainedBinary
from hwgen.compress.train.fit import fit
from hwgen.compress.train.hold import hold
from hwgen.compress.train.network import Network
from hwgen.compress.weighted import float_weights, with_weights
from tests.compress.networks import cnn
from tests.compress.train.examples import examples, short


def test_patterns_survive() -> None:
    model = cnn()
    weights = float_weights(model)
    weights["conv2"] = weights["conv2"] * magnitude(weights["conv2"], 0.3)
    weights["fc"] = share(weights["fc"] * magnitude(weights["fc"], 0.5), 3).weights
    net = Network(with_weights(model, weights))
    hold(net, {"conv1": TrainedBinary(scaled=False)})
    fit(net, examples(net), short())
    after = float_weights(net.to_model())
    assert set(np.unique(after["conv1"])) == {-1, 1}
    assert np.array_equal(after["conv2"] != 0, weights["conv2"] != 0)
    assert np.array_equal(after["fc"] != 0, weights["fc"] != 0)
    assert not np.array_equal(after["fc"], weights["fc"])
    for value in np.unique(weights["fc"]):
        assert np.unique(after["fc"][weights["fc"] == value]).size == 1
