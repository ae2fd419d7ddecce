"""EIE's figures 8, 12 and 13: load balance over the depth of the queues, real work and load balance over the PEs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import mean
from typing import TYPE_CHECKING, Any

from hwgen.bench.eie_layers import EieLayer
from hwgen.bench.eie_queues import dealt
from hwgen.bench.result import Plot, Row
from hwgen.flow.process import Progress
from hwgen.plan.lowering import array_ops
from hwgen.plan.options import PlanOptions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEPTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
PES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def sweeps(
    layers: Sequence[EieLayer],
    configurations: Mapping[str, PlanOptions],
    *,
    pes: int,
    counts: Sequence[int] = PES,
    depths: Sequence[int] = DEPTHS,
    seed: int,
    progress: Progress,
) -> list[Row]:
    """Load balance and share of real work for every layer and configuration: over depths on ``pes`` PEs, over PEs."""
    rows: list[Row] = []
    for index, layer in enumerate(layers):
        (op,) = array_ops(layer.model(seed))
        frame = layer.frame(seed)
        for place, count in enumerate(sorted({*counts, pes})):
            progress(f"{layer.name}: {count} PEs", (index + place / len(counts)) / len(layers))
            for name, options in configurations.items():
                assert options.queue is not None
                found = dealt(op, frame, pes=count, options=options)
                line = {"name": layer.name, "configuration": name, "pes": count, "real_share": found.real_share}
                queues = sorted({options.queue, *(depths if count == pes else ())})
                rows += [line | {"queue": queue, "load_balance": found.load_balance(queue)} for queue in queues]
    return rows


def plots(rows: Sequence[Row], configurations: Mapping[str, PlanOptions], *, pes: int) -> list[Plot]:
    """Three figures, each with one panel for every configuration."""
    queues = {name: options.queue for name, options in configurations.items()}
    at_pes = [row for row in rows if row["pes"] == pes]
    at_queue = [row for row in rows if row["queue"] == queues[row["configuration"]]]
    names = list(configurations)
    return [
        Plot(
            "eie-queue.svg",
            f"Load balance over the depth of the queues, {pes} PEs (EIE, figure 8)",
            _panels(at_pes, names, "queue", "load_balance", "load balance %"),
        ),
        Plot(
            "eie-real-work.svg",
            "Real work / total work over the number of PEs (EIE, figure 12)",
            _panels(at_queue, names, "pes", "real_share", "real work %"),
        ),
        Plot(
            "eie-load-balance.svg",
            "Load balance over the number of PEs (EIE, figure 13)",
            _panels(at_queue, names, "pes", "load_balance", "load balance %"),
        ),
    ]


def _panels(rows: Sequence[Row], names: Sequence[str], x: str, y: str, title: str) -> Callable[[Figure], None]:
    def draw(figure: Figure) -> None:
        panels: Any = figure.subplots(1, len(names), sharey=True, squeeze=False)
        for axes, name in zip(panels[0], names, strict=True):
            shown = [row for row in rows if row["configuration"] == name]
            lines: dict[str, dict[int, float]] = {}
            for row in shown:
                lines.setdefault(row["name"], {})[row[x]] = 100 * row[y]
            ticks = sorted({row[x] for row in shown})
            for layer, points in lines.items():
                axes.plot(list(points), list(points.values()), marker=".", label=layer)
            means = [mean(points[tick] for points in lines.values()) for tick in ticks]
            axes.plot(ticks, means, color="black", linewidth=2, label="mean")
            axes.set_xscale("log", base=2)
            axes.set_xticks(ticks, [str(tick) for tick in ticks])
            axes.set_ylim(0, 102)
            axes.set_xlabel({"queue": "columns that may wait at a PE", "pes": "PEs"}[x])
            axes.set_title(f"{title}, {name}")
            axes.grid(alpha=0.3)
        panels[0][-1].legend(fontsize="x-small")

    return draw
