"""The step quantise."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.compress.frames import accuracy
from hwgen.compress.steps.binary import BinaryStep
from hwgen.compress.steps.finetune import FinetuneStep
from hwgen.compress.steps.quantise import QuantiseStep
from hwgen.compress.steps.share import ShareStep
from hwgen.compress.weighted import weighted_layers
from hwgen.errors import UsageError
from tests.compress.networks import mlp
from tests.compress.steps.contexts import context


def integers(model) -> dict[str, np.ndarray]:
    return {name: layer.weights.decode() for name, layer in weighted_layers(model).items()}


def test_shared_weights_stay_shared_and_binary_ones_binary() -> None:
    model = mlp(8, 6, 6, 3)
    data = context(model)
    model = ShareStep(bits={"fc1": 3}).run(model, data).model
    model = BinaryStep(layers=("fc2",)).run(model, data).model
    found = integers(QuantiseStep(weight_bits={"fc3": 4}).run(model, data).model)
    assert np.unique(found["fc1"]).size <= 8
    assert set(np.unique(found["fc2"])) == {-127, 127}
    assert np.abs(found["fc3"]).max() <= 7


def test_training_on_the_grid_pays_at_few_bits() -> None:
    pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")
    model = mlp(8, 6, 3)
    data = context(model)
    model = FinetuneStep(epochs=5, batch=16, rate=0.05).run(model, data).model
    found = QuantiseStep(weight_bits=2, epochs=4, batch=16, rate=0.02).run(model, data).model
    assert set(np.unique(integers(found)["fc1"])) <= {-1, 0, 1}
    assert accuracy(found, data.test) > 0.8


@pytest.mark.parametrize(
    "keys",
    [{"weight_bits": 1}, {"weight_bits": {"fc1": 17}}, {"activation_bits": 3}, {"calibration": "odd"}, {"frames": 0}],
)
def test_what_is_out_of_range_is_said(keys: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=f"key '{next(iter(keys))}'"):
        QuantiseStep(**keys)  # type: ignore[arg-type]
