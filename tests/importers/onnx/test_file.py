"""Files as plain data, and what is refused before any operator is looked at."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from hwgen.errors import HwgenError, ModelError, UnsupportedError
from hwgen.importers.onnx.convert import KNOWN
from hwgen.importers.onnx.file import parse
from tests.importers.onnx.graphs import Builder, imported


def small(**changes: object) -> onnx.ModelProto:
    """A convolution and a ReLU."""
    build = Builder()
    end = build.node("Relu", build.node("Conv", "x", build.normal(2, 1, 2, 2), name="conv"))
    return build.model((1, 1, 4, 4), end, **changes)  # type: ignore[arg-type]


def refused(model: onnx.ModelProto, kind: type[HwgenError] = UnsupportedError) -> str:
    with pytest.raises(kind) as caught:
        parse(model.SerializeToString(), "net.onnx", KNOWN)
    return str(caught.value)


def test_a_graph() -> None:
    graph = parse(small().SerializeToString(), "net.onnx", KNOWN)
    assert (graph.input, graph.shape, graph.type, graph.opset) == ("x", (1, 1, 4, 4), "FLOAT", 21)
    assert [(node.kind, node.label) for node in graph.nodes] == [("Conv", "conv"), ("Relu", "relu1")]
    assert graph.shapes == {"t0": (1, 2, 3, 3), "t1": (1, 2, 3, 3)}
    assert graph.constants["c0"].shape == (2, 1, 2, 2)


def test_an_open_batch_is_one_frame() -> None:
    build = Builder()
    end = build.node("Relu", build.node("Conv", "x", build.normal(2, 1, 2, 2)))
    graph = parse(build.model(("batch", 1, 4, 4), end).SerializeToString(), "net.onnx", KNOWN)
    assert graph.shape == (1, 1, 4, 4)
    assert graph.shapes[end] == (1, 2, 3, 3)


def test_nodes_that_lead_nowhere_are_left_out() -> None:
    build = Builder()
    end = build.node("Relu", build.node("Conv", "x", build.normal(2, 1, 2, 2)))
    build.node("Gelu", "x", name="unused")
    assert len(parse(build.model((1, 1, 4, 4), end).SerializeToString(), "net.onnx", KNOWN).nodes) == 2


@pytest.mark.parametrize("content", [b"", b"\x00", b"no protobuf at all", b"\x08\x08"])
def test_no_onnx_file(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"net\.onnx: (is no ONNX file|holds no graph)"):
        parse(content, "net.onnx", KNOWN)


def test_truncated() -> None:
    content = small().SerializeToString()
    for end in (len(content) // 2, len(content) - 3):
        with pytest.raises(HwgenError, match=r"net\.onnx"):
            parse(content[:end], "net.onnx", KNOWN)


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


def test_types_of_constants() -> None:
    model = small()
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.zeros((2, 1, 2, 2), np.float16), "c0"))
    assert refused(model) == "net.onnx: the initialiser 'c0' is FLOAT16 (export in float32)"
    model.graph.initializer[0].data_type = 4711
    assert "the initialiser 'c0' is type 4711 (use float32, or QDQ integers)" in refused(model)


def test_a_constant_that_does_not_fill_its_shape() -> None:
    model = small()
    model.graph.initializer[0].dims[0] = 3
    assert refused(model, ModelError) == (
        "net.onnx: the initialiser 'c0' does not fill its shape [3, 1, 2, 2] (export it again)"
    )


def test_weights_in_another_file() -> None:
    model = small()
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    message = (
        "net.onnx: the initialiser 'c0' lies in another file (save it with onnx.save(model, file, save_as_external"
    )
    assert refused(model).startswith(message)


def test_a_missing_initialiser() -> None:
    model = small()
    del model.graph.initializer[:]
    assert refused(model, ModelError) == (
        "net.onnx, layer 'conv': Conv reads 'c0', which neither a node before it nor an initialiser delivers "
        "(export it again with its weights)"
    )


@pytest.mark.parametrize(("opset", "found"), [(6, "6"), (1000, "1000")])
def test_opsets(opset: int, found: str) -> None:
    model = small()
    model.opset_import[0].version = opset
    assert refused(model).startswith(f"net.onnx: is of opset {found}, not 7 to ")
    del model.opset_import[:]
    assert "names 0 versions of ONNX's operators" in refused(model, ModelError)


@pytest.mark.parametrize(
    ("kind", "domain", "hint"),
    [
        ("Gelu", "", "known: Add, ArgMax, AveragePool, BatchNormalization, Cast, "),
        ("QLinearConv", "", "export the quantised network as QuantizeLinear and DequantizeLinear (QDQ)"),
        ("Quant", "qonnx.custom_op.general", "export from Brevitas as QuantizeLinear and DequantizeLinear (QCDQ)"),
        ("BipolarQuant", "onnx.brevitas", "export from Brevitas as QuantizeLinear and DequantizeLinear (QCDQ)"),
        ("If", "", "export a graph without control flow"),
    ],
)
def test_unknown_operators_are_named(kind: str, domain: str, hint: str) -> None:
    model = small()
    model.graph.node[0].op_type, model.graph.node[0].domain = kind, domain
    shown = f"{domain}.{kind}" if domain else kind
    assert refused(model).startswith(f"net.onnx, layer 'conv': the operator {shown} is not known ({hint}")


def test_functions_and_sparse_initialisers() -> None:
    model = small()
    model.functions.append(helper.make_function("here", "Twice", ["a"], ["b"], [], []))
    assert refused(model) == "net.onnx: defines functions (Twice) (inline them with onnx.inliner)"
    model = small()
    model.graph.sparse_initializer.add()
    assert refused(model) == "net.onnx: has sparse initialisers (store them dense)"


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
