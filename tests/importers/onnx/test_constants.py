"""Constants and what follows from them."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from hwgen.errors import HwgenError, ModelError
from hwgen.importers.onnx.constants import Constant, broadcast_parameter, constant_node, fold
from hwgen.importers.onnx.file import Node
from tests.importers.onnx.graphs import Builder, imported


def node(kind: str, *inputs: str, **attributes: object) -> Node:
    proto = helper.make_node(kind, list(inputs), ["y"], name="n", **attributes)
    found = {entry.name: onnx.helper.get_attribute_value(entry) for entry in proto.attribute}
    return Node(index=0, kind=kind, name="n", inputs=inputs, outputs=("y",), attributes=found, proto=proto)


def test_arithmetic_is_onnxs_own() -> None:
    given = {"a": Constant.of(np.arange(6, dtype=np.float32).reshape(2, 3)), "b": Constant.of(np.float32([1, 2, 4]))}
    assert fold(node("Div", "a", "b"), given, 17, "f").real.tolist() == [[0, 0.5, 0.5], [3, 2, 1.25]]


def test_views_move_the_scales_along() -> None:
    real = np.arange(6, dtype=np.float64).reshape(2, 3)
    quantised = Constant(real=real, dtype=np.dtype(np.float32), scale=np.broadcast_to([[1.0], [2.0]], (2, 3)))
    turned = fold(node("Transpose", "a", perm=[1, 0]), {"a": quantised}, 17, "f")
    assert turned.scale is not None
    assert turned.real.tolist() == real.T.tolist()
    assert turned.scale.tolist() == [[1, 2]] * 3
    flat = fold(node("Flatten", "a", axis=0), {"a": quantised}, 17, "f")
    assert flat.scale is not None
    assert flat.scale.tolist() == [[1, 1, 1, 2, 2, 2]]


def test_what_follows_from_a_shape_is_marked() -> None:
    given = {"a": Constant.of(np.array([1, 2, 8]), of_shape=True), "i": Constant.of(np.array(1))}
    found = fold(node("Gather", "a", "i"), given, 17, "f")
    assert found.of_shape
    assert found.real == 2


def test_weights_may_be_quantised_in_the_graph() -> None:
    given = {"a": Constant.of(np.float32([0.26, -9])), "s": Constant.of(np.float32(0.1)), "z": Constant.of(np.int8(0))}
    for opset in (13, 21):
        assert fold(node("QuantizeLinear", "a", "s", "z"), given, opset, "f").real.tolist() == [3, -90]


def test_what_cannot_be_computed_is_named() -> None:
    given = {"a": Constant.of(np.zeros((2, 3), np.float32)), "b": Constant.of(np.zeros(4, np.float32))}
    with pytest.raises(ModelError, match="f, layer 'n': Add cannot be computed: "):
        fold(node("Add", "a", "b"), given, 17, "f")


def test_constant_nodes() -> None:
    assert constant_node(node("Constant", value_float=0.5), "f").real == 0.5
    assert constant_node(node("Constant", value_ints=[3, 4]), "f").real.tolist() == [3, 4]
    tensor = numpy_helper.from_array(np.float32([1, 2]), "t")
    assert constant_node(node("Constant", value=tensor), "f").real.tolist() == [1, 2]
    with pytest.raises(ModelError, match="layer 'n': Constant is neither numbers nor a tensor"):
        constant_node(node("Constant", value_string="a"), "f")


def test_scales_of_an_axis() -> None:
    found = broadcast_parameter(np.array([1, 2, 3]), (2, 3), 1)
    assert found is not None
    assert found.tolist() == [[1, 2, 3]] * 2
    assert broadcast_parameter(np.array([1, 2, 3]), (2, 3), 0) is None
    assert broadcast_parameter(np.array([[1, 2]]), (2, 2), 0) is None
    single = broadcast_parameter(np.array([5]), (2, 2), 7)
    assert single is not None
    assert single.tolist() == [[5, 5]] * 2


def test_a_shape_is_no_number() -> None:
    """A batch of 1 stands where the graph had an open one: only other shapes may use it."""
    build = Builder()
    size = build.node("Cast", build.node("Shape", "x"), to=1)
    end = build.node("Relu", build.node("Div", "x", size, name="by_shape"))
    with pytest.raises(HwgenError, match="layer 'by_shape': Div computes with the shape of a tensor"):
        imported(build.model((1, 1, 4, 4), end))
