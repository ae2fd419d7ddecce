"""Binary weights while they train: the sign forward, straight through backward."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TrainedBinary(nn.Module):
    """weight = scale * sign(weight), 0 counting as +1; the gradient passes where |weight| <= 1.

    ``scaled``: the scale is the mean magnitude of each output channel (XNOR-Net, Rastegari et al., ECCV 2016), else 1
    (BinaryConnect, Courbariaux et al., NIPS 2015).
    """

    def __init__(self, *, scaled: bool) -> None:
        super().__init__()
        self._scaled = scaled

    def forward(self, weight: Tensor) -> Tensor:
        sign = torch.where(weight.detach() >= 0, 1.0, -1.0)
        if self._scaled:
            sign = sign * weight.detach().abs().flatten(1).mean(1).reshape(-1, *(1,) * (weight.dim() - 1))
        clipped = weight.clamp(-1, 1)
        return sign + (clipped - clipped.detach())
