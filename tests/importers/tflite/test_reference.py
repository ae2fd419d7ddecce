"""Random graphs: TFLite's reference kernels, the golden model and the core give the same integers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from numpy.typing import NDArray

from hwgen import golden
from hwgen.importers import import_model
from hwgen.model import Model
from hwgen.plan import PlanOptions
from tests.gateware.simulation import SETTLE, run
from tests.importers.tflite.graphs import graphs
from tests.plan.planned import buildable

interpreter = pytest.importorskip("ai_edge_litert.interpreter", reason="ai-edge-litert is not installed (extra dev)")

BUDGET = 2500
"""Cycles of a frame that are simulated."""


def reference(file: Path, frames: NDArray[np.int8]) -> NDArray[np.int8]:
    """Outputs of the reference kernels, frame by frame; maps are (H, W, C)."""
    net = interpreter.Interpreter(
        model_path=str(file), experimental_op_resolver_type=interpreter.OpResolverType.BUILTIN_REF
    )
    net.allocate_tensors()
    outputs = []
    for frame in frames:
        net.set_tensor(net.get_input_details()[0]["index"], frame[None])
        net.invoke()
        outputs.append(net.get_tensor(net.get_output_details()[0]["index"])[0])
    return np.stack(outputs)


def channels_first(values: NDArray[np.int8]) -> NDArray[np.int8]:
    return values.transpose(0, 3, 1, 2) if values.ndim == 4 else values


def imported(data: bytes, folder: Path) -> tuple[Path, Model, NDArray[np.int8]]:
    """The file, its model, and frames as TFLite has them: random ones, and both ends of the range."""
    file = folder / "graph.tflite"
    file.write_bytes(data)
    model = import_model(file)
    shape = model.input.shape
    shape = (*shape[1:], shape[0]) if len(shape) == 3 else shape
    frames = np.random.default_rng(0).integers(-128, 128, (4, *shape)).astype(np.int8)
    frames[2], frames[3] = -128, 127
    return file, model, frames


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=graphs())
def test_golden_is_the_reference(data: bytes, tmp_path: Path) -> None:
    file, model, frames = imported(data, tmp_path)
    expected = channels_first(reference(file, frames))
    found = np.asarray(golden.infer(model, channels_first(frames)))
    np.testing.assert_array_equal(found.reshape(expected.shape), expected)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=graphs())
def test_the_core_is_the_reference(data: bytes, tmp_path: Path) -> None:
    file, model, frames = imported(data, tmp_path)
    plan = buildable(model, PlanOptions(pes=4, lanes=4))
    assume(plan.compute_cycles <= BUDGET)
    expected = channels_first(reference(file, frames[1:]))
    result = run(plan, channels_first(frames[1:]), settle=SETTLE)
    np.testing.assert_array_equal(result.outputs.reshape(expected.shape), expected)
