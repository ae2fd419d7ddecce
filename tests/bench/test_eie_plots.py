"""EIE's three figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.bench.eie import CONFIGURATIONS
from hwgen.bench.eie_layers import EieLayer
from hwgen.bench.eie_plots import plots, sweeps
from hwgen.bench.plots import save_plot

LAYERS = (EieLayer("Little", 60, 64, 0.2, 0.5, 1.0, 1.0), EieLayer("Tiny", 30, 33, 0.3, 1.0, 1.0, 1.0))


def test_sweeps_and_what_is_drawn_of_them(tmp_path: Path) -> None:
    heard: list[str] = []
    rows = sweeps(
        LAYERS,
        CONFIGURATIONS,
        pes=4,
        counts=(1, 8),
        depths=(1, 16),
        seed=0,
        progress=lambda stage, _: heard.append(stage),
    )
    found = {(row["name"], row["configuration"], row["pes"], row["queue"]): row for row in rows}
    # Every number of PEs with the configuration's own queue, the depths only with the number that is shown.
    expected = {
        (layer.name, name, pes, queue)
        for layer in LAYERS
        for name, own in (("plain", 8), ("best", 64))
        for pes, queue in ((1, own), (8, own), (4, own), (4, 1), (4, 16))
    }
    assert set(found) == expected
    assert len(heard) == 3 * len(LAYERS)
    assert all(0 < row["load_balance"] <= 1 and 0 < row["real_share"] <= 1 for row in rows)
    # 16 rows of a PE at most need no fillers with a relative index of 4 bits; 64 do.
    assert found["Little", "plain", 8, 8]["real_share"] == 1
    assert found["Little", "plain", 1, 8]["real_share"] < 1
    assert found["Little", "best", 1, 64]["real_share"] > found["Little", "plain", 1, 8]["real_share"]

    pytest.importorskip("matplotlib")
    drawn = plots(rows, CONFIGURATIONS, pes=4)
    assert [plot.name for plot in drawn] == ["eie-queue.svg", "eie-real-work.svg", "eie-load-balance.svg"]
    for plot in drawn:
        save_plot(plot, tmp_path / plot.name)
        text = (tmp_path / plot.name).read_text(encoding="utf-8")
        assert all(layer.name in text for layer in LAYERS)
