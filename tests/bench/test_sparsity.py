"""Two networks against the share of their zeros: one small core."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen import model as models
from hwgen.bench.examples import example
from hwgen.bench.sparsity import Network, pruned, sparsity
from hwgen.model import Dense, SparseWeights

MLP = "nngen_mlp.npz"


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_the_smallest_weights_go(share: float) -> None:
    model = models.load(example(MLP))
    for before, after in zip(model.layers, pruned(model, share).layers, strict=True):
        assert isinstance(before, Dense)
        assert isinstance(after, Dense)
        assert isinstance(after.weights, SparseWeights)
        old, new = before.weights.decode(), after.weights.decode()
        kept = new != 0
        np.testing.assert_array_equal(new[kept], old[kept])
        assert kept.sum() == round(old.size * (1 - share))
        assert np.abs(old[kept]).min() >= np.abs(old[~kept]).max()


def test_fewer_weights_take_fewer_cycles() -> None:
    dense, sparse = sparsity(networks=[Network("mlp", MLP, 2, 1)], sparsities=(0.0, 0.9), frames=2).rows
    assert dense["mismatches"] == sparse["mismatches"] == 0
    assert sparse["cycles"] < 0.5 * dense["cycles"]
    assert sparse["weight_bits"] < 0.5 * dense["weight_bits"]
    assert dense["lut"] > 0
