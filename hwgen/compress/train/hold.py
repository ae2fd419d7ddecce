"""What earlier steps did to a model's weights is kept while they train: zeros stay zeros, equal weights stay equal."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn.utils import parametrize

from hwgen.compress.hold import shared_of
from hwgen.compress.train.masked import Masked
from hwgen.compress.train.network import Network, Weighted
from hwgen.compress.train.shared import SharedWeights


def hold(net: Network, instead: Mapping[str, nn.Module] | None = None) -> None:
    """Register what keeps each layer's pattern; layers without one train freely.

    ``instead``: parametrisations of the layers named, which replace what would be held.
    """
    for name, part in net.trained.items():
        if instead and name in instead:
            parametrize.register_parametrization(part, "weight", instead[name])
            continue
        weights = part.weight.detach().numpy()
        shared = shared_of(weights)
        if shared is not None:
            parametrize.register_parametrization(part, "weight", SharedWeights(shared))
        elif not weights.all():
            parametrize.register_parametrization(part, "weight", Masked(torch.from_numpy(weights != 0)))
        _hold_dead_channels(part)


def _hold_dead_channels(part: Weighted) -> None:
    """An output channel whose weights and bias are all zero was pruned as a whole."""
    dead = ~(part.weight.detach().flatten(1).any(1) | (part.bias.detach() != 0))
    if part.bias.requires_grad and dead.any():
        parametrize.register_parametrization(part, "bias", Masked(~dead))
