"""The scan prunes one layer at a time."""

from __future__ import annotations

import numpy as np

from hwgen.compress.sensitivity import Sensitivity, choose_densities, scan
from hwgen.compress.weighted import float_weights
from tests.compress.networks import mlp


def test_one_layer_at_a_time() -> None:
    model = mlp(6, 5, 4)
    whole = {name: np.count_nonzero(values) for name, values in float_weights(model).items()}
    seen = []

    def kept(pruned) -> float:
        counts = {name: np.count_nonzero(values) for name, values in float_weights(pruned).items()}
        changed = [name for name in counts if counts[name] != whole[name]]
        seen.append(changed)
        return sum(counts.values()) / sum(whole.values())

    parts: list[float] = []
    found = scan(model, kept, (0.5, 0.1), parts.append)
    assert [(row.layer, row.density) for row in found] == [("fc1", 0.5), ("fc1", 0.1), ("fc2", 0.5), ("fc2", 0.1)]
    assert seen == [["fc1"], ["fc1"], ["fc2"], ["fc2"]]
    assert found[0].accuracy == (15 + 20) / 50
    assert parts == [0.25, 0.5, 0.75, 1.0]


def test_the_least_density_within_the_drop() -> None:
    rows = [
        Sensitivity("a", 0.5, 0.99),
        Sensitivity("a", 0.1, 0.98),
        Sensitivity("a", 0.05, 0.90),
        Sensitivity("b", 0.5, 0.8),
    ]
    assert choose_densities(rows, base=0.99, drop=0.01) == {"a": 0.1, "b": 1.0}
