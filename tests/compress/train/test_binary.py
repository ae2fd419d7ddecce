"""Binary weights in training."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.train.binary import TrainedBinary


def test_the_sign_forward_and_straight_through_backward() -> None:
    weight = torch.tensor([[0.5, -2.0], [0.0, -0.25]], requires_grad=True)
    assert TrainedBinary(scaled=False)(weight).tolist() == [[1, -1], [1, -1]]
    found = TrainedBinary(scaled=True)(weight)
    assert found.tolist() == [[1.25, -1.25], [0.125, -0.125]]
    found.sum().backward()
    assert weight.grad.tolist() == [[1, 0], [1, 1]]
