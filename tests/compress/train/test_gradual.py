"""Masks that tighten."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.prune import magnitude
from hwgen.compress.train.fit import fit
from hwgen.compress.train.gradual import Gradual
from hwgen.compress.train.network import Network
from hwgen.compress.weighted import float_weights
from tests.compress.networks import mlp
from tests.compress.train.examples import examples, short


def test_the_density_falls_to_the_target_and_stays() -> None:
    net = Network(mlp(8, 6, 3))
    seen: list[int] = []

    def choose(weights, way):
        return {name: magnitude(values, 1 - 0.75 * way) for name, values in weights.items()}

    moving = Gradual(net, ["fc1"], choose, finish=0.5)

    def before(done: float) -> None:
        moving(done)
        seen.append(int(torch.count_nonzero(net.trained["fc1"].weight)))

    fit(net, examples(net), short(epochs=4), before_step=before)
    assert seen == sorted(seen, reverse=True)
    assert seen[0] == 48
    assert seen[len(seen) // 2 :] == [12] * (len(seen) - len(seen) // 2)
    after = float_weights(net.to_model())
    assert np.count_nonzero(after["fc1"]) == 12
    assert after["fc2"].all()
