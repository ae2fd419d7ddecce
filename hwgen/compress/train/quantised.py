"""Weights on an integer grid while they train: rounded forward, straight through backward (Jacob et al., CVPR 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEAST_SCALE = 1e-12


class TrainedQuantised(nn.Module):
    """weight = scale * round(weight / scale), symmetric on ``bits``, the scale from the greatest weight.

    ``per_channel``: of each output channel, else of the layer. Zeros stay zeros.
    """

    def __init__(self, bits: int, *, per_channel: bool) -> None:
        super().__init__()
        self._greatest = (1 << (bits - 1)) - 1
        self._per_channel = per_channel

    def forward(self, weight: Tensor) -> Tensor:
        size = weight.detach().abs()
        if self._per_channel:
            greatest = size.flatten(1).amax(1).reshape(-1, *(1,) * (weight.dim() - 1))
        else:
            greatest = size.max()
        scale = (greatest / self._greatest).clamp(min=LEAST_SCALE)
        rounded = torch.round(weight.detach() / scale) * scale
        return rounded + (weight - weight.detach())
