"""Two weights for the sum of two maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hwgen.errors import UnsupportedError
from hwgen.fixed import add
from hwgen.plan.adds import MOST_TAPS, PairTable, add_form
from hwgen.plan.requant import lower
from hwgen.plan.staircase import steps
from tests.gateware.networks import ADD_SHIFT, multiplier

GREATEST = 127


def table(
    scales: tuple[float, float], gain: float, *, bits: int = 8, zeros: tuple[int, int, int] = (0, 0, 0)
) -> PairTable:
    """TFLite's ADD of all pairs of inputs."""
    low, count = -(1 << (bits - 1)), 1 << bits
    x = low + np.arange(count)
    first, second = (multiplier(scale / (2 * max(scales))) for scale in scales)
    last = multiplier(gain / 2**ADD_SHIFT)
    q = add(
        (x[:, None], x[None, :]), (zeros[0], zeros[1]), left_shift=ADD_SHIFT, input_multipliers=(first[0], second[0]),
        input_shifts=(first[1], second[1]), multiplier=last[0], shift=last[1], rounding="tflite_double",
        zero_point=zeros[2], lo=low, hi=low + count - 1,
    )  # fmt: skip
    return PairTable(q=q, low=(low, low))


@settings(max_examples=25)
@given(
    scales=st.tuples(*[st.sampled_from([1.0, 0.7, 0.5, 0.31])] * 2),
    gain=st.sampled_from([0.3, 0.9, 1.7]),
    bits=st.sampled_from([2, 4, 8]),
    zero=st.integers(-100, 100),
)
def test_every_pair_of_inputs_gives_its_output(scales: tuple[float, float], gain: float, bits: int, zero: int) -> None:
    """Through the weights, and the multiplication, addition and shift that follow them."""
    half = 1 << (bits - 1)
    pairs = table(scales, gain, bits=bits, zeros=(zero % half, -zero % half, zero % half))
    try:
        form = add_form(pairs, *scales, pivot=zero % half, greatest=GREATEST, layer="sum")
    except UnsupportedError as error:
        assume("give every sum" not in str(error))
        raise
    assert all(0 < tap <= GREATEST for part in form.taps for tap in part)
    sums = pairs.sums((sum(form.taps[0]), sum(form.taps[1])))
    ends = np.array([sums.min()]), np.array([sums.max()])
    stairs = steps("sum", form.thresholds, pivot=zero % half, lo=-half, hi=half - 1, a_min=ends[0], a_max=ends[1])
    np.testing.assert_array_equal(stairs.function(sums), pairs.q)
    (lowered,) = lower([stairs]).layers
    np.testing.assert_array_equal(lowered(sums.reshape(1, -1)).reshape(sums.shape), pairs.q)


def test_equal_scales_need_two_taps() -> None:
    assert add_form(table((1.0, 1.0), 0.9), 1, 1, pivot=0, greatest=GREATEST, layer="sum").taps == ((1,), (1,))


def test_a_large_weight_is_several_taps() -> None:
    """The exact ratio is 3 : 7, of which the weights may be no more than 2."""
    form = add_form(table((0.3, 0.7), 0.9, bits=4), 0.3, 0.7, pivot=0, greatest=2, layer="sum")
    assert all(tap <= 2 for part in form.taps for tap in part)
    assert sum(map(len, form.taps)) > 2


def test_a_sum_that_no_weights_give_is_refused() -> None:
    """An output that falls where its inputs rise."""
    pairs = table((1.0, 1.0), 0.9, bits=4)
    q = pairs.q.copy()
    q[8, 8] = q.max()
    with pytest.raises(UnsupportedError, match=rf"'sum': no weights of {MOST_TAPS} taps of at most 127 give every sum"):
        add_form(PairTable(q=q, low=pairs.low), 1, 1, pivot=0, greatest=GREATEST, layer="sum")


def test_a_constant_sum_is_no_obstacle() -> None:
    pairs = PairTable(q=np.full((4, 4), 5), low=(-2, -2))
    form = add_form(pairs, 1, 1, pivot=0, greatest=GREATEST, layer="sum")
    assert form.thresholds.constant.all()


def test_levels_that_no_pair_has_are_stepped_over() -> None:
    pairs = PairTable(q=np.array([[0, 3], [3, 9]]), low=(0, 0))
    found = pairs.thresholds((1, 1))
    assert found is not None
    assert found.level.tolist() == [list(range(1, 10))]
    assert found.at.tolist() == [[1, 1, 1, 2, 2, 2, 2, 2, 2]]
    assert found.last.tolist() == [[0, 0, 0, 1, 1, 1, 1, 1, 1]]
    assert pairs.thresholds((0, 1)) is None
