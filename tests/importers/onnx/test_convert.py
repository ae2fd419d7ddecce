"""Whole graphs: drawn ones against onnx's evaluator, real ones, damaged ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hwgen import golden
from hwgen.compress.integer_weights import WeightFormat
from hwgen.compress.quantise import Quantisation
from hwgen.errors import UnsupportedError, UsageError
from hwgen.importers.calibration import Calibration
from hwgen.importers.onnx import read_onnx
from hwgen.importers.onnx.convert import KNOWN, import_graph
from hwgen.model import Conv2d, Dense, load, save
from hwgen.plan import PlanOptions, build_plan
from tests.data import data
from tests.importers.onnx.graphs import Builder, float_graphs, imported, mutated, oracle, quantised_graphs, refusal

NOT_BUILT = ("concat", "whose count varies", "softmax")
"""What the array may lack of a drawn graph."""


@settings(max_examples=80)
@given(drawn=float_graphs())
def test_float_graphs_compute_what_the_evaluator_computes(drawn: tuple[onnx.ModelProto, tuple[int, ...]]) -> None:
    model, shape = drawn
    frames = np.random.default_rng(0).normal(0, 1, (3, *shape)).astype(np.float32)
    want = oracle(model, frames)
    found = imported(model)
    got = golden.infer_float(found, frames.reshape(3, *found.input.shape))
    assert isinstance(got, np.ndarray)
    np.testing.assert_allclose(got.reshape(want.shape), want, rtol=1e-3, atol=1e-4 * max(1.0, np.abs(want).max()))


@settings(max_examples=30)
@given(drawn=float_graphs())
def test_float_graphs_become_integers_that_can_be_built(drawn: tuple[onnx.ModelProto, tuple[int, ...]]) -> None:
    model, _ = drawn
    found = imported(model)
    frames = np.random.default_rng(0).normal(0, 1, (40, *found.input.shape))
    small = imported(model, Calibration(frames=frames))
    real, integers = golden.infer_float(found, frames), golden.infer_float(small, frames)
    assert isinstance(real, np.ndarray)
    assert isinstance(integers, np.ndarray)
    output = small.activation(small.outputs[0])
    # Eight roundings of 1/255 of a range, each passed on with a gain that such graphs do not exceed by much.
    assert np.sqrt(np.mean((integers - real) ** 2)) <= 0.1 * real.std() + 4 * output.scale
    missing = ""
    try:
        build_plan(small, PlanOptions(pes=4, lanes=2))
    except UnsupportedError as error:
        missing = str(error)
    assert not missing or any(word in missing for word in NOT_BUILT), missing


def mnist8() -> bytes:
    return data("onnx/mnist-8.onnx").read_bytes()


def test_mnist_8(tmp_path: Path) -> None:
    content = mnist8()
    found = import_graph(content, name="mnist_8", file="mnist-8.onnx")
    assert [(layer.name, layer.op) for layer in found.layers] == [
        ("Convolution28", "conv2d"),
        ("Pooling66", "max_pool2d"),
        ("Convolution110", "conv2d"),
        ("Pooling160", "max_pool2d"),
        ("Times212", "dense"),
    ]
    model = onnx.load_model_from_string(content)
    frames = np.random.default_rng(0).integers(0, 256, (4, 1, 28, 28)).astype(np.float32)
    evaluator = onnx.reference.ReferenceEvaluator(model)
    want = np.concatenate([evaluator.run(None, {"Input3": frame[None]})[0] for frame in frames])
    np.testing.assert_allclose(golden.infer_float(found, frames), want, rtol=1e-4, atol=0.05)
    save(found, tmp_path / "m.npz")
    assert golden.is_float(load(tmp_path / "m.npz"))


@pytest.mark.parametrize("name", ["TFC_1W1A", "TFC_2W2A"])
def test_qonnx_is_refused_by_name(name: str) -> None:
    path = data(f"onnx/{name}.onnx")
    with pytest.raises(
        UnsupportedError, match=r"layer '(Bipolar)?Quant_\d+': the operator onnx\.brevitas\.\w+ is not known"
    ):
        read_onnx(path)


def test_files(tmp_path: Path) -> None:
    build = Builder()
    model = build.model((1, 3), build.node("Gemm", "x", build.normal(3, 2)))
    (tmp_path / "2 nets.onnx").write_bytes(model.SerializeToString())
    assert read_onnx(tmp_path / "2 nets.onnx").name == "net_2_nets"
    with pytest.raises(UsageError, match=r"none\.onnx: No such file"):
        read_onnx(tmp_path / "none.onnx")


def test_the_calibrations_options(rng: np.random.Generator) -> None:
    build = Builder()
    model = build.model((1, 3), build.node("Gemm", "x", build.normal(3, 2)))
    frames = rng.normal(size=(10, 3))
    options = Quantisation(weights=WeightFormat(bits=4), activation_bits=16)
    (layer,) = imported(model, Calibration(frames=frames, options=options)).layers
    assert isinstance(layer, Dense)
    assert (layer.weights.bits, layer.output.bits) == (4, 16)
    with pytest.raises(UsageError, match=r"the inputs must have the shape \(frames, 3\), not \(10, 4\)"):
        imported(model, Calibration(frames=rng.normal(size=(10, 4))))


def test_several_outputs() -> None:
    build = Builder()
    made = build.node("Conv", "x", build.normal(2, 1, 2, 2))
    found = imported(build.model((1, 1, 4, 4), made, build.node("Relu", made)))
    assert found.outputs == ("conv0", "relu1")
    assert isinstance(found.layers[0], Conv2d)
    assert found.layers[0].output.min < 0


def test_outputs_that_are_none() -> None:
    build = Builder()
    with pytest.raises(UnsupportedError, match=r"net\.onnx: the output 't0' is not computed \(remove it\)"):
        imported(build.model((1, 4), build.node("Flatten", "x")))
    build = Builder()
    made = build.node("Relu", "x")
    with pytest.raises(UnsupportedError, match=r"net\.onnx: names the same map as output twice \(export it once\)"):
        imported(build.model((1, 4), made, build.node("Identity", made)))


def damage(content: bytes, rng: np.random.Generator) -> bytes:
    """Some bytes changed, removed or doubled."""
    broken = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        place = int(rng.integers(len(broken)))
        match rng.integers(4):
            case 0:
                broken[place] ^= 1 << int(rng.integers(8))
            case 1:
                broken[place] = int(rng.integers(256))
            case 2:
                del broken[place : place + int(rng.integers(1, 9))]
            case _:
                broken[place:place] = broken[place : place + int(rng.integers(1, 9))]
    return bytes(broken)


@pytest.fixture(scope="module")
def files() -> list[bytes]:
    """Some drawn graphs."""
    found = []

    @settings(max_examples=30, database=None, phases=[Phase.generate])
    @given(drawn=st.one_of(float_graphs(), quantised_graphs()))
    def collect(drawn: tuple[onnx.ModelProto, tuple[int, ...]]) -> None:
        found.append(drawn[0].SerializeToString())

    collect()
    return found


def test_damaged_files_give_a_model_or_one_clear_error(files: list[bytes], rng: np.random.Generator) -> None:
    for _ in range(400):
        error = refusal(damage(files[rng.integers(len(files))], rng))
        assert error is None or error.startswith("net.onnx")


def test_graphs_that_are_wrong_give_a_model_or_one_clear_error(files: list[bytes], rng: np.random.Generator) -> None:
    kinds, taken = sorted(KNOWN), 0
    for _ in range(400):
        model = mutated(onnx.load_model_from_string(files[rng.integers(len(files))]), rng, kinds)
        error = refusal(model.SerializeToString())
        assert error is None or error.startswith("net.onnx")
        taken += error is None
    assert taken < 200
