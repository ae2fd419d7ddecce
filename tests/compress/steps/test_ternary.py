"""The step ternary."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.compress.steps.ternary import TernaryStep
from hwgen.compress.weighted import float_weights
from hwgen.errors import UsageError
from tests.compress.networks import mlp
from tests.compress.steps.contexts import context


@pytest.mark.parametrize("method", ["twn", "ttq"])
@pytest.mark.parametrize("epochs", [0, 2])
def test_three_values_in_the_layers_named(method: str, epochs: int) -> None:
    if epochs:
        pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")
    model = mlp(8, 6, 3)
    step = TernaryStep(method=method, layers=("fc1",), epochs=epochs, batch=16, rate=0.02)
    outcome = step.run(model, context(model))
    weights = float_weights(outcome.model)
    values = np.unique(weights["fc1"])
    assert values.size == 3
    assert values[1] == 0
    if method == "twn" and not epochs:
        assert values[0] == -values[2]
    assert np.unique(weights["fc2"]).size == 18
    assert outcome.skipped == {"fc2": "is not named in 'layers'"}


def test_wrong_keys_are_said() -> None:
    with pytest.raises(UsageError, match="key 'method'"):
        TernaryStep(method="odd")
    with pytest.raises(UsageError, match="no layer 'fc9'"):
        TernaryStep(layers=("fc9",)).run(mlp(4, 3), context(mlp(4, 3)))
