"""Names, readers and orders."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.errors import UnsupportedError
from hwgen.importers.onnx.convert import KNOWN, converted
from hwgen.importers.onnx.file import parse
from hwgen.importers.onnx.network import MOST_DIAGONAL, Network, Value, in_order
from tests.importers.onnx.graphs import Builder, imported


def network(shape: tuple[int, ...] = (1, 2, 3, 4)) -> Network:
    build = Builder()
    model = build.model(shape, build.node("Relu", "x"))
    return converted(parse(model.SerializeToString(), "net.onnx", KNOWN))


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("/features/0/Conv", "features_0_Conv"), ("28", "op_28"), ("", "layer"), ("input", "input_2"), ("äää", "layer")],
)
def test_names_are_identifiers(wanted: str, name: str) -> None:
    assert network().name(wanted) == name


def test_names_are_new_and_short() -> None:
    net = network()
    assert net.name("relu0") == "relu0_2"
    assert len(net.name("a" * 100)) == 60


def test_nodes_of_one_name_or_none() -> None:
    build = Builder()
    made = build.node("Conv", "x", build.normal(1, 1, 1, 1), name="same")
    end = build.node(
        "Conv", build.node("Conv", made, build.normal(1, 1, 1, 1), name="same"), build.normal(1, 1, 1, 1), name=""
    )
    assert [layer.name for layer in imported(build.model((1, 1, 2, 2), end)).layers] == ["same", "same_2", "op02_Conv"]


def test_reserved_words_of_verilog_are_no_names() -> None:
    build = Builder()
    end = build.node("Conv", "x", build.normal(1, 1, 1, 1), name="module")
    found = imported(build.model((1, 1, 2, 2), end))
    assert found.layers[0].name == "module_2"


def test_the_order_of_the_input_is_its_first_readers() -> None:
    net = network()
    assert net.input_map is not None
    assert net.input_map.shape == (2, 3, 4)
    turned = Value(source="input", index=np.arange(24).reshape(1, 2, 3, 4).transpose(0, 2, 3, 1))
    assert not in_order(net.position(turned))
    assert in_order(net.position(turned.viewed(lambda x: x.transpose(0, 3, 1, 2))))


def test_channels_have_one_number_each() -> None:
    net = network()
    value = net.values["t0"]
    assert net.per_channel(value, np.broadcast_to(np.array([[[[5.0]], [[7.0]]]]), (1, 2, 3, 4))).tolist() == [5, 7]  # type: ignore[union-attr]
    assert net.per_channel(value, np.arange(24.0).reshape(1, 2, 3, 4)) is None


def test_a_long_vector_is_not_scaled_by_a_matrix() -> None:
    build = Builder()
    features = MOST_DIAGONAL + 1
    end = build.node("Relu", build.node("Mul", "x", build.normal(features)), name="n")
    with pytest.raises(UnsupportedError, match=f"'n': Relu reads a vector of {features} elements scaled one by one"):
        imported(build.model((1, features), end))
