from __future__ import annotations

import numpy as np

from hwgen import fixed
from hwgen.model import Activation, Add, AddRequant
from hwgen.model.sums import added


def test_the_layers_numbers_go_where_they_belong() -> None:
    """Every number of the layer differs from the others, and the result is that of the arithmetic by itself."""
    a = Activation(shape=(3,), zero_point=5, min=-128, max=127)
    b = Activation(shape=(3,), zero_point=-7, min=-128, max=127)
    output = Activation(shape=(3,), zero_point=11, min=-90, max=101)
    requant = AddRequant(
        left_shift=20, input_multipliers=(1 << 30, 3 << 28), input_shifts=(31, 30), multiplier=1_500_000_000, shift=50
    )
    layer = Add(name="sum", inputs=("a", "b"), output=output, requant=requant)
    values = np.arange(-128, 128)[:, None], np.arange(-128, 128)[None, :]
    expected = fixed.add(
        values, (5, -7), left_shift=20, input_multipliers=(1 << 30, 3 << 28), input_shifts=(31, 30),
        multiplier=1_500_000_000, shift=50, rounding="tflite_double", zero_point=11, lo=-90, hi=101,
    )  # fmt: skip
    found = added(layer, requant, (a, b), values)
    assert (found.min(), found.max()) == (-90, 101)
    np.testing.assert_array_equal(found, expected)
