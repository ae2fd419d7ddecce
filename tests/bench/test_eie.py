"""EIE's table, of layers that take seconds."""

from __future__ import annotations

import pytest

from hwgen.bench import eie as bench
from hwgen.bench.eie import eie
from hwgen.bench.eie_layers import EieLayer
from hwgen.errors import CheckFailedError

LAYERS = (EieLayer("Little", 61, 35, 0.2, 0.4, 1.0, 0.5), EieLayer("Tiny", 17, 16, 0.3, 1.0, 0.5, 0.25))
KEYS = {"name", "configuration", "cycles", "utilisation", "nonzero_products", "reference_cycles", "mismatches"}


def test_both_configurations_in_rtl_beside_the_paper() -> None:
    result = eie(layers=LAYERS, pes=4, counts=(2,), depths=(8,), loaded="Tiny")
    assert [(row["name"], row["configuration"]) for row in result.rows] == [
        ("Little", "plain"), ("Little", "best"), ("Tiny", "plain"), ("Tiny", "best"),
    ]  # fmt: skip
    for row in result.rows:
        assert set(row) >= KEYS
        assert row["mismatches"] == 0
        assert row["cycles"] == row["predicted_cycles"]
        assert row["utilisation"] == row["nonzero_products"] / (4 * row["cycles"])
    assert [row["weight_source"] for row in result.rows] == ["rom", "rom", "rom", "load"]
    assert [row["load_cycles"] > 0 for row in result.rows] == [False, False, False, True]
    # Both configurations compute the same layer.
    assert result.rows[0]["nonzero_products"] == result.rows[1]["nonzero_products"]
    assert [row["index"] for row in result.rows[::2]] == ["4 relative", "4 relative"]
    comparison, ratios, _, build = result.tables
    assert comparison.rows[0]["reference"] == 800
    assert comparison.rows[1]["gain"] == result.rows[2]["cycles"] / result.rows[3]["cycles"]
    product = 800 / result.rows[1]["cycles"] * 400 / result.rows[3]["cycles"]
    assert ratios.rows[0]["mean"] == pytest.approx(product**0.5)
    assert build.rows[0]["peak_megabytes"] > 10
    assert len(result.plots) == 3


def test_cycles_unlike_the_prediction_end_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "layer_cycles", lambda *_: [1])
    with pytest.raises(CheckFailedError, match=r"'Tiny'.* the plan predicts 1"):
        eie(layers=LAYERS[1:], pes=2, counts=(2,), depths=(8,))
