"""``infer``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hwgen import golden
from hwgen.model import load, save
from tests.cli.run import MODELS, Hwgen
from tests.emit.networks import tiny
from tests.golden.networks import branches

MODEL = MODELS / "digits_cnn.npz"
INPUTS = MODELS / "digits_test_inputs.npy"


def test_gives_the_golden_models_outputs(tmp_path: Path, hwgen: Hwgen) -> None:
    shown = hwgen("infer", MODEL, "--inputs", INPUTS, "--outputs", "y.npy", "--json", "r.json")
    assert shown.status == 0, shown.err
    outputs = np.load(tmp_path / "y.npy")
    labels = np.load(MODELS / "digits_test_labels.npy")
    assert outputs.dtype == np.int8
    assert outputs.shape == (360, 10)
    assert (outputs.argmax(axis=1) == labels).mean() >= 0.97
    assert json.loads((tmp_path / "r.json").read_text()) == {"frames": 360, "outputs": {"fc": [10]}}


def test_trace_has_every_layer(tmp_path: Path, hwgen: Hwgen) -> None:
    frames = np.load(INPUTS)[:3]
    np.save(tmp_path / "x.npy", frames)
    assert hwgen("infer", MODEL, "--inputs", "x.npy", "--outputs", "y.npy", "--trace", "t.npz").status == 0
    wanted = golden.run(load(MODEL), frames)
    with np.load(tmp_path / "t.npz") as trace:
        assert set(trace) == set(wanted)
        for name, values in wanted.items():
            np.testing.assert_array_equal(trace[name], values)


def test_real_numbers_are_quantised_and_back(tmp_path: Path, hwgen: Hwgen) -> None:
    model = load(MODEL)
    real = golden.dequantise(np.load(INPUTS)[:2], model.input)
    np.save(tmp_path / "x.npy", real)
    shown = hwgen("infer", MODEL, "--inputs", "x.npy", "--outputs", "y.npy", "--trace", "t.npz", "--float")
    assert shown.status == 0, shown.err
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), golden.infer_float(model, real))
    with np.load(tmp_path / "t.npz") as trace:
        np.testing.assert_array_equal(trace["fc"], np.load(tmp_path / "y.npy"))


def test_several_outputs_become_an_archive(tmp_path: Path, hwgen: Hwgen, rng: np.random.Generator) -> None:
    model = branches(1)
    outputs = (model.layers[0].name, *model.outputs)
    several = type(model)(name=model.name, input=model.input, layers=model.layers, outputs=outputs)
    save(several, tmp_path / "m.npz")
    np.save(tmp_path / "x.npy", rng.integers(-128, 128, (2, *model.input.shape)).astype(np.int8))
    shown = hwgen("infer", "m.npz", "--inputs", "x.npy", "--outputs", "y.npz")
    assert shown.status == 0, shown.err
    with np.load(tmp_path / "y.npz") as written:
        assert set(written) == set(outputs)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (np.zeros((1, 2, 5, 5)), "the inputs must be integers, not float64"),
        (np.zeros((1, 2, 5, 4), np.int8), "the inputs must have the shape (frames, 2, 5, 5)"),
        (np.full((1, 2, 5, 5), 128), "the inputs reach from 128 to 128"),
        (np.zeros((0, 2, 5, 5), np.int8), "the inputs must have the shape (frames, 2, 5, 5)"),
    ],
)
def test_frames_that_do_not_fit(frames: np.ndarray, message: str, tmp_path: Path, hwgen: Hwgen) -> None:
    save(tiny(), tmp_path / "m.npz")
    np.save(tmp_path / "x.npy", frames)
    shown = hwgen("infer", "m.npz", "--inputs", "x.npy", "--outputs", "y.npy")
    assert shown.status == 2
    assert shown.error.startswith(message)
    assert not (tmp_path / "y.npy").exists()
