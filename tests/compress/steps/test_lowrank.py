"""The step lowrank."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.compress.predict import layer_cycles
from hwgen.compress.steps.lowrank import LowrankStep, products
from hwgen.compress.weighted import float_weights, with_weights
from hwgen.errors import UsageError
from hwgen.model import validate
from tests.compress.networks import cnn, mlp
from tests.compress.steps.contexts import context


def test_each_method_treats_its_layers_and_names_the_others() -> None:
    model = cnn()
    for method, treated in (("svd", {"fc"}), ("tucker2", {"conv1", "conv2"}), ("separable", {"conv1", "conv2"})):
        outcome = LowrankStep(method=method, rank=1).run(model, context(model))
        validate(outcome.model)
        assert set(outcome.skipped) == {"conv1", "conv2", "fc"} - treated
        assert products(outcome.model) < products(model)
        assert {layer.name for layer in outcome.model.layers} > {f"{name}_a" for name in treated}


def test_energy_chooses_the_rank() -> None:
    model = mlp(12, 10, 3)
    rng = np.random.default_rng(0)
    low = (rng.normal(0, 1, (10, 2)) @ rng.normal(0, 1, (2, 12))).astype(np.float32)
    outcome = LowrankStep(energy=0.9999).run(with_weights(model, {"fc1": low}), context(model))
    assert float_weights(outcome.model)["fc1_a"].shape == (2, 12)
    assert outcome.skipped["fc2"].startswith("at rank 3 its factors have no fewer multiplications")


def test_cycles_choose_the_rank() -> None:
    model = mlp(64, 48, 3)
    data = context(model)
    outcome = LowrankStep(cycles=0.5, layers=("fc1",)).run(model, data)
    assert outcome.skipped == {"fc2": "is not named in 'layers'"}
    whole, found = layer_cycles(model, data.options), layer_cycles(outcome.model, data.options)
    assert found["fc1_a"] + found["fc1"] <= whole["fc1"] / 2
    assert LowrankStep(cycles=1e-9).run(model, data).skipped["fc1"].startswith("rank 1 already takes")


def test_factors_train() -> None:
    pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")
    model = mlp(8, 6, 3)
    outcome = LowrankStep(rank={"fc1": 2}, epochs=1, batch=16).run(model, context(model))
    start = LowrankStep(rank={"fc1": 2}).run(model, context(model))
    assert not np.array_equal(float_weights(outcome.model)["fc1_a"], float_weights(start.model)["fc1_a"])


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({}, "needs one of rank, energy and cycles"),
        ({"rank": 1, "energy": 0.5}, "needs one of"),
        ({"rank": 0}, "key 'rank': is 0"),
        ({"energy": 1.5}, "key 'energy'"),
        ({"rank": 1, "method": "odd"}, "key 'method'"),
    ],
)
def test_wrong_keys_are_said(keys: dict[str, object], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        LowrankStep(**keys)  # type: ignore[arg-type]


def test_a_rank_beyond_the_matrix_is_said() -> None:
    with pytest.raises(UsageError, match=r"layer 'fc1', key 'rank': the rank is 7, must lie in 1\.\.6"):
        LowrankStep(rank={"fc1": 7}).run(mlp(8, 6, 3), context(mlp(8, 6, 3)))
