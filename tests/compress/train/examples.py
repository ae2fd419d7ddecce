"""The problem of tests.compress.train_data for a network, and a quick schedule for it."""

from __future__ import annotations

from hwgen.compress.train.data import Examples
from hwgen.compress.train.fit import Schedule
from hwgen.compress.train.network import Network
from tests.compress.train_data import directions


def examples(net: Network, count: int = 96, seed: int = 0) -> Examples:
    """Of the network's input and outputs."""
    return Examples.of(*directions(count, net.model.input.shape, seed))


def short(epochs: int = 3, **more: object) -> Schedule:
    """A quick schedule."""
    return Schedule(epochs=epochs, learning_rate=0.05, batch=16, **more)  # type: ignore[arg-type]
