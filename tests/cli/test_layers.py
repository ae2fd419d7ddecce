"""The table of layers."""

from __future__ import annotations

import pytest

from hwgen.cli.layers import print_layers


def test_layers_and_their_sum(capsys: pytest.CaptureFixture[str]) -> None:
    layer = {"op": "conv2d", "encoding": "dense", "algorithm": "direct", "weights": 10, "utilisation": 0.5}
    pool = {"op": "max_pool2d", "encoding": "none", "algorithm": "direct", "weights": 0, "utilisation": 0.0}
    print_layers(
        [{"name": "a", **layer, "macs": 1000, "cycles": 500}, {"name": "p", **pool, "macs": 0, "cycles": 20}], 520, 0.48
    )
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[1:] == [
        ["a", "conv2d", "dense", "direct", "1,000", "10", "500", "50.0"],
        ["p", "max_pool2d", "none", "direct", "0", "0", "20", "-"],
        ["total", "1,000", "10", "520", "48.0"],
    ]
