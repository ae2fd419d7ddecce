"""Two processes give what one gives, to rounding."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.train.fit import fit
from hwgen.compress.train.network import Network
from hwgen.compress.train.workers import on_workers
from hwgen.compress.weighted import float_weights
from hwgen.errors import UsageError
from hwgen.model import Model
from tests.compress.networks import cnn
from tests.compress.train.examples import examples, short


def train(model: Model, progress) -> Model:
    net = Network(model)
    # 31 examples of a last batch: the processes' shares differ.
    fit(net, examples(net, count=95), short(epochs=2), progress=lambda done, _: progress("training", done))
    return net.to_model()


def fail(_progress) -> Model:
    raise UsageError("cannot be done")


@pytest.mark.parametrize("mode", ["data", "model"])
def test_two_are_as_one(mode: str) -> None:
    told: list[float] = []
    found = float_weights(on_workers(2, mode, partial(train, cnn()), lambda _, done: told.append(done or 0)))
    alone = float_weights(train(cnn(), lambda _what, _done: None))
    start = float_weights(cnn())
    for name, values in alone.items():
        assert np.allclose(found[name], values, atol=1e-4)
        assert not np.allclose(found[name], start[name], atol=1e-3)
    assert told[-1] == 1


def test_an_error_comes_back() -> None:
    with pytest.raises(UsageError, match="cannot be done"):
        on_workers(2, "data", fail, lambda _what, _done: None)
