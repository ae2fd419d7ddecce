"""Direct cores and cores with tiles on a device: a small network on a small one, and all figures of feigned ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from hwgen.bench import winograd_clock as bench
from hwgen.bench.fmax import Placement, placed
from hwgen.bench.mlperf_tiny import TinyNetwork
from hwgen.bench.result import Row
from hwgen.errors import UsageError
from hwgen.flow.process import Progress
from hwgen.model import Model
from tests.gateware.tiles import network

SMALL = TinyNetwork("one convolution", lambda _: network(2, 2, (4, 4)), None)


def test_both_cores_are_placed_and_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An iCE40's multipliers take no transformed weights: the best mix is the direct core, and not placed again."""
    rows: list[Row] = []

    def once(model: Model, placement: Placement, progress: Progress) -> Row:
        if not rows:
            rows.append(placed(model, placement, progress))
        return {**rows[0], "algorithm": placement.algorithm}

    monkeypatch.setattr(bench, "placed", once)
    result = bench.winograd_clock(
        network=SMALL, folder=tmp_path, pes=1, lanes=1, target="ice40-up5k", limits=(1,), seeds=(1,)
    )
    direct, mix = result.rows
    assert (direct["core"], mix["core"]) == ("direct", "best mix")
    assert direct["fits"]
    assert (direct["allowed"], direct["multipliers"], direct["tiled_layers"]) == (1, 1, 0)
    assert direct["inferences_per_second"] == pytest.approx(direct["fmax_mhz"] * 1e6 / direct["cycles"])
    assert direct["inferences_per_second_and_dsp"] == pytest.approx(direct["inferences_per_second"] / direct["dsp"])
    assert direct["lut_ratio"] == mix["lut_ratio"] == 1


def test_with_all_multipliers_and_with_those_of_the_lanes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Placement] = []

    def feigned(_model: Model, placement: Placement, _progress: Progress) -> Row:
        seen.append(placement)
        tiles = placement.algorithm == "auto"
        figures = {"algorithm": placement.algorithm, "multipliers": placement.multipliers}
        if tiles and placement.multipliers:
            return {**figures, "fits": False}
        dsp = placement.multipliers or 156
        lut = 12_000 if tiles else 10_000 if dsp == 156 else 11_000
        return {**figures, "fits": True, "lut": lut, "dsp": dsp, "microseconds": 500.0 if tiles else 1_000.0}

    monkeypatch.setattr(bench, "placed", feigned)
    result = bench.winograd_clock(network=SMALL, folder=tmp_path, limits=(None, 128))
    assert [(core.algorithm, core.multipliers) for core in seen] == [
        ("direct", None), ("auto", None), ("direct", 128), ("auto", 128),
    ]  # fmt: skip
    assert {(core.pes, core.lanes, core.clock_mhz, core.seeds) for core in seen} == {(16, 8, 115, (1, 2, 3))}
    assert [row["allowed"] for row in result.rows] == [156, 156, 128, 128]
    assert [row["lut_ratio"] for row in result.rows] == [1, 1.2, 1, None]
    assert [row["inferences_per_second"] for row in result.rows] == [1_000, 2_000, 1_000, None]
    assert result.rows[1]["inferences_per_second_and_dsp"] == pytest.approx(2_000 / 156)
    assert [line[-1] for line in result.tables[0].cells()] == ["6.41", "12.82", "7.81", "-"]
    figure = Figure()
    result.plots[0].draw(figure)
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([1_000 / 156, 2_000 / 156, 1_000 / 128])  # type: ignore[attr-defined]
    assert len(axes.lines) == 3


def test_by_itself_cores_take_the_multipliers_of_their_lanes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "placed", lambda *_: {"algorithm": "direct", "multipliers": None, "fits": False})
    assert [row["allowed"] for row in bench.winograd_clock(network=SMALL, folder=tmp_path).rows] == [128, 128]


def test_missing_data_is_said_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="data is missing"):
        bench.winograd_clock(folder=tmp_path)


def test_the_published_figure_is_that_of_the_issue() -> None:
    assert round(bench.PUBLISHED, 1) == 11.5
    assert bench.PUBLISHED < bench.GOALS[0] < bench.GOALS[1]
