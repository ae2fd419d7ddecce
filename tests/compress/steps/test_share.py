"""The step share."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.compress.steps.share import ShareStep
from hwgen.compress.weighted import float_weights
from hwgen.errors import UsageError
from tests.compress.networks import mlp
from tests.compress.steps.contexts import context


def test_few_values_and_small_layers_skipped() -> None:
    model = mlp(8, 6, 3)
    outcome = ShareStep(bits={"fc1": 3, "fc2": 5}).run(model, context(model))
    assert np.unique(float_weights(outcome.model)["fc1"]).size == 8
    assert outcome.skipped == {"fc2": "has 18 weights, no more than 32 shared values"}


def test_centroids_train() -> None:
    pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")
    model = mlp(8, 6, 3)
    plain, trained = (
        float_weights(ShareStep(bits=2, epochs=epochs, batch=16).run(model, context(model)).model)["fc1"]
        for epochs in (0, 2)
    )
    assert np.unique(trained).size == 4
    assert not np.array_equal(plain, trained)
    for value in np.unique(plain):
        assert np.unique(trained[plain == value]).size == 1


@pytest.mark.parametrize("keys", [{"bits": 1}, {"bits": {"fc1": 9}}, {"start": "odd"}])
def test_what_is_out_of_range_is_said(keys: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=f"key '{next(iter(keys))}'"):
        ShareStep(**keys)  # type: ignore[arg-type]
