"""Dense-sparse-dense."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.train.dsd import dense_sparse_dense
from hwgen.compress.train.network import Network
from hwgen.compress.weighted import float_weights
from tests.compress.networks import mlp
from tests.compress.train.examples import examples, short


def test_the_sparse_phase_is_sparse_and_the_dense_one_grows_from_it() -> None:
    model = mlp(8, 6, 3)
    told: list[float] = []
    data = examples(Network(model))
    sparse, dense = dense_sparse_dense(model, data, short(epochs=2), 0.5, 1, lambda done, _: told.append(done))
    assert np.count_nonzero(float_weights(sparse)["fc1"]) == 24
    assert np.count_nonzero(float_weights(dense)["fc1"]) == 48
    grown = float_weights(dense)["fc1"][float_weights(sparse)["fc1"] == 0]
    assert 0 < np.abs(grown).max() < np.abs(float_weights(dense)["fc1"]).max()
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)
