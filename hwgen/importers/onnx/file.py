"""An .onnx file as plain data: nodes, constants and shapes, nothing interpreted.

The file is read and checked with the ``onnx`` package: its checker, its shape inference, its numpy_helper.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from numpy.typing import NDArray

from hwgen.errors import ModelError, ToolMissingError, UnsupportedError

INSTALL = "pip install 'hwgen[import]'"
LEAST_OPSET = 7
"""Before it, operators broadcast in other ways."""
MOST_ELEMENTS = 1 << 24
"""Of one map of a frame, the input's included."""
QUANTISED_TYPES = ("INT8", "UINT8", "INT16", "UINT16", "INT4", "UINT4", "INT2", "UINT2")
"""What a quantised map may be; wider constants than 16 bits are biases."""
MAP_TYPES = ("FLOAT", *QUANTISED_TYPES)
CONSTANT_TYPES = (*MAP_TYPES, "INT32", "INT64", "BOOL")


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
    constants = _constants(onnx, model.graph, nodes, file)
    source, shape, kind = _input(onnx, model.graph, constants, file)
    _check_connected(nodes, {source, *constants}, file)
    _fix_batch(model.graph, source)
    return Graph(
        file=file,
        opset=opset,
        input=source,
        shape=shape,
        type=kind,
        nodes=tuple(nodes),
        outputs=tuple(output.name for output in model.graph.output),
        constants=constants,
        shapes=_shapes(onnx, model, file),
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


def _constants(onnx: Any, graph: Any, nodes: Iterable[Node], file: str) -> dict[str, NDArray[Any]]:
    """The initialisers that some node reads."""
    if graph.sparse_initializer:
        raise UnsupportedError("has sparse initialisers", file=file, hint="store them dense")
    used = {name for node in nodes for name in node.inputs}
    return {
        tensor.name: array_of(onnx, tensor, tensor.name, file) for tensor in graph.initializer if tensor.name in used
    }


def array_of(onnx: Any, tensor: Any, name: str, file: str) -> NDArray[Any]:
    """A TensorProto's content.

    Raises
    ------
    UnsupportedError
        It lies in another file, or is of a type that no operator takes.
    ModelError
        It does not fill its shape.
    """
    kind = type_name(onnx, tensor.data_type)
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        raise UnsupportedError(
            f"the initialiser {name!r} lies in another file",
            file=file,
            hint="save it with onnx.save(model, file, save_as_external_data=False)",
        )
    if kind not in CONSTANT_TYPES:
        hint = "export in float32" if kind in ("FLOAT16", "BFLOAT16", "DOUBLE") else "use float32, or QDQ integers"
        raise UnsupportedError(f"the initialiser {name!r} is {kind}", file=file, hint=hint)
    try:
        array: NDArray[Any] = onnx.numpy_helper.to_array(tensor)
    except (ValueError, TypeError, OverflowError) as error:
        raise ModelError(
            f"the initialiser {name!r} does not fill its shape {list(tensor.dims)}", file=file, hint="export it again"
        ) from error
    return array


def type_name(onnx: Any, number: int) -> str:
    """As ONNX writes it: FLOAT."""
    try:
        return str(onnx.TensorProto.DataType.Name(number))
    except ValueError:
        return f"type {number}"


def _input(onnx: Any, graph: Any, constants: Mapping[str, Any], file: str) -> tuple[str, tuple[int, ...], str]:
    """Name, shape with a batch of 1, and type of the only input."""
    initialised = {tensor.name for tensor in graph.initializer} | set(constants)
    inputs = [value for value in graph.input if value.name not in initialised]
    if len(inputs) != 1:
        names = ", ".join(value.name for value in inputs) or "none"
        raise UnsupportedError(f"has {len(inputs)} inputs ({names})", file=file, hint="export a network with one input")
    (value,) = inputs
    if value.type.WhichOneof("value") != "tensor_type" or not value.type.tensor_type.HasField("shape"):
        raise UnsupportedError(f"the input {value.name!r} has no shape", file=file, hint="export with fixed shapes")
    kind = type_name(onnx, value.type.tensor_type.elem_type)
    if kind not in MAP_TYPES:
        raise UnsupportedError(
            f"the input {value.name!r} is {kind}", file=file, hint="use float32 or a quantised input"
        )
    shape = []
    for axis, size in enumerate(value.type.tensor_type.shape.dim):
        fixed = size.WhichOneof("value") == "dim_value"
        if axis == 0 and not fixed:
            shape.append(1)
        elif not fixed or size.dim_value < 1:
            shown = [
                d.dim_value if d.WhichOneof("value") == "dim_value" else d.dim_param or "?"
                for d in value.type.tensor_type.shape.dim
            ]
            raise UnsupportedError(
                f"the input {value.name!r} has the dynamic shape {shown}", file=file, hint="export with fixed shapes"
            )
        else:
            shape.append(size.dim_value)
    if not 2 <= len(shape) <= 5:
        raise UnsupportedError(
            f"the input {value.name!r} has the shape {shape}", file=file, hint="use (1, C, H, W), (1, C, L) or (1, F)"
        )
    if shape[0] != 1:
        raise UnsupportedError(
            f"the input {value.name!r} has a batch of {shape[0]}",
            file=file,
            hint="export with a batch of 1; build takes --batch",
        )
    if prod(shape) > MOST_ELEMENTS:
        raise UnsupportedError(f"the input {value.name!r} has {prod(shape)} elements", file=file)
    return value.name, tuple(shape), kind


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


def _fix_batch(graph: Any, source: str) -> None:
    """A batch of 1 where it was open; what followed from an open one is inferred again."""
    for value in graph.input:
        if value.name == source:
            value.type.tensor_type.shape.dim[0].dim_value = 1
    del graph.value_info[:]
    for value in graph.output:
        for size in value.type.tensor_type.shape.dim:
            if size.WhichOneof("value") != "dim_value":
                size.Clear()


def _shaped(inferred: Any) -> Any:
    """A copy in which every output has a shape, which the checker wants: files may leave it to inference."""
    copy = type(inferred).FromString(inferred.SerializeToString())
    for value in copy.graph.output:
        value.type.tensor_type.shape.SetInParent()
    return copy


def _shapes(onnx: Any, model: Any, file: str) -> dict[str, tuple[int, ...]]:
    """Checked and inferred by the onnx package."""
    refused = (
        onnx.checker.ValidationError,
        onnx.shape_inference.InferenceError,
        ValueError,
        TypeError,
        RuntimeError,
        UnicodeDecodeError,
    )
    try:
        inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        onnx.checker.check_model(_shaped(inferred))
    except refused as error:
        what = " ".join(str(error).split())
        raise ModelError(f"onnx refuses the graph: {what[:300]}", file=file, hint="export it again") from None
    shapes = {}
    for value in (*inferred.graph.value_info, *inferred.graph.output):
        kind = value.type.tensor_type
        sizes = [size.dim_value if size.WhichOneof("value") == "dim_value" else None for size in kind.shape.dim]
        if kind.HasField("shape") and None not in sizes:
            shapes[value.name] = tuple(int(size) for size in sizes if size is not None)
        if kind.elem_type in (onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16, onnx.TensorProto.DOUBLE):
            raise UnsupportedError(
                f"the tensor {value.name!r} is {type_name(onnx, kind.elem_type)}", file=file, hint="export in float32"
            )
    return shapes
