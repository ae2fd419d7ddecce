"""The benchmark on the digits CNN, on a few frames."""

from __future__ import annotations

from hwgen.bench.digits import digits


def test_a_small_run() -> None:
    result = digits(runs=1, frames=3, grids=[(1, 1), (2, 2)], shown=(2, 2), simulated=(1, 1))
    build, simulation, *rows = result.rows
    assert build["cpu_seconds"] > 0
    assert 30 < build["peak_megabytes"] < 400
    assert simulation["mismatches"] == 0
    assert simulation["frames"] == 3
    assert simulation["cycles_per_second"] > 0
    layers = {row["layer"]: row for row in rows if row["measure"] == "utilisation"}
    assert list(layers) == ["conv1", "conv2", "pool", "fc", "convolutions", "network"]
    assert layers["pool"]["utilisation"] is None
    assert layers["network"]["macs"] == 80896
    assert layers["network"]["utilisation"] < layers["convolutions"]["utilisation"] < 1
    one, four = (row for row in rows if row["measure"] == "sweep")
    assert (one["multipliers"], four["multipliers"]) == (1, 4)
    assert one["tiled_layers"] > 0
    assert layers["network"]["cycles"] == four["cycles"] < one["cycles"] <= simulation["cycles"]
    assert [len(table.rows) for table in result.tables] == [1, 1, 6, 2]
