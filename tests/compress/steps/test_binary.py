"""The step binary."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.compress.steps.binary import BinaryStep
from hwgen.compress.weighted import float_weights
from tests.compress.networks import mlp
from tests.compress.steps.contexts import context


@pytest.mark.parametrize("epochs", [0, 2])
def test_two_values_a_channel(epochs: int) -> None:
    if epochs:
        pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")
    model = mlp(8, 6, 3)
    outcome = BinaryStep(layers=("fc1",), epochs=epochs, batch=16).run(model, context(model))
    weights = float_weights(outcome.model)
    size = np.abs(weights["fc1"])
    assert (size == size[:, :1]).all()
    assert np.unique(size).size == 6
    assert outcome.skipped == {"fc2": "is not named in 'layers'"}
    connect = float_weights(BinaryStep(method="connect").run(model, context(model)).model)
    assert {float(value) for values in connect.values() for value in np.unique(values)} == {-1, 1}
