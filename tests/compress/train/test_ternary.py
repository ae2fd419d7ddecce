"""TTQ in training."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.train.ternary import TrainedTernary


def test_forward_and_the_gradients_of_equations_7_and_8() -> None:
    held = TrainedTernary(2.0, 3.0, 0.5)
    weight = torch.tensor([4.0, 1.0, -3.0, 2.5], requires_grad=True)
    found = held(weight)
    assert found.tolist() == [2, 0, -3, 2]
    (found * torch.tensor([1.0, 10.0, 100.0, 1000.0])).sum().backward()
    assert held.positive.grad.item() == 1001
    assert held.negative.grad.item() == -100
    assert weight.grad.tolist() == [2, 10, 300, 2000]
