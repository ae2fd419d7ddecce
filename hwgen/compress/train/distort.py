"""Images turned, sheared, scaled and shifted at random, so that a network sees each in many forms."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Distortion:
    """Greatest amounts: ``turn`` and shear in radians, ``scale`` relative, ``shift`` in image widths; ``mirror`` is the
    chance of a mirror image. ``image`` is the shape (C, H, W) of frames that are stored flat."""

    turn: float = 0.0
    scale: float = 0.0
    shift: float = 0.0
    mirror: float = 0.0
    image: tuple[int, int, int] | None = None

    @property
    def active(self) -> bool:
        """Whether it changes anything."""
        return any((self.turn, self.scale, self.shift, self.mirror))

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Distorted copies of ``images`` (n, C, H, W) or (n, F); each by an affine map of its own."""
        n, stored = len(images), images.shape
        if self.image is not None:
            images = images.reshape(n, *self.image)

        def uniform(*shape: int) -> Tensor:
            return torch.rand(n, *shape, generator=generator) * 2 - 1

        angle, scale, shear = uniform() * self.turn, 1 + uniform(2) * self.scale, uniform() * self.turn
        mirror = torch.where(torch.rand(n, generator=generator) < self.mirror, -1.0, 1.0)
        matrix = torch.zeros(n, 2, 3)
        matrix[:, 0, 0] = torch.cos(angle) * scale[:, 0] * mirror
        matrix[:, 0, 1] = -torch.sin(angle) * scale[:, 0] + shear
        matrix[:, 1, 0] = torch.sin(angle) * scale[:, 1] * mirror
        matrix[:, 1, 1] = torch.cos(angle) * scale[:, 1]
        # affine_grid counts from -1 to 1: a width is 2.
        matrix[:, :, 2] = uniform(2) * 2 * self.shift
        grid = functional.affine_grid(matrix, list(images.shape), align_corners=False)
        return functional.grid_sample(images, grid, align_corners=False).reshape(stored)
