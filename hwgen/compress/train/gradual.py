"""Pruning while training: the masks tighten, and a weight that grows again may come back until they stand still."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch.nn.utils import parametrize

from hwgen.compress.prune import Mask, gradual
from hwgen.compress.train.masked import Masked
from hwgen.compress.train.network import Network
from hwgen.compress.weighted import Real

UPDATES = 100
"""How often the masks move, evenly over the training (Zhu and Gupta, arXiv 1710.01878, section 3)."""

Choose = Callable[[dict[str, Real], float], dict[str, Mask]]
"""(weights by layer, share t of the way from dense (0) to the target (1)) to the masks."""


class Gradual:
    """The ``before_step`` of :func:`hwgen.compress.train.fit.fit` that moves the masks.

    ``choose`` is asked with the unmasked weights: what the gradient no longer reaches keeps its size, so that the
    choice is among weights of their last use. ``finish`` is the share of the training after which the masks stand.
    """

    def __init__(self, net: Network, names: list[str], choose: Choose, finish: float = 0.7) -> None:
        self._parts = {name: net.trained[name] for name in names}
        self._choose = choose
        self._finish = finish
        self._moved = -1
        for part in self._parts.values():
            if not parametrize.is_parametrized(part, "weight"):
                parametrize.register_parametrization(part, "weight", Masked(torch.ones_like(part.weight)))

    def __call__(self, done: float) -> None:
        update = min(int(done * UPDATES), int(self._finish * UPDATES))
        if update == self._moved:
            return
        self._moved = update
        self.move(1.0 - gradual(update / UPDATES, 0.0, finish=self._finish))

    def move(self, way: float) -> None:
        """Masks as they are after the share ``way`` (0..1) of the pruning."""
        weights = {name: part.parametrizations.weight.original.detach().numpy() for name, part in self._parts.items()}
        for name, mask in self._choose(weights, way).items():
            held = self._parts[name].parametrizations.weight[0]
            held.mask.copy_(torch.from_numpy(np.asarray(mask, np.float32)))
