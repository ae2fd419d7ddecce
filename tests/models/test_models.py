"""The committed models load, have the shapes their users rely on, and reach the accuracies that README.md states."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from hwgen import golden
from hwgen.model import CodebookWeights, Conv2d, Dense, Model, load

MODELS = Path(__file__).parents[2] / "models"
BARS = {"digits_mlp": 97.0, "digits_mlp_codebook": 97.0, "digits_cnn": 98.5, "digits_cnn_codebook": 98.5}


def inputs_for(model: Model) -> np.ndarray:
    return np.load(
        MODELS / ("digits_test_inputs_flat.npy" if len(model.input.shape) == 1 else "digits_test_inputs.npy")
    )


def stated(name: str) -> dict[str, float]:
    """The row of README.md's table: weights, non-zero, float %, int8 %."""
    row = re.search(rf"^\| {name} \|(.*)\|$", (MODELS / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert row, f"models/README.md has no row for {name}"
    return dict(zip(("weights", "non-zero", "float", "int8"), map(float, row[1].split("|")), strict=True))


@pytest.mark.parametrize("name", BARS)
def test_accuracy_is_the_stated_one_and_passes_the_bar(name: str) -> None:
    model = load(MODELS / f"{name}.npz")
    labels = np.load(MODELS / "digits_test_labels.npy")
    outputs = golden.infer(model, inputs_for(model))
    assert outputs.shape == (360, 10)
    accuracy = 100.0 * np.mean(outputs.argmax(axis=1) == labels)
    assert accuracy >= BARS[name]
    assert round(accuracy, 2) == stated(name)["int8"]


@pytest.mark.parametrize("name", BARS)
def test_weights_are_as_stated(name: str) -> None:
    layers = [layer for layer in load(MODELS / f"{name}.npz").layers if isinstance(layer, Conv2d | Dense)]
    decoded = [layer.weights.decode() for layer in layers]
    assert sum(w.size for w in decoded) == stated(name)["weights"]
    assert sum(np.count_nonzero(w) for w in decoded) == stated(name)["non-zero"]
    for layer in layers:
        assert layer.weights.encoding == ("codebook" if name.endswith("_codebook") else "dense")
        if isinstance(layer.weights, CodebookWeights):
            assert layer.weights.code_bits == 4
            assert layer.weights.codebook[0] == 0


@pytest.mark.parametrize("name", [*BARS, "nngen_mlp"])
def test_no_layer_is_dead_or_saturated(name: str) -> None:
    """A wrong scale would show as constant outputs; calibration may clip a few values of unseen images only."""
    model = load(MODELS / f"{name}.npz")
    if name in BARS:
        frames = inputs_for(model)
    else:
        frames = np.random.default_rng(0).integers(-128, 128, (500, 16)).astype(np.int8)
    for layer, values in golden.run(model, frames).items():
        assert len(np.unique(values)) > 100, layer
        assert np.mean(values == 127) < 0.01, layer


def test_the_test_split() -> None:
    images, flat = np.load(MODELS / "digits_test_inputs.npy"), np.load(MODELS / "digits_test_inputs_flat.npy")
    labels = np.load(MODELS / "digits_test_labels.npy")
    assert images.shape == (360, 1, 8, 8)
    assert images.dtype == np.int8
    assert np.array_equal(images.reshape(360, 64), flat)
    assert sorted(set(labels.tolist())) == list(range(10))
    assert min(np.bincount(labels)) >= 34  # stratified
    inputs = {load(MODELS / f"{name}.npz").input for name in BARS}
    assert len({(x.scale, x.zero_point, x.bits, x.signed) for x in inputs}) == 1


def test_the_test_images_are_scikit_learns_own() -> None:
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is in the extra train")
    images = {
        image.astype(np.uint8).tobytes(): label
        for image, label in zip(*datasets.load_digits(return_X_y=True), strict=True)
    }
    inputs, labels = np.load(MODELS / "digits_test_inputs_flat.npy"), np.load(MODELS / "digits_test_labels.npy")
    pixels = np.rint((inputs.astype(float) + 128) * 16 / 255).astype(np.uint8)
    assert [images[image.tobytes()] for image in pixels] == labels.tolist()


def test_the_benchmark_mlp() -> None:
    model = load(MODELS / "nngen_mlp.npz")
    assert [layer.weights.shape for layer in model.layers] == [(64, 16), (32, 64), (32, 32), (5, 32)]
    relu = [layer.output.min == layer.output.zero_point for layer in model.layers]
    assert relu == [True, True, True, False]
