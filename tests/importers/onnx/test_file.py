"""Files as plain data, and what is refused before any operator is looked at."""

from __future__ import annotations

import pytest
from onnx import helper

from hwgen.errors import HwgenError, ModelError
from hwgen.importers.onnx.convert import KNOWN
from hwgen.importers.onnx.file import parse
from tests.importers.onnx.graphs import Builder
from tests.importers.onnx.small import refused, small


def test_a_graph() -> None:
    graph = parse(small().SerializeToString(), "net.onnx", KNOWN)
    assert (graph.input, graph.shape, graph.type, graph.opset) == ("x", (1, 1, 4, 4), "FLOAT", 21)
    assert [(node.kind, node.label) for node in graph.nodes] == [("Conv", "conv"), ("Relu", "relu1")]
    assert graph.shapes == {"t0": (1, 2, 3, 3), "t1": (1, 2, 3, 3)}
    assert graph.constants["c0"].shape == (2, 1, 2, 2)


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
