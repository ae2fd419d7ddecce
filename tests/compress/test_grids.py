"""Scales and zero points."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.compress.calibrate import Range, calibrate
from hwgen.compress.grids import MOST_WEIGHT, WIDENING, Grid, choose_grids, clip, small_ratio
from hwgen.model import Activation, Add
from tests.compress.float_networks import float_network, frames, real

ENDS = st.floats(-1e4, 1e4).map(lambda x: x if abs(x) > 1e-6 else 0.0)


@given(a=ENDS, b=ENDS, bits=st.sampled_from([2, 4, 8, 16]))
def test_a_grid_holds_its_range_and_zero(a: float, b: float, bits: int) -> None:
    low, high = min(a, b, 0.0), max(a, b, 0.0)
    grid = Grid.over(Range(low=low, high=high), bits)
    least, greatest = -(1 << bits - 1), (1 << bits - 1) - 1
    assert grid.scale > 0
    assert least <= grid.zero_point <= greatest
    assert grid.q(0.0) == grid.zero_point
    for end in (low, high):
        assert abs(grid.scale * (grid.q(end) - grid.zero_point) - end) <= grid.scale * 0.500001
    if bits == 16:
        assert np.frexp(grid.scale)[0] == 0.5
        assert grid.zero_point == 0
        assert low == high or max(-low / 32768, high / 32767) > grid.scale / 2.0001


def test_fixed_point_of_an_exact_power_of_two() -> None:
    assert Grid.over(Range(low=-1.0, high=0.0), 16).scale == 2.0**-15
    assert Grid.over(Range(low=0.0, high=1.0), 16).scale == 2.0**-14
    assert Grid.over(Range(low=0.0, high=0.0), 16).scale == 1.0


def test_clips_become_integers() -> None:
    grid = Grid(bits=8, signed=True, scale=0.05, zero_point=-100)
    clipped = grid.activation(real(3, low=0, high=6))
    assert (clipped.min, clipped.max) == (-100, 20)
    assert grid.activation(real(3, low=-1000, high=1000)).max == 127
    assert (grid.activation(real(3)).min, grid.activation(real(3)).max) == (-128, 127)
    assert clip(real(3, high=6)) == (-np.inf, 6.0)


@given(
    ratio=st.floats(1e-3, 1e3),
    free=st.sampled_from([(True, True), (True, False), (False, True)]),
)
def test_a_small_ratio_widens_free_scales_only(ratio: float, free: tuple[bool, bool]) -> None:
    first, second = small_ratio(ratio, *free)
    assert min(first, second) >= 1
    off = second / first / ratio
    if off > 1:
        assert free[1]
    if off < 1:
        assert free[0]
    widening = max(off, 1 / off) - 1
    if 1 / MOST_WEIGHT < ratio < MOST_WEIGHT:
        # No pair with a smaller lesser number is as near as that.
        assert widening <= max(WIDENING, 1.0)
        if widening > 0.02:
            smaller = min(ratio, 1 / ratio)
            assert smaller < 0.5


def test_moved_numbers_keep_their_grid_and_adds_get_small_ratios() -> None:
    model = float_network(3)
    grids = choose_grids(model, calibrate(model, frames(4)), 8)
    for names in (("both", "sum2", "clip", "peak", "average", "flat"),):
        assert len({grids[name] for name in names}) == 1
    assert grids["mean"] != grids["both"]
    for layer in model.layers:
        if isinstance(layer, Add):
            ratio = grids[layer.inputs[1]].scale / grids[layer.inputs[0]].scale
            near = Fraction(ratio).limit_denominator(127)
            assert abs(float(near) / ratio - 1) < 1e-12
            assert max(near.numerator, near.denominator) <= 127


def test_given_grids_stay() -> None:
    model = float_network(5)
    pixels = Activation(shape=(3, 6, 6), signed=False, scale=1 / 255, zero_point=7, min=0, max=255)
    given_input = type(model)(name="m", input=pixels, layers=model.layers, outputs=model.outputs)
    grid = choose_grids(given_input, calibrate(given_input, frames(6)), 8)["input"]
    assert grid == Grid(bits=8, signed=False, scale=1 / 255, zero_point=7, given=True)


def test_softmax_reads_8_bits() -> None:
    model = float_network(7)
    grids = choose_grids(model, calibrate(model, frames(8)), 16)
    assert grids["logits"].bits == 8
    assert grids["stem"].bits == 16


@pytest.mark.parametrize("bits", [4, 8])
def test_widening_keeps_the_range(bits: int) -> None:
    ends = Range(low=-1.0, high=2.0)
    grid = Grid.over(ends, bits)
    wide = grid.widened(grid.scale * 1.3, ends)
    for end in (-1.0, 2.0):
        assert abs(wide.scale * (wide.q(end) - wide.zero_point) - end) <= wide.scale * 0.500001
