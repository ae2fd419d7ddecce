"""A graph to spoil."""

from __future__ import annotations

import onnx
import pytest

from hwgen.errors import HwgenError, UnsupportedError
from hwgen.importers.onnx.convert import KNOWN
from hwgen.importers.onnx.file import parse
from tests.importers.onnx.graphs import Builder


def small(**changes: object) -> onnx.ModelProto:
    """A convolution and a ReLU."""
    build = Builder()
    end = build.node("Relu", build.node("Conv", "x", build.normal(2, 1, 2, 2), name="conv"))
    return build.model((1, 1, 4, 4), end, **changes)  # type: ignore[arg-type]


def refused(model: onnx.ModelProto, kind: type[HwgenError] = UnsupportedError) -> str:
    with pytest.raises(kind) as caught:
        parse(model.SerializeToString(), "net.onnx", KNOWN)
    return str(caught.value)
