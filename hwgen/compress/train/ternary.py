"""Ternary weights while they train: TTQ (Zhu et al., ICLR 2017, section 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TrainedTernary(nn.Module):
    """weight = +p, 0 or -n, by the full-precision weight's place against ``threshold`` times the greatest of them.

    Equation 7: p's gradient is the sum over the weights at +p, n's likewise. Equation 8: the full-precision weight gets
    its ternary weight's gradient, times p or n outside the thresholds.
    """

    def __init__(self, positive: float, negative: float, threshold: float) -> None:
        super().__init__()
        self.positive = nn.Parameter(torch.tensor(positive))
        self.negative = nn.Parameter(torch.tensor(negative))
        self._threshold = threshold

    def forward(self, weight: Tensor) -> Tensor:
        limit = self._threshold * weight.detach().abs().max()
        above, below = weight.detach() > limit, weight.detach() < -limit
        zero = torch.zeros(())
        ternary = torch.where(above, self.positive, torch.where(below, -self.negative, zero))
        one = torch.ones(())
        factor = torch.where(above, self.positive.detach(), torch.where(below, self.negative.detach(), one))
        return ternary + factor * (weight - weight.detach())
