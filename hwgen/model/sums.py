"""What an add delivers: the layer's numbers put to the arithmetic of :func:`hwgen.fixed.add`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hwgen import fixed
from hwgen.model.activation import Activation
from hwgen.model.layers import Add, AddRequant


def added(
    layer: Add,
    requant: AddRequant,
    sources: Sequence[Activation],
    values: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> NDArray[np.int64]:
    """q of the sum for two arrays of q that broadcast; ``sources``: the activations that these belong to."""
    return fixed.add(
        values,
        (sources[0].zero_point, sources[1].zero_point),
        left_shift=requant.left_shift,
        input_multipliers=requant.input_multipliers,
        input_shifts=requant.input_shifts,
        multiplier=requant.multiplier,
        shift=requant.shift,
        rounding=requant.rounding,
        zero_point=layer.output.zero_point,
        lo=layer.output.min,
        hi=layer.output.max,
    )
