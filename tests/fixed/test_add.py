from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen import fixed
from tests.fixed import oracle

multipliers = st.integers(1 << 30, (1 << 31) - 1)


@given(
    zero_points=st.tuples(st.integers(-128, 127), st.integers(-128, 127)),
    input_multipliers=st.tuples(multipliers, multipliers),
    input_shifts=st.tuples(st.integers(31, 45), st.integers(31, 45)),
    multiplier=multipliers,
    shift=st.integers(40, 62),
    zero_point=st.integers(-128, 127),
)
def test_equals_tflites_statements_on_all_byte_pairs_of_a_coarse_grid(
    zero_points: tuple[int, int],
    input_multipliers: tuple[int, int],
    input_shifts: tuple[int, int],
    multiplier: int,
    shift: int,
    zero_point: int,
) -> None:
    values = np.array([-128, -127, -65, -3, -1, 0, 1, 2, 50, 126, 127])
    a, b = (grid.ravel() for grid in np.meshgrid(values, values))
    got = fixed.add(
        (a, b),
        zero_points,
        left_shift=20,
        input_multipliers=input_multipliers,
        input_shifts=input_shifts,
        multiplier=multiplier,
        shift=shift,
        rounding="tflite_double",
        zero_point=zero_point,
        lo=-128,
        hi=127,
    )
    for x, y, q in zip(a.tolist(), b.tolist(), got.tolist(), strict=True):
        total = sum(
            oracle.divide_by_pot(oracle.doubling_high_mul((value - z) * (1 << 20), m), s - 31)
            for value, z, m, s in zip((x, y), zero_points, input_multipliers, input_shifts, strict=True)
        )
        scaled = oracle.divide_by_pot(oracle.doubling_high_mul(total, multiplier), shift - 31)
        assert q == min(max(zero_point + scaled, -128), 127)
