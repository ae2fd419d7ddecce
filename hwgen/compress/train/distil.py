"""Distillation: a network learns a larger one's soft outputs (Hinton et al., arXiv 1503.02531)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from hwgen.compress.train.fit import Loss


def distillation(teacher: nn.Module, temperature: float, weight: float) -> Loss:
    """(1 - weight) * cross entropy with the labels + weight * T^2 * KL(teacher / T, student / T).

    T^2 keeps the soft targets' gradients as large as the hard ones' whatever the temperature (section 2.1).
    """

    def loss(outputs: Tensor, labels: Tensor, frames: Tensor) -> Tensor:
        with torch.no_grad():
            soft = functional.log_softmax(teacher(frames).flatten(1) / temperature, dim=1)
        student = functional.log_softmax(outputs.flatten(1) / temperature, dim=1)
        divergence = functional.kl_div(student, soft, reduction="batchmean", log_target=True)
        hard = functional.cross_entropy(outputs.flatten(1), labels)
        return (1 - weight) * hard + weight * temperature**2 * divergence

    return loss
