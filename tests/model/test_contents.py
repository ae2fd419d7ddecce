from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.errors import ModelError
from hwgen.model import Layer, Model
from hwgen.model.contents import check_contents
from tests.model.networks import NETWORKS, requant


def with_layer(model: Model, layer: Layer) -> Model:
    return replace(model, layers=tuple(layer if old.name == layer.name else old for old in model.layers))


@pytest.mark.parametrize("name", NETWORKS)
def test_valid_models_pass(name: str) -> None:
    check_contents(NETWORKS[name]())


@pytest.mark.parametrize("layer", ["left", "scaled", "average"])
@pytest.mark.parametrize(("key", "value"), [("multiplier", -1), ("multiplier", -(2**31)), ("shift", -1), ("shift", 63)])
def test_every_requantisation_is_checked(layer: str, key: str, value: int) -> None:
    model = NETWORKS["all other operations"]()
    old = model.layer(layer)
    broken = requant(old.requant.shift.size)
    getattr(broken, key)[1] = value
    with pytest.raises(ModelError, match=f"layer '{layer}', key 'requant.{key}': is {value} for channel 1"):
        check_contents(with_layer(model, replace(old, requant=broken)))


def test_every_bias_is_checked() -> None:
    model = NETWORKS["float"]()
    layer = replace(model.layer("conv1"), bias=np.array([1, -np.inf], np.float32))
    with pytest.raises(ModelError, match="layer 'conv1', key 'bias'"):
        check_contents(with_layer(model, layer))
