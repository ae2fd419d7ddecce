"""What the host computes of a model."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen import golden
from hwgen.errors import UnsupportedError
from hwgen.flow.host import core_output, finish
from hwgen.model import Activation, Dense, DenseWeights, Model, Requant, Softmax
from tests.flow.fixture import model as fixture_model


def classifier(outputs: tuple[str, ...] = ("shares",)) -> Model:
    source = Activation(shape=(4,), min=-128, max=127)
    logits = Dense(
        name="logits",
        inputs=("input",),
        output=Activation(shape=(3,), min=-128, max=127),
        weights=DenseWeights.from_dense([[1, 2, -3, 4], [5, -6, 7, 8], [9, 1, 1, -2]]),
        requant=Requant(multiplier=np.full(3, 1, np.int32), shift=np.full(3, 2, np.int8), rounding="half_up"),
    )
    shares = Softmax(
        name="shares",
        inputs=("logits",),
        output=Activation(shape=(3,), scale=1 / 256, zero_point=-128, min=-128, max=127),
        input_multiplier=1717986918,
        input_left_shift=23,
        diff_min=-248,
    )
    return Model(name="classifier", input=source, layers=(logits, shares), outputs=outputs)


def test_softmax_is_the_host_s(rng: np.random.Generator) -> None:
    model = classifier()
    assert core_output(model) == "logits"
    frames = rng.integers(-128, 128, (20, 4)).astype(np.int8)
    traced = golden.run(model, frames)
    finished = finish(model)(traced["logits"])
    assert finished.dtype == np.int8
    assert np.array_equal(finished, traced["shares"])
    assert not np.array_equal(traced["logits"], traced["shares"])


def test_without_softmax_the_core_delivers_the_output() -> None:
    model = fixture_model()
    assert core_output(model) == "flatten"
    values = np.arange(6).reshape(2, 3)
    assert np.array_equal(finish(model)(values), values)


def test_several_outputs_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="one output"):
        core_output(classifier(("logits", "shares")))
