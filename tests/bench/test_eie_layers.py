"""The layers of EIE's tables as models."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.bench.eie_layers import EIE_LAYERS, EieLayer
from hwgen.model import Dense, Model, SparseWeights, validate

SMALL = EieLayer("Little", 300, 70, 0.2, 0.4, 1.5, 1.25)


def weights(model: Model) -> SparseWeights:
    (layer,) = model.layers
    assert isinstance(layer, Dense)
    assert isinstance(layer.weights, SparseWeights)
    return layer.weights


def test_microseconds_are_cycles() -> None:
    assert (SMALL.reference_cycles, SMALL.theoretical_cycles) == (1200, 1000)


def test_the_theoretical_times_follow_from_the_densities() -> None:
    """What table IV calls theoretical is table III's products over 64 PEs, and fillers: the two tables fit each other.

    Fillers are most at VGG-6 and VGG-7, whose 64 rows of a PE hold 2.6 weights; densities are rounded to a percent.
    """
    for layer in EIE_LAYERS:
        products = layer.inputs * layer.outputs * layer.weight_density * layer.activation_density
        assert layer.actual_us > layer.theoretical_us
        share = products / 64 / layer.theoretical_cycles
        if layer.weight_density == 0.04:
            assert 0.5 < share < 0.65
        else:
            assert 0.8 < share < 1.05


def test_a_model_is_valid_and_as_dense_as_asked() -> None:
    model = SMALL.model(seed=3)
    validate(model)
    found = weights(model)
    assert found.codebook is not None
    assert found.codebook[0] == 0
    assert len(set(found.codebook.tolist())) == 16
    expected = 300 * 70 * 0.2
    assert abs(found.indices.size - expected) < 5 * np.sqrt(expected * 0.8)


def test_masks_depend_on_seed_and_layer_only() -> None:
    one, again, other = (weights(SMALL.model(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.indices, again.indices)
    np.testing.assert_array_equal(SMALL.frame(1), SMALL.frame(1))
    assert not np.array_equal(one.indices, other.indices)
    assert not np.array_equal(SMALL.frame(1), SMALL.frame(2))


@pytest.mark.parametrize("density", [0.0, 0.351, 1.0])
def test_a_frame_has_exactly_the_non_zeros_of_its_density(density: float) -> None:
    frame = EieLayer("Little", 301, 7, 0.2, density, 1.0, 1.0).frame(seed=0)
    assert frame.shape == (1, 301)
    assert np.count_nonzero(frame) == round(301 * density)
    assert np.abs(frame).max() < 1 << 15
