"""From a container to a model: who reads whom, and the same numbers quantised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwgen import golden
from hwgen.compress.weighted import float_weights, weighted_layers
from hwgen.errors import UsageError
from hwgen.importers.calibration import Calibration
from hwgen.importers.deep_compression import read_net
from hwgen.model import FloatWeights
from tests.data import data
from tests.importers.deep_compression.files import coded, container, write

CHAIN = [
    {"name": "conv", "shape": [4, 2, 3, 3], "pad": 1, "codebook_bits": 4},
    {"name": "pool", "op": "max_pool2d", "kernel": 2, "stride": 2},
    {"name": "fc1", "shape": [6, 36], "codebook_bits": 4},
    {"name": "fc2", "shape": [3, 6], "codebook_bits": 4},
]


def chain(folder: Path, layers: object = None) -> tuple[Path, Path]:
    shapes = ((4, 2, 3, 3), (6, 36), (3, 6))
    return write(folder, layers or CHAIN, container([coded(shape, 4, seed) for seed, shape in enumerate(shapes)], 4))


def test_a_chain_with_a_pool(tmp_path: Path) -> None:
    net, layers = chain(tmp_path, {"input": [2, 6, 6], "layers": CHAIN})
    model = read_net(net, layers)
    assert [(layer.name, layer.inputs) for layer in model.layers] == [
        ("conv", ("input",)), ("pool", ("conv",)), ("fc1", ("pool",)), ("fc2", ("fc1",)),
    ]  # fmt: skip
    assert [layer.output.min == 0 for layer in model.layers] == [True, False, True, False]
    codes, codebook, _ = coded((6, 36), 4, 1)
    assert np.array_equal(float_weights(model)["fc1"], codebook[codes])


def test_calibrated_it_is_sparse_and_near(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).normal(0, 1, (40, 2, 6, 6))
    net, layers = chain(tmp_path)
    integers = read_net(net, layers, Calibration(frames=frames))
    weights = weighted_layers(integers)
    assert weights["fc1"].weights.encoding == "sparse"
    assert weights["fc1"].weights.code_bits == 4
    (tmp_path / "f").mkdir()
    floats = read_net(*chain(tmp_path / "f", {"input": [2, 6, 6], "layers": CHAIN}))
    wanted, found = golden.infer_float(floats, frames), golden.infer_float(integers, frames)
    assert np.abs(found - wanted).max() < 0.05 * np.abs(wanted).max()


def test_two_fire_modules_of_squeezenet() -> None:
    files = [data(f"deep_compression/squeezenet_fire2_fire3{end}") for end in (".net", "_layers.json")]
    frames = np.abs(np.random.default_rng(0).normal(0, 10, (4, 96, 7, 6)))
    model = read_net(files[0], files[1], Calibration(frames=frames))
    reads = {layer.name: layer.inputs for layer in model.layers}
    assert reads["fire2_conv1x1_2"] == reads["fire2_conv3x3_2"] == ("fire2_conv1x1_1",)
    concats = [layer for layer in model.layers if layer.op == "concat"]
    assert [layer.output.shape[0] for layer in concats] == [128, 128]
    assert model.outputs == (concats[-1].name,)
    with np.load(data("deep_compression/squeezenet_fire2_fire3_expected.npz")) as expected:
        for name, layer in weighted_layers(model).items():
            real = expected[f"{name[:5]}.{name[6:]}.weights"]
            integers = layer.weights.decode()
            scale = np.abs(real).max() / 127
            assert np.abs(integers * scale - real).max() <= scale / 2 * (1 + 1e-5)
            assert (integers[real == 0] == 0).all()
            assert layer.weights.encoding == ("sparse" if np.count_nonzero(real) < 0.5 * real.size else "dense")


@pytest.mark.parametrize(
    ("layers", "error"),
    [
        (CHAIN, "key 'input': does not say how large the frames are"),
        ({"input": [2, 1, 6], "layers": CHAIN}, "layer 'pool': a window of 2 x 2 does not fit"),
        (
            {"input": [3, 6, 6], "layers": CHAIN},
            "layer 'conv', key 'inputs': reads 2 channels, which no layer before it",
        ),
        (
            {"input": [2, 6, 6], "layers": [*CHAIN[:3], {**CHAIN[3], "inputs": ["fc1", "conv"]}]},
            "layer 'fc2', key 'inputs': maps of",
        ),
    ],
)
def test_a_list_that_contradicts_itself_is_said(tmp_path: Path, layers: object, error: str) -> None:
    net, listed = chain(tmp_path, layers)
    with pytest.raises(UsageError, match=error):
        read_net(net, listed)


def test_weights_are_real_until_there_are_frames(tmp_path: Path) -> None:
    model = read_net(*chain(tmp_path, {"input": [2, 6, 6], "layers": CHAIN}))
    assert all(isinstance(layer.weights, FloatWeights) for layer in weighted_layers(model).values())
