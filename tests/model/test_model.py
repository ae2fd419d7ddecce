from __future__ import annotations

import pytest

from hwgen.errors import ModelError
from tests.model.networks import act, branches


def test_layers_and_activations_by_name() -> None:
    model = branches()
    assert model.layer("sum") is model.layers[2]
    assert model.activation("sum") is model.layers[2].output
    assert model.activation("input") == act(4, 6, 5)
    assert model.inputs_of(model.layer("joined")) == (act(2, 6, 5),) * 3


def test_consumers() -> None:
    model = branches()
    assert [layer.name for layer in model.consumers("left")] == ["sum", "joined"]
    assert [layer.name for layer in model.consumers("input")] == ["left", "right"]
    assert model.consumers("best") == ()


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"no layer 'conv9' \(it has left, right, sum"):
        branches().layer("conv9")
