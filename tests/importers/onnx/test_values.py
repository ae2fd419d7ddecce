"""Values and the weights that scale them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen.compress.grids import Grid
from hwgen.importers.onnx.values import UNITS, Value, gains, in_order, units


def test_views_move_gain_and_offset_along() -> None:
    value = Value(source="a", index=np.arange(6).reshape(2, 3), gain=np.arange(6.0).reshape(2, 3))
    turned = value.viewed(np.transpose)
    assert turned.shape == (3, 2)
    assert turned.gain is not None
    assert np.array_equal(turned.gain, turned.index)
    assert not in_order(turned.index)
    gain, offset = gains(turned)
    assert np.array_equal(gain, turned.gain)
    assert not offset.any()


@given(offset=st.floats(-5, 5), gain=st.floats(0.1, 3), scale=st.floats(0.01, 0.1))
def test_the_weight_that_leaves_least_of_an_offset(offset: float, gain: float, scale: float) -> None:
    grid = Grid(bits=8, signed=True, scale=scale, zero_point=0)
    (weight,) = units(np.array([gain]), np.array([offset]), grid)
    assert 1 <= weight <= UNITS

    def left(unit: int) -> float:
        exact = offset / (scale * gain) * unit
        return abs(exact - round(exact)) / unit

    assert left(weight) <= min(left(unit) for unit in range(1, UNITS + 1)) * (1 + 1e-9) + 1e-12


def test_no_offset_needs_no_units() -> None:
    grid = Grid(bits=8, signed=True, scale=0.1, zero_point=0)
    assert units(np.array([0.5, -2.0]), np.zeros(2), grid).tolist() == [1, 1]
    assert units(np.array([0.5]), np.ones(1), None).tolist() == [UNITS]
