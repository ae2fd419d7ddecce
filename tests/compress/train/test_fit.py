"""The training loop."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.train.fit import accuracy, fit
from hwgen.compress.train.network import Network
from hwgen.compress.train.precision import Precision
from hwgen.compress.weighted import float_weights
from tests.compress.networks import cnn, mlp
from tests.compress.train.examples import examples, short


def trained(model, **more) -> Network:
    net = Network(model)
    fit(net, examples(net), short(**more))
    return net


@pytest.mark.parametrize("model", [mlp(8, 6, 3), cnn()], ids=lambda model: model.name)
def test_it_learns_what_it_is_shown(model) -> None:
    net = Network(model)
    before = accuracy(net, examples(net, seed=1))
    fit(net, examples(net), short(epochs=6))
    assert accuracy(net, examples(net, seed=1)) > max(0.9, before)


def test_a_seed_gives_the_same_weights_and_another_does_not() -> None:
    first, again, other = (float_weights(trained(mlp(8, 6, 3), seed=seed).to_model())["fc1"] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_progress_and_the_share_done_are_told() -> None:
    net = Network(mlp(8, 6, 3))
    told, before = [], []
    fit(net, examples(net), short(epochs=1), before_step=before.append, progress=lambda done, _: told.append(done))
    assert before == [step / 6 for step in range(6)]
    assert told == [(step + 1) / 6 for step in range(6)]


@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_mixed_precision_learns_as_well(name: str) -> None:
    net = trained(mlp(8, 6, 3), epochs=6, precision=Precision(name))
    assert accuracy(net, examples(net, seed=1)) > 0.9
    assert all(p.dtype == torch.float32 for p in net.parameters())
