"""``bench shapes``: how full the lanes stay for odd kernels, strides, paddings and maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from statistics import mean
from typing import TYPE_CHECKING, Any

import numpy as np

from hwgen import golden
from hwgen.bench.cores import simulated
from hwgen.bench.networks import convolution, same_padding
from hwgen.bench.result import Column, Plot, Result, Row, Table, percent
from hwgen.flow.process import Progress, silent
from hwgen.model import Conv2d, Model
from hwgen.plan import PlanOptions, build_plan

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PES = 4
ROWS = 16
FRAMES = 4
KERNELS = ((1, 1), (3, 3), (5, 5), (10, 4), (1, 7))
SIZES = ((5, 5), (7, 7), (13, 13), (25, 25), (5, 25), (25, 5))
CHANNELS = (3, 17, 64)
LANES = (1, 2, 4, 8)

KINDS = ("utilisation", "bound", "by_rows")
BESIDE = 4
"""Lanes from which the formulas stand beside the array's figure: with fewer they say little."""

SUMMARY = f"""How full the lanes stay: one convolution to {ROWS} channels on {PES} PEs, for kernels, strides, paddings,
maps and channels that divide badly by the lanes. The array takes groups of consecutive positions at the pitch of the
map it reads, across row ends, or starts each row anew where that takes fewer groups. Without padding the positions at
a row's end whose window leaves the map are walked over as well, which costs where the map is hardly wider than the
kernel.

The array's figures include its pipeline and the drain of its accumulators. The two beside them are formulas without
either: *bound*, all output positions in as few groups as there can be; *by rows*, each row's last group partly idle."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A convolution and the lanes it runs on; ``padding`` is "same" (as TensorFlow pads) or "valid"."""

    kernel: tuple[int, int]
    stride: int
    padding: str
    size: tuple[int, int]
    channels: int
    lanes: int

    def model(self) -> Model:
        """Random weights, ROWS output channels."""
        same = self.padding == "same"
        pads = [
            same_padding(*pair, self.stride) if same else (0, 0) for pair in zip(self.size, self.kernel, strict=True)
        ]
        return convolution(
            channels=self.channels,
            rows=ROWS,
            kernel=self.kernel,
            stride=self.stride,
            padding=(*pads[0], *pads[1]),
            size=self.size,
            seed=0,
        )


def every_shape() -> Iterator[Shape]:
    """All combinations in which the kernel fits the map; 1x1 needs no padding."""
    for kernel, stride, padding, size, channels, lanes in product(
        KERNELS, (1, 2), ("same", "valid"), SIZES, CHANNELS, LANES
    ):
        fits = kernel[0] <= size[0] and kernel[1] <= size[1]
        if padding == "same" or (fits and kernel != (1, 1)):
            yield Shape(kernel=kernel, stride=stride, padding=padding, size=size, channels=channels, lanes=lanes)


SIMULATED = (
    Shape(kernel=(3, 3), stride=1, padding="same", size=(5, 5), channels=17, lanes=8),
    Shape(kernel=(10, 4), stride=2, padding="same", size=(25, 5), channels=3, lanes=8),
    Shape(kernel=(1, 7), stride=2, padding="valid", size=(13, 13), channels=3, lanes=4),
    Shape(kernel=(5, 5), stride=2, padding="valid", size=(7, 7), channels=17, lanes=2),
)


def shapes(
    *, planned: Sequence[Shape] | None = None, simulated: Sequence[Shape] = SIMULATED, progress: Progress = silent
) -> Result:
    """Plan every shape, simulate some."""
    todo = list(every_shape()) if planned is None else list(planned)
    rows = []
    for index, shape in enumerate(todo):
        progress("plan", index / len(todo))
        rows.append(planned_row(shape))
    checked = [simulated_row(shape, progress) for shape in simulated]
    return Result(
        name="shapes",
        summary=SUMMARY,
        rows=[*rows, *checked],
        tables=[
            _mean_table(rows, "kernel", "Mean utilisation by kernel (height x width)"),
            _mean_table(rows, "size", "Mean utilisation by input map (height x width)"),
            _simulated(checked),
        ],
        plots=[
            Plot("shapes-lanes.svg", "Utilisation: mean over all shapes, every shape at the most lanes", _draw(rows))
        ],
    )


