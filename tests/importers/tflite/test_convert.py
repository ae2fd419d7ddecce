"""Real networks against TFLite's reference kernels, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwgen import golden
from hwgen.errors import ModelError, UnsupportedError, UsageError
from hwgen.importers.tflite import read_tflite
from hwgen.model import INPUT, load, save
from tests.data import data
from tests.importers.tflite.networks import residual
from tests.importers.tflite.writer import Op, T, written

NETWORKS = {
    "mlperf_tiny/ic_resnet8_int8.tflite": "mlperf_tiny/golden_ic.npz",
    "mlperf_tiny/kws_dscnn_int8.tflite": "mlperf_tiny/golden_kws.npz",
    "mlperf_tiny/ad01_int8.tflite": "mlperf_tiny/golden_ad.npz",
    "tflite_micro/hello_world_int8.tflite": "tflite_micro/golden_hello_world.npz",
}


@pytest.mark.parametrize("network", NETWORKS)
def test_every_integer_of_the_reference_kernels(network: str) -> None:
    """All outputs of all golden inputs; every intermediate tensor of the first."""
    model = read_tflite(data(network))
    with np.load(data(NETWORKS[network])) as archive:
        recorded = dict(archive)
    frames = recorded["inputs"]
    if len(model.input.shape) == 3:
        channels, height, width = model.input.shape
        frames = frames.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(golden.infer(model, frames), recorded["outputs_ref"])
    traced = golden.run(model, frames[:1])
    compared = 0
    for layer in model.layers:
        expected = recorded[str(layer.source_op)]
        values = traced[layer.name]
        values = values.transpose(0, 2, 3, 1) if values.ndim == 4 else values
        np.testing.assert_array_equal(values.reshape(expected.shape), expected, err_msg=layer.name)
        compared += 1
    assert compared == sum(name.startswith("op") for name in recorded)


def test_a_reshape_of_the_input_is_the_input() -> None:
    model = read_tflite(data("tflite_micro/micro_speech_int8.tflite"))
    assert model.input.shape == (1, 49, 40)
    first = model.layers[0]
    assert (first.inputs, first.source_op) == ((INPUT,), "op01_DEPTHWISE_CONV_2D")


def test_an_imported_model_is_a_valid_file(tmp_path: Path) -> None:
    (tmp_path / "2 nets.tflite").write_bytes(residual())
    model = read_tflite(tmp_path / "2 nets.tflite")
    assert model.name == "net_2_nets"
    save(model, tmp_path / "net.npz")
    frames = np.random.default_rng(0).integers(-128, 128, (3, 2, 5, 6))
    np.testing.assert_array_equal(golden.infer(load(tmp_path / "net.npz"), frames), golden.infer(model, frames))


def refused(tmp_path: Path, content: bytes) -> str:
    (tmp_path / "net.tflite").write_bytes(content)
    with pytest.raises((UnsupportedError, ModelError)) as error:
        read_tflite(tmp_path / "net.tflite")
    return str(error.value)


def test_an_unknown_operator_is_named(tmp_path: Path) -> None:
    text = refused(tmp_path, written([T((1, 4)), T((1, 4))], [Op("TANH", (0,), 1)]))
    assert "net.tflite, layer 'op00_TANH': the operator TANH is not known (known: CONV_2D" in text


def test_several_inputs_are_refused(tmp_path: Path) -> None:
    text = refused(tmp_path, written([T((1, 4))] * 3, [Op("ADD", (0, 1), 2)], inputs=(0, 1)))
    assert "has 2 inputs (export a network with one input)" in text


def test_outputs_must_be_computed(tmp_path: Path) -> None:
    text = refused(tmp_path, written([T((1, 4))] * 2, [Op("RELU", (0,), 1)], outputs=(0,)))
    assert "has an output that nothing computes" in text


def test_a_flattened_map_is_no_output(tmp_path: Path) -> None:
    text = refused(tmp_path, written([T((1, 2, 2, 3)), T((1, 2, 2, 3)), T((1, 12))],
                                     [Op("RELU", (0,), 1), Op("RESHAPE", (1,), 2)]))  # fmt: skip
    assert "the output is a flattened or padded map (end with the map itself)" in text


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Is a directory"):
        read_tflite(tmp_path)
