"""Examples and their batches."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.train.data import Examples


def test_every_example_once_and_in_the_seeds_order() -> None:
    found = Examples.of(np.ones((10, 2)), np.arange(10, dtype=np.uint8))
    assert len(found) == 10
    assert found.frames.dtype == torch.float32
    orders = [torch.cat(list(found.batches(4, torch.Generator().manual_seed(seed)))).tolist() for seed in (0, 0, 1)]
    assert sorted(orders[0]) == list(range(10))
    assert orders[0] == orders[1] != orders[2]
    assert [len(batch) for batch in found.batches(4, torch.Generator())] == [4, 4, 2]
