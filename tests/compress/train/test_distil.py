"""Distillation."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.train.distil import distillation
from hwgen.compress.train.fit import cross_entropy


class Fixed(torch.nn.Module):
    def forward(self, frames):
        return torch.tensor([[2.0, 0.0, -1.0]]).expand(len(frames), 3)


def test_by_hand() -> None:
    outputs, labels, frames = torch.tensor([[1.0, 0.5, 0.0]]), torch.tensor([0]), torch.zeros(1, 2)
    loss = distillation(Fixed(), 2.0, 0.25)(outputs, labels, frames)
    soft = torch.softmax(torch.tensor([1.0, 0.0, -0.5]), 0)
    student = torch.softmax(torch.tensor([0.5, 0.25, 0.0]), 0)
    divergence = (soft * (soft.log() - student.log())).sum()
    assert loss.item() == pytest.approx((0.75 * cross_entropy(outputs, labels, frames) + 0.25 * 4 * divergence).item())


def test_the_teachers_own_outputs_cost_nothing_but_the_labels() -> None:
    frames = torch.zeros(4, 2)
    outputs = Fixed()(frames).clone().requires_grad_()
    loss = distillation(Fixed(), 4.0, 1.0)(outputs, torch.zeros(4, dtype=torch.int64), frames)
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-6)
    assert outputs.grad.abs().max() < 1e-6
