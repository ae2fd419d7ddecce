from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from hwgen.bench.mlperf_tiny import TinyNetwork
from hwgen.bench.winograd import draw, winograd
from hwgen.errors import UsageError
from tests.gateware.tiles import network


def small() -> TinyNetwork:
    return TinyNetwork("two convolutions", lambda _: network(4, 4, (8, 8), layers=2), None)


def test_a_small_network_by_every_algorithm(tmp_path: Path) -> None:
    result = winograd(
        network=small(), algorithms=("direct", "winograd2"), simulated=("winograd2",), synthesised=("direct",),
        pes=2, lanes=2, folder=tmp_path,
    )  # fmt: skip
    networks = [row for row in result.rows if row["measure"] == "network"]
    assert [row["algorithm"] for row in networks] == ["direct", "F(2x2,3x3)"]
    assert [row["simulated_cycles"] for row in networks] == [None, networks[1]["cycles"]]
    assert [row["mismatches"] for row in networks] == [None, 0]
    assert [row["values"] for row in networks] == [None, 4 * 4 * 64]
    assert networks[1]["cycles"] < networks[0]["cycles"]
    assert networks[0]["lut"] > networks[0]["dsp"] >= 2 * 2
    assert networks[0]["bram"] > 0
    assert (networks[1]["lut"], networks[1]["dsp"]) == (None, None)
    layers = [row for row in result.rows if row["measure"] == "layer"]
    assert [(row["layer"], row["algorithm"]) for row in layers] == [
        ("conv0", "direct"), ("conv1", "direct"), ("conv0", "winograd2"), ("conv1", "winograd2"),
    ]  # fmt: skip
    assert {"layer", "algorithm", "cycles", "dsp", "lut", "memory_bits", "fmax_mhz"} <= set(layers[0])
    widths = next(row for row in result.rows if row["measure"] == "widths" and row["algorithm"] == "F(2x2,3x3)")
    assert (widths["vertical"], widths["inputs"], widths["weights"]) == ([9] * 4, [10] * 4, [11, 12, 12, 11])
    figure = Figure()
    draw(layers, figure)
    assert len(figure.axes[0].containers) == 2


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="data is missing"):
        winograd(folder=tmp_path)
