"""Shapes of the input, and what follows from them."""

from __future__ import annotations

import pytest
from onnx import TensorProto, helper

from hwgen.errors import ModelError
from hwgen.importers.onnx.convert import KNOWN
from hwgen.importers.onnx.file import parse
from tests.importers.onnx.graphs import Builder, imported
from tests.importers.onnx.small import refused, small


def test_an_open_batch_is_one_frame() -> None:
    build = Builder()
    end = build.node("Relu", build.node("Conv", "x", build.normal(2, 1, 2, 2)))
    graph = parse(build.model(("batch", 1, 4, 4), end).SerializeToString(), "net.onnx", KNOWN)
    assert graph.shape == (1, 1, 4, 4)
    assert graph.shapes[end] == (1, 2, 3, 3)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (
            (1, 1, "height", 4),
            "net.onnx: the input 'x' has the dynamic shape [1, 1, 'height', 4] (export with fixed shapes)",
        ),
        ((1, 1, None, 4), "net.onnx: the input 'x' has the dynamic shape [1, 1, '?', 4] (export with fixed shapes)"),
        (
            (4, 1, 4, 4),
            "net.onnx: the input 'x' has a batch of 4 (export with a batch of 1; build takes --batch)",
        ),
        ((1,), "net.onnx: the input 'x' has the shape [1] (use (1, C, H, W), (1, C, L) or (1, F))"),
        ((1, 1, 1 << 15, 1 << 15), "net.onnx: the input 'x' has 1073741824 elements"),
    ],
)
def test_shapes_of_the_input(shape: tuple[int, ...], message: str) -> None:
    model = small()
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("x", TensorProto.FLOAT, shape))
    assert refused(model) == message


def test_the_input_must_be_one() -> None:
    model = small()
    model.graph.input.append(helper.make_tensor_value_info("y", TensorProto.FLOAT, (1, 2)))
    assert refused(model) == "net.onnx: has 2 inputs (x, y) (export a network with one input)"
    del model.graph.input[:]
    assert refused(model) == "net.onnx: has 0 inputs (none) (export a network with one input)"
    model.graph.input.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, None))
    assert refused(model) == "net.onnx: the input 'x' has no shape (export with fixed shapes)"


@pytest.mark.parametrize("kind", ["FLOAT16", "DOUBLE", "BFLOAT16", "INT64"])
def test_types_of_the_input(kind: str) -> None:
    model = small(kind=getattr(TensorProto, kind))
    assert refused(model) == f"net.onnx: the input 'x' is {kind} (use float32 or a quantised input)"


def test_what_onnx_itself_refuses() -> None:
    model = small()
    model.graph.node[1].output[0] = "t0"
    model.graph.output[0].name = "t0"
    assert "net.onnx: onnx refuses the graph: " in refused(model, ModelError)
    build = Builder()
    end = build.node("Relu", build.node("Gemm", "x", build.normal(3, 4)))
    model = build.model((1, 3), end)
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 5
    assert "onnx refuses the graph: [ShapeInferenceError]" in refused(model, ModelError)


def test_the_shapes_of_both_sides_are_compared() -> None:
    """A shape that the file claims of an intermediate tensor is inferred anew, not believed."""
    model = small()
    model.graph.value_info.append(helper.make_tensor_value_info("t0", TensorProto.FLOAT, (1, 9, 9, 9)))
    assert imported(model).layers[0].output.shape == (2, 3, 3)
