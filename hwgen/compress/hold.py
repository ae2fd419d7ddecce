"""What earlier steps have done to a layer can be read from its weights: zeros are pruned, equal ones are shared."""

from __future__ import annotations

import numpy as np

from hwgen.compress.share import Shared
from hwgen.compress.weighted import Real, float_weights
from hwgen.model import Model

MAX_ENTRIES = 256


def shared_of(weights: Real) -> Shared | None:
    """The codebook of a layer whose weights are shared: few values, some of them repeated. None for any other.

    Training gives every weight a value of its own; only sharing (or ternary and binary weights) makes equal ones.
    """
    distinct, codes = np.unique(weights, return_inverse=True)
    kept = np.count_nonzero(weights)
    has_zero = bool(kept < weights.size)
    if distinct.size > MAX_ENTRIES or kept <= distinct.size - int(has_zero):
        return None
    # Entry 0 is zero where there is one.
    order = np.argsort(distinct != 0, kind="stable") if has_zero else np.arange(distinct.size)
    place = np.empty(distinct.size, np.int64)
    place[order] = np.arange(distinct.size)
    return Shared(place[codes].reshape(weights.shape).astype(np.uint8), distinct[order].astype(np.float64), has_zero)


def shared_layers(model: Model) -> list[str]:
    """Names of the float layers whose weights are shared."""
    return [name for name, weights in float_weights(model).items() if shared_of(weights) is not None]


def one_scale(weights: Real) -> bool:
    """Whether integers for these weights need one scale for the layer, so that equal weights stay equal.

    Not where each output channel has a single magnitude (binary weights): scales per channel make them -1 and +1 alike.
    """
    if shared_of(weights) is None:
        return False
    size = np.abs(weights).reshape(len(weights), -1)
    return not (size == size[:, :1]).all()
