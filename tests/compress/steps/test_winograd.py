"""The step winograd."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen import golden
from hwgen.compress.recipe import make_step
from hwgen.compress.steps import Context
from hwgen.compress.steps.encode import EncodeStep
from hwgen.compress.steps.huffman import HuffmanStep
from hwgen.compress.steps.quantise import QuantiseStep
from hwgen.compress.steps.winograd import WinogradStep
from hwgen.compress.weighted import weighted_layers
from hwgen.errors import UsageError
from hwgen.model import Conv2d, Model
from hwgen.plan import build_plan
from tests.compress.networks import cnn
from tests.compress.steps.contexts import context


@pytest.fixture(scope="module")
def quantised() -> tuple[Model, Context]:
    data = context(cnn())
    return QuantiseStep().run(cnn(), data).model, data


def test_what_can_be_is_pruned_in_the_domain(quantised: tuple[Model, Context]) -> None:
    model, data = quantised
    outcome = WinogradStep(density={"conv1": 0.4, "fc": 0.5}).run(model, data)
    layers = weighted_layers(outcome.model)
    first = layers["conv1"]
    assert isinstance(first, Conv2d)
    assert (first.domain, first.weights.encoding, first.weights.shape[2:]) == ("winograd2", "sparse", (4, 4))
    assert np.count_nonzero(first.weights.decode()) <= round(0.4 * first.weights.decode().size)
    assert outcome.skipped == {"conv2": "is not named in 'density'", "fc": "is no convolution"}
    assert layers["conv2"] is weighted_layers(model)["conv2"]
    # Later steps leave the encoding alone and count what is there; the core works on the weights that are there.
    encoded = EncodeStep().run(outcome.model, data).model
    assert weighted_layers(encoded)["conv1"].weights.encoding == "sparse"
    assert HuffmanStep().run(encoded, data).bits is not None
    (planned,) = (layer for layer in build_plan(encoded, data.options).layers if layer.name == "conv1")
    assert (planned.algorithm, planned.encoding) == ("winograd2", "sparse")


def test_nothing_pruned_changes_hardly_anything(quantised: tuple[Model, Context]) -> None:
    """The requantisation's rounding is another, that is all."""
    model, data = quantised
    frames = np.random.default_rng(0).integers(-128, 128, (5, 2, 6, 6)).astype(np.int8)
    before = golden.infer(model, frames).astype(np.int64)
    for size in (2, 4):
        found = golden.infer(WinogradStep(size=size).run(model, data).model, frames)
        assert np.abs(found - before).max() <= 1


def test_other_layers_are_skipped_by_name_with_the_reason(quantised: tuple[Model, Context]) -> None:
    model, data = quantised
    skipped = WinogradStep().run(model, data).skipped
    assert skipped["fc"] == "is no convolution"
    again = WinogradStep().run(WinogradStep().run(model, data).model, data).skipped
    assert again["conv1"].startswith("only a 3 x 3 convolution of stride 1")


@pytest.mark.parametrize(
    ("keys", "key"),
    [({"size": 3}, "size"), ({"density": 0.0}, "density"), ({"bits": 17}, "bits"), ({"code_bits": 9}, "code_bits")],
)
def test_wrong_keys_are_said(keys: dict[str, object], key: str) -> None:
    with pytest.raises(UsageError, match=f"recipe: {key}"):
        make_step("winograd", keys, where="recipe")


def test_float_layers_are_not_transformed() -> None:
    with pytest.raises(UsageError, match="no layer is quantised"):
        WinogradStep().run(cnn(), context(cnn()))
    with pytest.raises(UsageError, match="'conv9'"):
        WinogradStep(density={"conv9": 0.5}).run(cnn(), context(cnn()))
