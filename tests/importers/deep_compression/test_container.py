"""The container: what is written comes back, the real file gives its expected weights, damage is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwgen.errors import ModelError
from hwgen.importers.deep_compression.container import read_container
from hwgen.importers.deep_compression.layer_list import WeightedEntry, read_layer_list
from tests.data import data
from tests.importers.deep_compression.files import coded, container


def entry(shape: tuple[int, ...], bits: int, name: str = "a") -> WeightedEntry:
    return WeightedEntry(
        name=name, source=name, inputs=None, stride=1, padding=(0, 0, 0, 0), shape=shape, codebook_bits=bits, relu=None
    )


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([(7, 13), (3, 2, 3, 3), (1, 1), (5, 40)]),
    st.sampled_from([1, 3, 4, 5, 8]),
    st.sampled_from([0.0, 0.02, 0.3, 1.0]),
    st.integers(0, 1000),
)
def test_round_trip(tmp_path: Path, shape: tuple[int, ...], bits: int, density: float, seed: int) -> None:
    layers = [coded(shape, bits, seed, density), coded((2, 5), bits, seed + 1, density)]
    (tmp_path / "n.net").write_bytes(container(layers, bits))
    found = read_container(tmp_path / "n.net", [entry(shape, bits), entry((2, 5), bits, "b")])
    for (codes, codebook, bias), layer in zip(layers, found, strict=True):
        assert np.array_equal(layer.codes, codes)
        assert np.array_equal(layer.weights, codebook[codes])
        assert np.array_equal(layer.bias, bias)


def test_two_fire_modules_of_squeezenet() -> None:
    listed = read_layer_list(data("deep_compression/squeezenet_fire2_fire3_layers.json"))
    found = read_container(data("deep_compression/squeezenet_fire2_fire3.net"), listed.weighted)
    with np.load(data("deep_compression/squeezenet_fire2_fire3_expected.npz")) as expected:
        for layer, entry in zip(found, listed.weighted, strict=True):
            key = entry.source.replace("/", ".")
            assert np.array_equal(layer.weights, expected[f"{key}.weights"])
            assert np.array_equal(layer.bias, expected[f"{key}.bias"])
            assert np.array_equal(layer.codebook, expected[f"{key}.codebook"])
            assert np.array_equal(layer.codes.ravel(), expected[f"{key}.codes"])
        assert len(expected.files) == 4 * len(found)


@pytest.mark.parametrize("cut", [0, 3, 8, 40, -1])
def test_a_file_that_ends_early_is_said(tmp_path: Path, cut: int) -> None:
    whole = container([coded((3, 9), 4), coded((2, 3), 4)], 4)
    (tmp_path / "n.net").write_bytes(whole[:cut])
    with pytest.raises(ModelError, match="the file ends in"):
        read_container(tmp_path / "n.net", [entry((3, 9), 4), entry((2, 3), 4, "b")])


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    file = tmp_path / "n.net"
    codes, codebook, bias = coded((3, 9), 8, density=1.0)

    def read(shape: tuple[int, ...] = (3, 9)) -> None:
        read_container(file, [entry(shape, 8)])

    file.write_bytes(container([(codes, codebook, bias)], 8) + b"x")
    with pytest.raises(ModelError, match="1 bytes are left behind the last layer"):
        read()
    file.write_bytes(container([(codes, codebook, bias)], 8))
    with pytest.raises(ModelError, match="layer 'a': the runs end at position 26 of an array of 24"):
        read((3, 8))
    file.write_bytes(container([(codes, codebook + 1, bias)], 8))
    with pytest.raises(ModelError, match="entry 0 of the codebook is 1"):
        read()
    file.write_bytes(container([(codes, codebook, bias * np.nan)], 8))
    with pytest.raises(ModelError, match="is not finite"):
        read()
    file.write_bytes(container([(np.full((3, 9), 9, np.uint8), codebook[:8], bias)], 4))
    with pytest.raises(ModelError, match="symbol 9 is beyond the 8 entries"):
        read_container(file, [entry((3, 9), 3)])