def planned_row(shape: Shape) -> Row:
    """Cycles and utilisation by the plan, and the two formulas beside them."""
    model = shape.model()
    (layer,) = build_plan(model, PlanOptions(pes=PES, lanes=shape.lanes, algorithm="direct")).layers
    (convolution_layer,) = model.layers
    assert isinstance(convolution_layer, Conv2d)
    _, height, width = convolution_layer.output.chw
    columns = shape.channels * shape.kernel[0] * shape.kernel[1]
    by_rows = height * -(-width // shape.lanes) * (ROWS // PES) * columns
    bound = -(-height * width // shape.lanes) * (ROWS // PES) * columns
    return {
        "measure": "plan",
        **asdict(shape),
        "pes": PES,
        "output": (height, width),
        "macs": layer.macs,
        "cycles": layer.cycles,
        "utilisation": layer.utilisation,
        "bound_cycles": bound,
        "bound": layer.macs / (PES * shape.lanes * bound),
        "by_rows_cycles": by_rows,
        "by_rows": layer.macs / (PES * shape.lanes * by_rows),
    }


def simulated_row(shape: Shape, progress: Progress) -> Row:
    """The plan's cycles against those of the Verilog, its outputs against golden."""
    model = shape.model()
    info = np.iinfo(np.int8)
    frames = np.random.default_rng(1).integers(info.min, info.max + 1, (FRAMES, *model.input.shape))
    plan, result = simulated(model, PlanOptions(pes=PES, lanes=shape.lanes, algorithm="direct"), frames, progress)
    return {
        "measure": "simulation",
        **asdict(shape),
        "pes": PES,
        "cycles": plan.layers[0].cycles,
        "simulated_cycles": result.compute_cycles[0],
        "utilisation": plan.layers[0].utilisation,
        "values": result.outputs.size,
        "mismatches": int(np.count_nonzero(result.outputs != golden.infer(model, frames))),
    }


def _mean_table(rows: Sequence[Row], key: str, title: str) -> Table:
    """Means by padding and ``key``, in the order of first occurrence."""
    lines: dict[tuple[str, Any], list[Row]] = {}
    for row in rows:
        lines.setdefault((row["padding"], row[key]), []).append(row)
    counts = sorted({row["lanes"] for row in rows})
    table = []
    for (padding, value), group in lines.items():
        line = {"padding": padding, key: "x".join(map(str, value)), "shapes": len(group) // len(counts)}
        for lanes, kind in product(counts, KINDS):
            line[f"{kind} {lanes}"] = mean(row[kind] for row in group if row["lanes"] == lanes)
        table.append(line)
    columns = [Column("<padding", "padding"), Column(f"<{key}", key), Column("shapes", "shapes")]
    for lanes in counts:
        columns.append(Column(f"{lanes} lanes %", f"utilisation {lanes}", percent))
        if lanes >= BESIDE:
            columns += [Column("bound", f"bound {lanes}", percent), Column("by rows", f"by_rows {lanes}", percent)]
    return Table(title, columns, table, "The two columns behind a number of lanes belong to it.")


def _simulated(rows: Sequence[Row]) -> Table:
    return Table(
        "The plan against the Verilog (CXXRTL)",
        [
            Column("<kernel", "kernel", lambda value: "x".join(map(str, value))),
            Column("stride", "stride"),
            Column("<padding", "padding"),
            Column("<map", "size", lambda value: "x".join(map(str, value))),
            Column("channels", "channels"),
            Column("lanes", "lanes"),
            Column("planned cycles", "cycles"),
            Column("simulated", "simulated_cycles"),
            Column("utilisation %", "utilisation", percent),
            Column("values", "values"),
            Column("unlike golden", "mismatches"),
        ],
        rows,
    )


def _draw(rows: Sequence[Row]) -> Any:
    def draw(figure: Figure) -> None:
        by_lanes, spread = figure.subplots(1, 2)
        counts = sorted({row["lanes"] for row in rows})
        for key, label in zip(KINDS, ("hwgen", "bound", "by rows"), strict=True):
            means = [100 * mean(row[key] for row in rows if row["lanes"] == lanes) for lanes in counts]
            by_lanes.plot(counts, means, marker="o", label=label)
            shares = sorted((100 * row[key] for row in rows if row["lanes"] == counts[-1]), reverse=True)
            spread.plot(shares, label=label)
        by_lanes.set_xscale("log", base=2)
        by_lanes.set_xticks(counts, [str(count) for count in counts])
        by_lanes.set_xlabel("lanes")
        by_lanes.set_title("mean utilisation %, all shapes")
        spread.set_xlabel("shapes, each line best first")
        spread.set_title(f"utilisation %, {counts[-1]} lanes")
        for axes in (by_lanes, spread):
            axes.set_ylim(0, 102)
            axes.grid(alpha=0.3)
        by_lanes.legend()

    return draw
