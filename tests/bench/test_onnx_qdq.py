"""The benchmark of quantised ONNX files, onnx's evaluator in the place of ONNX Runtime."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from hwgen.bench import onnx_qdq
from hwgen.bench.onnx_qdq import compared, evaluator, quantised
from hwgen.errors import ToolMissingError
from tests.importers.onnx.graphs import Builder

SCALE = 0.0137
"""In no ratio to the others that makes halves, which the evaluator rounds to even."""


def file() -> bytes:
    build = Builder()
    made = build.node(
        "Conv", build.quantised("x", 0.01), build.integer_weights(build.rng.integers(-128, 128, (3, 1, 3, 3)), 0.01)
    )
    vector = build.node("Flatten", build.node("GlobalAveragePool", build.quantised(made, 0.0213)))
    return build.model((1, 1, 6, 6), build.quantised(vector, SCALE)).SerializeToString()


def test_equal_integers_and_one_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_qdq, "EVALUATED", 7)
    frames = np.random.default_rng(0).uniform(-1, 1, (20, 1, 6, 6)).astype(np.float32)
    content = file()
    outputs = evaluator(content, frames)
    classes = outputs.argmax(axis=1).astype(np.uint8)

    def spoilt(_content: bytes, given: np.ndarray) -> np.ndarray:
        changed = outputs[: len(given)].copy()
        changed[3, 0] += 2 * SCALE
        return changed

    row = compared("a", content, frames, classes, spoilt, evaluator)
    assert (row["images"], row["values"], row["evaluated"], row["layers"]) == (20, 60, 21, 3)
    assert (row["unlike_evaluator"], row["unlike_runtime"], row["greatest"]) == (0, 1, 2)
    assert row["accuracy"] >= 0.9


def test_onnx_runtime_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ToolMissingError, match=r"ONNX Runtime is not installed \(pip install 'hwgen\[onnxruntime\]'\)"):
        quantised(b"", np.zeros((1, 1), np.float32), ())
