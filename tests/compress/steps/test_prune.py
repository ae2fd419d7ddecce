"""The step prune."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.compress.share import share
from hwgen.compress.steps.prune import PruneStep
from hwgen.compress.weighted import float_weights, weighted_layers, with_weights
from hwgen.errors import UsageError
from tests.compress.networks import cnn, mlp
from tests.compress.steps.contexts import context


def densities(model) -> dict[str, float]:
    return {name: np.count_nonzero(values) / values.size for name, values in float_weights(model).items()}


def test_each_layer_named_or_all_with_one_threshold() -> None:
    model = cnn()
    outcome = PruneStep(density={"conv2": 0.25}).run(model, context(model))
    assert densities(outcome.model) == {"conv1": 1, "conv2": 0.25, "fc": 1}
    assert outcome.skipped == dict.fromkeys(("conv1", "fc"), "is not named in 'density'")
    whole = PruneStep(density=0.5, pattern="global").run(model, context(model)).model
    weights = np.concatenate([values.ravel() for values in float_weights(whole).values()])
    assert np.count_nonzero(weights) == weights.size // 2
    assert len(set(densities(whole).values())) > 1


def test_patterns() -> None:
    model = cnn()
    balanced = float_weights(PruneStep(density=0.3, pattern="balanced", pes=4).run(model, context(model)).model)
    counts = [np.count_nonzero(balanced["conv2"][pe::4]) for pe in range(4)]
    assert len(set(counts)) == 1
    outcome = PruneStep(pattern="n:m", n=1, m=4).run(model, context(model))
    blocks = float_weights(outcome.model)["conv2"].reshape(8, 1, 4, 3, 3)
    assert (np.count_nonzero(blocks, axis=2) == 1).all()
    assert outcome.skipped == {"conv1": "4 does not divide its 2 input channels"}
    kept = float_weights(PruneStep(density=0.5, pattern="columns").run(model, context(model)).model)["fc"]
    assert set(np.count_nonzero(kept, axis=0)) == {0, 3}


@pytest.mark.parametrize("epochs", [0, 2])
def test_channels_go_with_their_biases_and_stay_away(epochs: int) -> None:
    if epochs:
        pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")
    model = cnn()
    step = PruneStep(density={"conv1": 0.5}, pattern="channels", epochs=epochs, batch=16)
    layer = weighted_layers(step.run(model, context(model)).model)["conv1"]
    alive = layer.weights.decode().reshape(4, -1).any(axis=1)
    assert alive.sum() == 2
    assert np.array_equal(layer.bias != 0, alive)


def test_the_scan_chooses_densities() -> None:
    model = cnn()
    outcome = PruneStep(drop=1.0).run(model, context(model, count=24))
    assert densities(outcome.model) == pytest.approx(dict.fromkeys(("conv1", "conv2", "fc"), 0.05), abs=0.02)


def test_shared_layers_are_left_alone() -> None:
    model = mlp(8, 6, 3)
    shared = with_weights(model, {"fc1": share(float_weights(model)["fc1"], 2).weights})
    outcome = PruneStep(density=0.5).run(shared, context(model))
    assert outcome.skipped == {"fc1": "its weights are shared already; prune first"}
    assert densities(outcome.model)["fc1"] == 1


@pytest.mark.parametrize("pattern", ["magnitude", "n:m"])
def test_while_training(pattern: str) -> None:
    pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")
    model = mlp(8, 6, 3)
    density = {"fc1": 0.25} if pattern == "magnitude" else None
    outcome = PruneStep(pattern=pattern, density=density, n=1, epochs=3, batch=16, rate=0.02).run(model, context(model))
    assert densities(outcome.model)["fc1"] == 0.25
    assert not np.array_equal(float_weights(outcome.model)["fc2"], float_weights(model)["fc2"])
    if pattern == "n:m":
        assert (np.count_nonzero(float_weights(outcome.model)["fc1"].reshape(6, 2, 4), axis=2) == 1).all()


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({}, "needs one of density and drop"),
        ({"density": 0.5, "drop": 0.1}, "needs one of density and drop"),
        ({"density": 1.5}, "key 'density': is 1.5"),
        ({"density": {"fc1": -1.0}}, "key 'density': is -1.0"),
        ({"density": 0.5, "pattern": "odd"}, "must be one of magnitude"),
        ({"density": 0.5, "pattern": "n:m"}, "has n and m instead"),
        ({"density": {"fc1": 0.5}, "pattern": "global"}, "one density for all layers"),
        ({"pattern": "n:m", "n": 5, "m": 4}, "key 'n': is 5"),
    ],
)
def test_what_contradicts_itself_is_said(keys: dict[str, object], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        PruneStep(**keys)  # type: ignore[arg-type]
