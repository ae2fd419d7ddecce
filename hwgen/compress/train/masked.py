"""Pruned weights stay zero while the rest trains."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Masked(nn.Module):
    """weight = mask * weight: nothing reaches a pruned weight, forward or backward. The mask may be changed."""

    mask: Tensor

    def __init__(self, mask: Tensor) -> None:
        super().__init__()
        self.register_buffer("mask", mask.to(torch.float32))

    def forward(self, weight: Tensor) -> Tensor:
        return weight * self.mask
