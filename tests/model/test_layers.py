from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from hwgen.model import OPS, Flatten, Layer
from tests.model.networks import NETWORKS, act


def test_every_operation_of_format_1_is_registered() -> None:
    pools = {"max_pool2d", "avg_pool2d", "mean"}
    moves = {"add", "concat", "requantize", "flatten"}
    assert set(OPS) == {"conv2d", "dense", *pools, *moves, "softmax", "argmax"}
    assert set(OPS.values()) == set(Layer.__subclasses__())


def test_the_test_networks_use_every_operation() -> None:
    assert {layer.op for make in NETWORKS.values() for layer in make().layers} == set(OPS)


def test_layers_do_not_change() -> None:
    layer = Flatten(name="flat", inputs=("input",), output=act(3))
    with pytest.raises(FrozenInstanceError):
        layer.name = "other"
