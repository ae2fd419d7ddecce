"""The file as plain data, and damaged files."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hwgen.errors import HwgenError, ModelError, ToolMissingError, UnsupportedError
from hwgen.importers.tflite.convert import convert
from hwgen.importers.tflite.file import parse
from tests.importers.tflite.networks import dense, residual
from tests.importers.tflite.writer import T

WHOLE = residual()


def test_tensors_and_operators() -> None:
    graph = parse(WHOLE, "net.tflite")
    assert (graph.inputs, graph.outputs, len(graph.tensors)) == ((0,), (17,), 18)
    assert [op.name for op in graph.operators][:3] == ["op00_PAD", "op01_CONV_2D", "op02_DEPTHWISE_CONV_2D"]
    assert graph.operators[1].options["FusedActivationFunction"] == 1
    filters = graph.tensors[3]
    assert filters.data is not None
    assert (filters.shape, filters.type, filters.data.shape) == ((4, 3, 3, 2), "INT8", (4, 3, 3, 2))
    assert filters.scale == tuple(float(np.float32(s)) for s in (0.01, 0.02, 0.03, 0.04))
    assert graph.tensors[0].data is None
    assert graph.tensors[0].zero_point == (3,)


def test_an_open_dimension_stays_visible_but_for_the_batch() -> None:
    graph = parse(dense(x=T((1, 3), signature=(-1, 3)), y=T((1, 2), signature=(-1, -1))), "net.tflite")
    assert (graph.tensors[0].shape, graph.tensors[3].shape) == ((1, 3), (-1, -1))


def test_other_files_are_refused() -> None:
    with pytest.raises(ModelError, match=r"net\.tflite: is no TFLite file"):
        parse(b"PK\3\4 something else", "net.tflite")
    with pytest.raises(ModelError, match="is no TFLite file"):
        parse(b"", "net.tflite")


def test_without_the_package_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tflite", None)
    with pytest.raises(ToolMissingError, match=r"pip install 'hwgen\[import\]'"):
        parse(WHOLE, "net.tflite")


@pytest.mark.parametrize("length", range(8, len(WHOLE), 97))
def test_a_truncated_file_is_damaged(length: int) -> None:
    with pytest.raises((ModelError, UnsupportedError), match=r"net\.tflite"):
        convert(parse(WHOLE[:length], "net.tflite"), name="net", file="net.tflite")


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@example([(1959, 0)])  # a scale that would grow beyond all bounds
def test_mutated_files_give_a_model_or_an_error_with_the_file(changes: list[tuple[int, int]]) -> None:
    """Whatever the bytes: no other exception, no endless loop."""
    content = bytearray(WHOLE)
    for place, value in changes:
        content[place] = value
    try:
        model = convert(parse(bytes(content), "net.tflite"), name="net", file="net.tflite")
    except HwgenError as error:
        assert "net.tflite" in str(error)  # noqa: PT017
    else:
        assert model.layers
