"""Masks in training."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.train.masked import Masked


def test_nothing_reaches_a_pruned_weight() -> None:
    held = Masked(torch.tensor([True, False, True]))
    weight = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    found = held(weight)
    assert found.tolist() == [1, 0, 3]
    found.sum().backward()
    assert weight.grad.tolist() == [1, 0, 1]
