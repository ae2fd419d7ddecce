from __future__ import annotations

import numpy as np
import pytest

from hwgen.gateware.clamp_limits import ClampLimits, limit_fields
from tests.gateware.bench import pack, shape_of, trace


@pytest.mark.parametrize("act_bits", [1, 8, 16])
@pytest.mark.parametrize("has_offset", [True, False])
def test_the_bounds_are_what_the_offset_leaves(act_bits: int, has_offset: bool, rng: np.random.Generator) -> None:
    """A cycle later; at the ends of every range too."""
    shape = shape_of(act_bits=act_bits, has_offset=has_offset)
    least, most = -(1 << (act_bits - 1)), (1 << (act_bits - 1)) - 1
    ends = [
        (low, high, offset) for low in (least, most) for high in (least, most) for offset in (2 * least, 2 * most + 1)
    ]
    drawn = [
        (
            int(rng.integers(least, most + 1)),
            int(rng.integers(least, most + 1)),
            int(rng.integers(2 * least, 2 * most + 2)),
        )
        for _ in range(30)
    ]
    rows = [
        {"low": pack([low], act_bits), "high": pack([high], act_bits), "offset": pack([offset], act_bits + 1)}
        for low, high, offset in ends + drawn
    ]
    found = trace(ClampLimits(shape=shape), [*rows, {}], ["limits"])[1:]
    for (low, high, given), row in zip(ends + drawn, found, strict=True):
        offset = given if has_offset else 0
        word = {"least": low - offset, "most": high - offset, "low": low, "high": high, "offset": offset}
        assert row["limits"] == limit_fields(shape).pack(word)
