"""The table of a core's layers, as ``build`` and ``show`` print it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hwgen.cli.tables import percent, print_table


def print_layers(layers: Iterable[Mapping[str, Any]], total: int, utilisation: float) -> None:
    """Layers as manifest.json has them (``cycles.layers``)."""
    rows = list(layers)
    print_table(
        ["<layer", "<op", "<encoding", "<algorithm", "MACs", "weights", "cycles", "util %"],
        [
            (
                row["name"], row["op"], row["encoding"], row["algorithm"], row["macs"], row["weights"], row["cycles"],
                percent(row["utilisation"]) if row["macs"] else None,
            )
            for row in rows
        ],
        total=(
            "total", "", "", "", sum(row["macs"] for row in rows), sum(row["weights"] for row in rows), total,
            percent(utilisation),
        ),
    )  # fmt: skip
