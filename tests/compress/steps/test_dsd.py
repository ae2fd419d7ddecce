"""The step dsd."""

from __future__ import annotations

import pytest

from hwgen.compress.frames import accuracy
from hwgen.compress.steps.dsd import DsdStep
from hwgen.compress.weighted import float_weights
from hwgen.errors import UsageError
from tests.compress.networks import mlp
from tests.compress.steps.contexts import context


def test_the_network_ends_dense() -> None:
    pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")
    model = mlp(8, 6, 3)
    data = context(model)
    trained = DsdStep(epochs=10, dense_epochs=5, batch=16, rate=0.05).run(model, data).model
    assert all(values.all() for values in float_weights(trained).values())
    assert accuracy(trained, data.test) > 0.9


def test_what_is_out_of_range_is_said() -> None:
    with pytest.raises(UsageError, match="key 'density'"):
        DsdStep(density=2.0)
