"""``import``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.cli.run import Hwgen
from tests.importers.onnx.graphs import Builder
from tests.importers.tflite.networks import dense, residual


def test_a_model_and_what_it_is(tmp_path: Path, hwgen: Hwgen) -> None:
    (tmp_path / "net.tflite").write_bytes(residual())
    shown = hwgen("import", "net.tflite", "-o", "net.npz", "--json", "r.json")
    assert shown.status == 0, shown.err
    lines = [line.split(maxsplit=1) for line in shown.out.splitlines()]
    assert ["model", "net.npz: net, 10 layers, 348 weights"] in lines
    assert ["next", "python -m hwgen show net.npz"] in lines
    record = json.loads((tmp_path / "r.json").read_text())
    assert record["input"] == [2, 5, 6]
    assert record["outputs"] == {"op09_softmax": [5]}
    assert record["layers"][0] == {"name": "op01_conv_2d", "op": "conv2d", "source_op": "op01_CONV_2D"}
    assert hwgen("show", "net.npz").status == 0


def test_nothing_is_written_of_a_damaged_file(tmp_path: Path, hwgen: Hwgen) -> None:
    (tmp_path / "net.tflite").write_bytes(dense()[:200])
    shown = hwgen("import", "net.tflite", "-o", "net.npz")
    assert shown.status == 2
    assert shown.error == "net.tflite: the TFLite file is damaged (export it again)"
    assert not (tmp_path / "net.npz").exists()


def onnx_file(folder: Path) -> None:
    """A convolution, a ReLU, a fully connected layer; and frames for it."""
    build = Builder()
    made = build.node("Relu", build.node("Conv", "x", build.normal(2, 1, 3, 3), name="/features/Conv"))
    end = build.node("Gemm", build.node("Flatten", made), build.normal(8, 3), name="fc")
    (folder / "net.onnx").write_bytes(build.model(("batch", 1, 4, 4), end).SerializeToString())
    np.save(folder / "x.npy", np.random.default_rng(0).normal(size=(20, 1, 4, 4)))


def test_a_float_network_before_and_after_quantisation(tmp_path: Path, hwgen: Hwgen) -> None:
    onnx_file(tmp_path)
    shown = hwgen("import", "net.onnx", "-o", "real.npz")
    assert shown.status == 0, shown.err
    lines = [line.split(maxsplit=1) for line in shown.out.splitlines()]
    assert ["model", "real.npz: net, 2 layers, 42 weights"] in lines
    assert ["input", "1x4x4, channels first, real numbers"] in lines
    refused = hwgen("build", "real.npz", "-o", "core")
    assert refused.status == 2
    assert "quantise first" in refused.error
    assert hwgen("infer", "real.npz", "--float", "--inputs", "x.npy", "--outputs", "y.npy").status == 0

    options = ("--calibrate", "x.npy", "--calibration", "mse", "--weight-bits", "6", "--json", "r.json")
    shown = hwgen("import", "net.onnx", "-o", "small.npz", *options)
    assert shown.status == 0, shown.err
    record = json.loads((tmp_path / "r.json").read_text())
    assert record["layers"][0] == {"name": "features_Conv", "op": "conv2d", "source_op": "Conv /features/Conv"}
    assert hwgen("infer", "small.npz", "--float", "--inputs", "x.npy", "--outputs", "z.npy").status == 0
    real, small = np.load(tmp_path / "y.npy"), np.load(tmp_path / "z.npy")
    assert np.sqrt(np.mean((real - small) ** 2)) < 0.1 * real.std()
    assert hwgen("build", "small.npz", "-o", "core").status == 0


def test_frames_that_do_not_fit(tmp_path: Path, hwgen: Hwgen) -> None:
    onnx_file(tmp_path)
    np.save(tmp_path / "other.npy", np.zeros((2, 16)))
    shown = hwgen("import", "net.onnx", "-o", "small.npz", "--calibrate", "other.npy")
    assert shown.status == 2
    assert shown.error == (
        "key '--calibrate': the inputs must have the shape (frames, 1, 4, 4), not (2, 16) (at least one frame)"
    )
    shown = hwgen("import", "net.onnx", "-o", "small.npz", "--weight-bits", "4")
    assert shown.error == (
        "key '--weight-bits': says how to quantise, but there are no frames (give --calibrate X.npy)"
    )
    shown = hwgen("import", "net.onnx", "-o", "small.npz", "--calibrate", "x.npy", "--calibration", "entropy")
    assert shown.error == "key '--calibrate': unknown calibration 'entropy' (one of min_max, percentile, mse)"
    assert not (tmp_path / "small.npz").exists()
