from __future__ import annotations

import numpy as np
import pytest

from hwgen.plan.blocks import Blocks, with_taps
from tests.plan.small import pruned_blocks


@pytest.mark.parametrize("shape", [(3, 8, 2, 3), (5, 12)])
@pytest.mark.parametrize("code_bits", [None, 4])
def test_slots_stand_for_the_decoded_weights(shape: tuple[int, ...], code_bits: int | None) -> None:
    stored = pruned_blocks(*shape, n=2, m=4, code_bits=code_bits)
    blocks = Blocks.of(stored)
    assert blocks.offsets.shape == blocks.values.shape == (shape[0], shape[1] // 4, 2, *(shape[2:] or (1, 1)))
    decoded = stored.decode().astype(np.int64)
    np.testing.assert_array_equal(blocks.expanded(blocks.values, 0).reshape(shape), decoded)
    if code_bits:
        zero = int(np.flatnonzero(stored.codebook == 0)[0])
        codes = blocks.expanded(with_taps(stored.codes), zero).reshape(shape)
        np.testing.assert_array_equal(stored.codebook[codes], decoded)
