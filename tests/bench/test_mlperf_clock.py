"""The clock of real networks, on a small one and a small device."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.bench.data import DataFile
from hwgen.bench.mlperf_clock import PUBLISHED, mlperf_clock
from hwgen.bench.mlperf_tiny import NETWORKS, TinyNetwork
from hwgen.errors import UsageError
from tests.bench.test_mlperf_tiny import small


def test_inferences_at_the_measured_clock_beside_the_published_ones(tmp_path: Path) -> None:
    network = TinyNetwork("ResNet-8", small(tmp_path).model, None)
    others = TinyNetwork("of no submission", DataFile("missing.tflite", "here", "0"), None)
    result = mlperf_clock(networks=[network, others], folder=tmp_path, pes=1, lanes=1, target="ice40-up5k", seeds=(1,))
    (row,) = result.rows
    assert row["fits"]
    assert row["fmax_mhz_by_seed"] == [row["fmax_mhz"]]
    assert row["inferences_per_second"] == pytest.approx(row["fmax_mhz"] * 1e6 / row["cycles"])
    published = result.tables[1]
    assert [line["theirs"] for line in published.rows] == [2_431, 6_790]
    assert published.rows[0]["ratio"] == pytest.approx(row["inferences_per_second"] / 2_431)


def test_missing_data_is_said_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="data is missing"):
        mlperf_clock(folder=tmp_path)


def test_published_networks_are_networks() -> None:
    assert PUBLISHED.keys() <= {network.title for network in NETWORKS}
