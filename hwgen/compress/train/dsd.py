"""Dense-sparse-dense training (Han et al., ICLR 2017): prune, train, let everything grow again, train slower."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch.nn.utils import parametrize

from hwgen.compress.prune import magnitude
from hwgen.compress.train.data import Examples
from hwgen.compress.train.fit import Progress, Schedule, fit, nothing
from hwgen.compress.train.masked import Masked
from hwgen.compress.train.network import Network
from hwgen.compress.weighted import float_weights
from hwgen.model import Model

SLOWER = 0.1
"""The second dense phase trains at a tenth of the rate (section 3)."""


def dense_sparse_dense(
    model: Model,
    examples: Examples,
    schedule: Schedule,
    density: float,
    dense_epochs: int,
    progress: Progress = nothing,
) -> tuple[Model, Model]:
    """The sparse network, each layer with its greatest weights, and the dense one that grows from it.

    ``schedule`` is the sparse phase's; the regrown weights begin at zero.
    """
    whole = schedule.epochs + dense_epochs
    net = Network(model)
    for name, weights in float_weights(model).items():
        mask = torch.from_numpy(magnitude(weights, density))
        parametrize.register_parametrization(net.trained[name], "weight", Masked(mask))
    fit(net, examples, schedule, progress=lambda done, loss: progress(done * schedule.epochs / whole, loss))
    sparse = net.to_model()
    net = Network(sparse)
    slow = replace(schedule, epochs=dense_epochs, learning_rate=SLOWER * schedule.learning_rate, seed=schedule.seed + 1)
    fit(
        net, examples, slow, progress=lambda done, loss: progress((schedule.epochs + done * dense_epochs) / whole, loss)
    )
    return sparse, net.to_model()
