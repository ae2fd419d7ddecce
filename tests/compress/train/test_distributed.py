"""Shares of rows and batches; what several processes compute stands in test_workers.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.train.distributed import Distribution, shares


@given(st.integers(0, 100), st.integers(1, 9))
def test_shares_are_even_and_complete(count: int, size: int) -> None:
    found = shares(count, size)
    assert [i for part in found for i in range(count)[part]] == list(range(count))
    lengths = [part.stop - part.start for part in found]
    assert max(lengths) - min(lengths) <= 1


def test_a_batch_is_shared_between_processes() -> None:
    frames, labels = torch.arange(10.0).reshape(5, 2), torch.arange(5)
    parts = [Distribution("data", rank, 3).part(frames, labels) for rank in range(3)]
    assert torch.equal(torch.cat([part[0] for part in parts]), frames)
    assert torch.equal(torch.cat([part[1] for part in parts]), labels)
    for alone in (Distribution(), Distribution("model", 1, 3)):
        assert alone.part(frames, labels)[0] is frames
    assert Distribution().linear() is torch.nn.functional.linear
