"""Weights on a grid in training."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.train.quantised import TrainedQuantised


def test_the_grid_forward_and_straight_through_backward() -> None:
    weight = torch.tensor([[0.7, -0.31, 0.0], [7.0, 1.4, 0.0]], requires_grad=True)
    per_channel = TrainedQuantised(4, per_channel=True)(weight)
    assert torch.allclose(per_channel, torch.tensor([[0.7, -0.3, 0.0], [7.0, 1.0, 0.0]]))
    per_channel.sum().backward()
    assert weight.grad.tolist() == [[1, 1, 1], [1, 1, 1]]
    whole = TrainedQuantised(4, per_channel=False)(weight)
    assert torch.allclose(whole, torch.tensor([[1.0, 0.0, 0.0], [7.0, 1.0, 0.0]]))
    assert TrainedQuantised(4, per_channel=True)(torch.zeros(2, 2)).tolist() == [[0, 0], [0, 0]]
