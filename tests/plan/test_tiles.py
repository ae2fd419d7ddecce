from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.fixed import signed_bits, winograd_transform
from hwgen.plan.tile_terms import levels
from hwgen.plan.tiles import (
    Matrix,
    Size,
    input_matrix,
    input_rows,
    output_matrix,
    output_rows,
    result_scale,
    result_shift,
    side,
    transformed_bits,
    vector_widths,
    weight_bits,
    weight_scale,
    wrap_bits,
)

SIZES: tuple[Size, ...] = (2, 4)


@given(size=st.sampled_from(SIZES), both=st.booleans(), seed=st.integers(0, 2**32 - 1))
def test_the_scaled_transform_is_the_divisor_times_the_convolution(size: Size, both: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    d, g = rng.integers(-128, 128, (side(size), side(size))), rng.integers(-128, 128, (3, 3))
    sizes: tuple[Size, ...] = SIZES if both else (size,)
    bt, at = np.array(input_rows(size)), np.array(output_rows(size, sizes))
    transform = winograd_transform(size)
    weights = transform.weights(g) * weight_scale(size)
    got = at @ (weights * (bt @ d @ bt.T)) @ at.T
    want = [[np.sum(d[y : y + 3, x : x + 3] * g) for x in range(size)] for y in range(size)]
    np.testing.assert_array_equal(got, transform.divisor * result_scale(size, sizes) ** 2 * np.array(want))
    odd = transform.divisor >> wrap_bits(size)
    np.testing.assert_array_equal(got >> result_shift(size, sizes, divided=True), odd * np.array(want))


@pytest.mark.parametrize("sizes", [(2,), (4,), (2, 4)])
def test_the_identity_holds_for_all_integers(sizes: tuple[Size, ...]) -> None:
    """Both sides are linear in the inputs and in the kernel: every pair of units decides for every pair of arrays."""
    for size in sizes:
        t, bt, at = side(size), np.array(input_rows(size)), np.array(output_rows(size, sizes))
        transform = winograd_transform(size)
        for kernel_unit, input_unit in product(range(9), range(t * t)):
            g, d = np.zeros(9, np.int64), np.zeros(t * t, np.int64)
            g[kernel_unit] = d[input_unit] = 1
            g, d = g.reshape(3, 3), d.reshape(t, t)
            got = at @ (transform.weights(g) * weight_scale(size) * (bt @ d @ bt.T)) @ at.T
            want = [[np.sum(d[y : y + 3, x : x + 3] * g) for x in range(size)] for y in range(size)]
            np.testing.assert_array_equal(got, transform.divisor * result_scale(size, sizes) ** 2 * np.array(want))


def test_the_power_of_two_of_the_divisor() -> None:
    for size in SIZES:
        divisor = winograd_transform(size).divisor
        assert (divisor & -divisor).bit_length() - 1 == wrap_bits(size)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_left_of_the_compensation_are_powers_of_two(size: Size) -> None:
    assert all(
        abs(c) & (abs(c) - 1) == 0 for sizes in ((size,), SIZES) for row in output_rows(size, sizes) for c in row
    )


@pytest.mark.parametrize("size", SIZES)
def test_widths_are_reached_by_the_extremes(size: Size) -> None:
    """For each place the input (and the kernel) of extremes that makes its value largest, and smallest."""
    bt, transform = np.array(input_rows(size)), winograd_transform(size)
    g = transform.g
    for index, (i, j) in enumerate(product(range(side(size)), repeat=2)):
        for matrix, bits in ((bt, transformed_bits(size)), (g, weight_bits(size, 8))):
            form = np.outer(matrix[i], matrix[j]) * (1 if matrix is bt else weight_scale(size)[i, j])
            most = int(np.sum(form * np.where(form > 0, 127, -128)))
            least = int(np.sum(form * np.where(form > 0, -128, 127)))
            assert bits[index] == signed_bits(least, most)


def test_widths_of_the_whole() -> None:
    assert vector_widths((2,)) == (9, 10)
    assert vector_widths((2, 4)) == vector_widths((4,)) == (12, 15)
    assert max(weight_bits(2, 8)) == 12
    assert max(weight_bits(4, 8)) == 14


def test_the_transforms_of_all_sizes_are_one_matrix() -> None:
    matrix = input_matrix((2, 4))
    assert (matrix.width, matrix.inputs, matrix.outputs) == (6, (4, 6), (4, 6))
    assert (matrix.row_bits, matrix.size_bits) == (3, 1)
    assert matrix.rows == (input_rows(2), input_rows(4))
    assert output_matrix((2, 4)).rows == (output_rows(2, (2, 4)), output_rows(4, (2, 4)))
    assert output_matrix((2, 4)).row_bits == 2


@pytest.mark.parametrize("matrix", [input_matrix((2,)), output_matrix((2,))])
def test_small_tiles_alone_have_slots_of_an_adder_tree(matrix: Matrix) -> None:
    assert matrix.latency == 2 + levels(len(matrix.slots[0]))
    for row, placed in zip(matrix.rows[0], matrix.slots, strict=True):
        found = [sum(t.sign << t.shift for t in placed if t and t.index == k) for k in range(len(row))]
        assert tuple(found) == row
