"""What weights tell about the steps before."""

from __future__ import annotations

import numpy as np
from hypothesis import given

from hwgen.compress.binary import xnor
from hwgen.compress.hold import one_scale, shared_layers, shared_of
from hwgen.compress.prune import magnitude
from hwgen.compress.share import share
from hwgen.compress.weighted import float_weights, with_weights
from tests.compress.arrays import weights
from tests.compress.networks import mlp


@given(weights())
def test_a_codebook_that_is_found_gives_the_weights_back(values: np.ndarray) -> None:
    found = shared_of(values)
    if found is None:
        return
    assert np.array_equal(found.weights, values)
    assert not found.has_zero or (found.codebook[0] == 0 and ((found.codes == 0) == (values == 0)).all())


def test_shared_is_told_from_trained_and_pruned() -> None:
    values = np.random.default_rng(0).normal(0, 1, (20, 30)).astype(np.float32)
    pruned = values * magnitude(values, 0.1)
    assert shared_of(values) is None
    assert shared_of(pruned) is None
    assert shared_of(share(pruned, 3).weights) is not None
    model = mlp(8, 6, 3)
    few = with_weights(model, {"fc1": share(float_weights(model)["fc1"], 2).weights})
    assert shared_layers(model) == []
    assert shared_layers(few) == ["fc1"]


def test_binary_weights_keep_a_scale_for_each_channel() -> None:
    values = np.random.default_rng(0).normal(0, 1, (6, 8)).astype(np.float32)
    assert not one_scale(xnor(values).weights)
    assert one_scale(share(values, 2).weights)
    assert not one_scale(values)
