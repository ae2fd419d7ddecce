"""An .onnx file as plain data: nodes, constants and shapes, nothing interpreted.

The file is read and checked with the ``onnx`` package: its checker, its shape inference, its numpy_helper.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from hwgen.errors import ModelError, ToolMissingError, UnsupportedError
from hwgen.importers.onnx.shapes import fix_batch, graph_input, inferred_shapes
from hwgen.importers.onnx.tensors import initialisers

INSTALL = "pip install 'hwgen[import]'"
LEAST_OPSET = 7
"""Before it, operators broadcast in other ways."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Node:
    """``inputs`` are tensors; "" where an optional one is left out. ``kind`` has its domain where it is not ONNX's."""

    index: int
    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    proto: Any

    @property
    def label(self) -> str:
        """The node's name, or its place and kind where it has none."""
        return self.name or f"op{self.index:02d}_{self.kind}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Graph:
    """``input``, its shape with a batch of 1, its type; ``shapes``: what shape inference knows of tensors.

    ``nodes`` are those that lead to an output.
    """

    file: str
    opset: int
    input: str
    shape: tuple[int, ...]
    type: str
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, NDArray[Any]]
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def parse(content: bytes, file: str, known: Collection[str]) -> Graph:
    """Read a file's bytes; ``known`` are the operators that may occur.

    Raises
    ------
    ToolMissingError
        The ``onnx`` package is not installed.
    ModelError
        No ONNX file, or a damaged one.
    UnsupportedError
        Something that no operator of hwgen can be: names it.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        raise ToolMissingError("the package 'onnx' is not installed", hint=INSTALL) from None
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError:
        raise ModelError("is no ONNX file, or a truncated one", file=file, hint="export it again") from None
    if not model.HasField("graph") or not model.graph.node:
        raise ModelError("holds no graph", file=file, hint="is it an ONNX file? export it again")
    _check_text(model, file)
    opset = _opset(onnx, model, file)
    nodes = _needed([_node(onnx, index, node, file) for index, node in enumerate(model.graph.node)], model.graph.output)
    _check_known(nodes, known, file)
    constants = initialisers(onnx, model.graph, {name for node in nodes for name in node.inputs}, file)
    source, shape, kind = graph_input(onnx, model.graph, constants, file)
    _check_connected(nodes, {source, *constants}, file)
    fix_batch(model.graph, source)
    return Graph(
        file=file,
        opset=opset,
        input=source,
        shape=shape,
        type=kind,
        nodes=tuple(nodes),
        outputs=tuple(output.name for output in model.graph.output),
        constants=constants,
        shapes=inferred_shapes(onnx, model, file),
    )


def _check_text(model: Any, file: str) -> None:
    """Names that are no UTF-8 come as bytes."""
    graph = model.graph
    texts = [entry.domain for entry in model.opset_import]
    for node in graph.node:
        texts += [node.op_type, node.domain, node.name, *node.input, *node.output, *(x.name for x in node.attribute)]
    texts += [x.name for x in (*graph.input, *graph.output, *graph.initializer, *model.functions)]
    texts += [size.dim_param for value in graph.input for size in value.type.tensor_type.shape.dim]
    if not all(isinstance(text, str) for text in texts):
        raise ModelError("holds names that are no text: the file is damaged", file=file, hint="export it again")


def _opset(onnx: Any, model: Any, file: str) -> int:
    versions = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    newest = onnx.defs.onnx_opset_version()
    if len(versions) != 1:
        raise ModelError(f"names {len(versions)} versions of ONNX's operators", file=file, hint="export it again")
    if not LEAST_OPSET <= versions[0] <= newest:
        raise UnsupportedError(
            f"is of opset {versions[0]}, not {LEAST_OPSET} to {newest}",
            file=file,
            hint="convert it with onnx.version_converter, or install a newer onnx package",
        )
    if model.functions:
        names = ", ".join(function.name for function in model.functions)
        raise UnsupportedError(f"defines functions ({names})", file=file, hint="inline them with onnx.inliner")
    return int(versions[0])


def _node(onnx: Any, index: int, node: Any, file: str) -> Node:
    kind = node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"
    try:
        attributes = {entry.name: onnx.helper.get_attribute_value(entry) for entry in node.attribute}
    except (ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{kind} has an attribute that cannot be read: {error}", file=file, layer=node.name) from None
    return Node(
        index=index,
        kind=kind,
        name=node.name,
        inputs=tuple(node.input),
        outputs=tuple(node.output),
        attributes=attributes,
        proto=node,
    )


def _needed(nodes: list[Node], outputs: Iterable[Any]) -> list[Node]:
    """Without those that lead to no output."""
    wanted = {output.name for output in outputs}
    kept = []
    for node in reversed(nodes):
        if wanted & set(filter(None, node.outputs)):
            wanted.update(filter(None, node.inputs))
            kept.append(node)
    return kept[::-1]


def _check_known(nodes: Iterable[Node], known: Collection[str], file: str) -> None:
    for node in nodes:
        if node.kind not in known:
            raise UnsupportedError(
                f"the operator {node.kind} is not known", file=file, layer=node.label, hint=_instead(node.kind, known)
            )


def _instead(kind: str, known: Collection[str]) -> str:
    if kind.startswith(("QLinear", "com.microsoft.QLinear")) or kind in (
        "ConvInteger",
        "MatMulInteger",
        "DynamicQuantizeLinear",
    ):
        return "export the quantised network as QuantizeLinear and DequantizeLinear (QDQ)"
    if kind.startswith(("qonnx.", "onnx.brevitas", "finn.")):
        return "export from Brevitas as QuantizeLinear and DequantizeLinear (QCDQ)"
    if kind in ("If", "Loop", "Scan"):
        return "export a graph without control flow"
    return f"known: {', '.join(sorted(known))}"


def _check_connected(nodes: Iterable[Node], known: set[str], file: str) -> None:
    """Every tensor that is read was delivered before."""
    for node in nodes:
        for name in filter(None, node.inputs):
            if name not in known:
                raise ModelError(
                    f"{node.kind} reads {name!r}, which neither a node before it nor an initialiser delivers",
                    file=file,
                    layer=node.label,
                    hint="export it again with its weights",
                )
        known |= set(node.outputs)
