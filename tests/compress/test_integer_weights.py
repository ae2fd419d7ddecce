"""Real weights to integers."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.compress.integer_weights import BIAS_BITS, WeightFormat, integer_weights
from hwgen.errors import UnsupportedError

MAPS = {"source": 0.1, "output": 0.2, "layer": "fc"}


@pytest.mark.parametrize("bits", [2, 4, 8, 12, 16])
def test_each_channel_has_a_scale_of_its_own(bits: int, rng: np.random.Generator) -> None:
    weights = rng.normal(0, 1, (5, 3, 2, 2)) * np.array([1e-3, 1, 10, 1e3, 1]).reshape(-1, 1, 1, 1)
    found = integer_weights(weights, None, WeightFormat(bits=bits), **MAPS)
    greatest = (1 << bits - 1) - 1
    assert found.values.shape == weights.shape
    assert np.abs(found.values).reshape(5, -1).max(axis=1).tolist() == [greatest] * 5
    error = np.abs(found.values * found.scales.reshape(-1, 1, 1, 1) - weights).reshape(5, -1)
    if bits >= 8:
        assert (error.max(axis=1) <= found.scales / 2 * (1 + 1e-9)).all()


def test_few_bits_minimise_the_squared_error(rng: np.random.Generator) -> None:
    weights = rng.normal(0, 1, (3, 500))
    found = integer_weights(weights, None, WeightFormat(bits=4), **MAPS)
    plain = np.abs(weights).max(axis=1, keepdims=True) / 7
    error = ((found.values * found.scales[:, None] - weights) ** 2).sum(axis=1)
    assert (error < ((np.rint(weights / plain) * plain - weights) ** 2).sum(axis=1)).all()


def test_one_scale_keeps_equal_weights_equal(rng: np.random.Generator) -> None:
    codebook = np.array([0.0, -0.31, 0.5, 1.7])
    codes = rng.integers(0, 4, (6, 20))
    found = integer_weights(codebook[codes], None, WeightFormat(per_channel=False), **MAPS)
    assert found.scales.shape == (6,)
    assert len(set(found.scales.tolist())) == 1
    assert set(np.unique(found.values)) <= set(np.rint(codebook / 1.7 * 127).astype(int).tolist())
    assert (found.values[codes == 0] == 0).all()


def test_a_bias_is_in_units_of_the_accumulator() -> None:
    found = integer_weights(np.array([[1.27], [12.7]]), np.array([0.5, -3.0]), WeightFormat(), **MAPS)
    assert found.scales == pytest.approx([0.01, 0.1])
    assert found.bias is not None
    assert found.bias.tolist() == [500, -300]


def test_a_great_bias_coarsens_the_scale() -> None:
    found = integer_weights(np.array([[1e-9]]), np.array([1000.0]), WeightFormat(), **MAPS)
    assert found.bias is not None
    assert int(found.bias[0]) == 1 << BIAS_BITS


def test_a_channel_without_weights_keeps_its_bias() -> None:
    found = integer_weights(np.zeros((2, 3)), np.array([0.7, 0.0]), WeightFormat(), **MAPS)
    assert not found.values.any()
    assert found.bias is not None
    assert found.bias * 0.1 * found.scales == pytest.approx([0.7, 0.0], rel=1e-4)


def test_given_scales_give_the_integers_back(rng: np.random.Generator) -> None:
    integers = rng.integers(-128, 128, (4, 9))
    scales = rng.uniform(0.001, 0.1, 4).astype(np.float32).astype(np.float64)
    weights = (integers * scales[:, None]).astype(np.float32)
    found = integer_weights(weights, None, WeightFormat(scales=scales), **MAPS)
    assert np.array_equal(found.values, integers)
    assert np.array_equal(found.scales, scales)


def test_refuses() -> None:
    with pytest.raises(UnsupportedError, match="layer 'fc': weights over the given scales need more than 8 bits"):
        integer_weights(np.array([[128.0]]), None, WeightFormat(scales=np.ones(1)), **MAPS)
    with pytest.raises(UnsupportedError, match="no multiples of the given scales"):
        integer_weights(np.array([[3.4]]), None, WeightFormat(scales=np.ones(1)), **MAPS)
    with pytest.raises(UnsupportedError, match="the bias needs more than 48 bits"):
        integer_weights(np.ones((1, 1)), np.array([1e20]), WeightFormat(scales=np.ones(1)), **MAPS)
