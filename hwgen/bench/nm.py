"""``bench nm``: what N:M sparsity over input channels saves, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwgen import golden
from hwgen.bench.cores import simulated
from hwgen.bench.networks import convolution, same_padding
from hwgen.bench.result import Column, Result, Row, Table
from hwgen.flow.process import Progress, silent
from hwgen.model import Model
from hwgen.plan import PlanOptions, build_plan

PES = 16
LANES = 8
FRAMES = 2
DENSE = (1, 1)
PATTERNS = (DENSE, (2, 4), (1, 4))

SUMMARY = f"""N:M weights over input channels on {PES} PEs x {LANES} lanes, one convolution a core: at most n of m
neighbouring input channels have a weight at a tap, and the array issues n columns for them instead of m. *ideal* is the
slots' products / {PES * LANES} multipliers; *ratio* is the array's cycles, pipeline and drain included, by that.

The convolutions below the first row are those of ResNet-8 (MLPerf Tiny, CIFAR-10), each planned by itself and summed;
its first layer has 3 input channels and stays dense."""


@dataclass(frozen=True, kw_only=True)
class Conv:
    """A square convolution with TensorFlow's "same" padding."""

    name: str
    channels: int
    rows: int
    size: int
    kernel: int = 3
    stride: int = 1

    def model(self, pattern: tuple[int, int]) -> Model:
        """Random weights; dense where m does not divide the channels."""
        pads = same_padding(self.size, self.kernel, self.stride)
        return convolution(
            channels=self.channels,
            rows=self.rows,
            kernel=(self.kernel, self.kernel),
            stride=self.stride,
            padding=(*pads, *pads),
            size=(self.size, self.size),
            seed=0,
            pattern=None if self.dense(pattern) else pattern,
        )

    def dense(self, pattern: tuple[int, int]) -> bool:
        """Whether the layer keeps all its weights."""
        return pattern == DENSE or self.channels % pattern[1] > 0

    def products(self, pattern: tuple[int, int]) -> int:
        """Multiplications of the slots."""
        n, m = DENSE if self.dense(pattern) else pattern
        out = -(-self.size // self.stride)
        return out * out * self.rows * self.channels * self.kernel * self.kernel * n // m


LARGE = Conv(name="64 to 64", channels=64, rows=64, size=16)

RESNET_8 = (
    Conv(name="first", channels=3, rows=16, size=32),
    Conv(name="stack 1, a", channels=16, rows=16, size=32),
    Conv(name="stack 1, b", channels=16, rows=16, size=32),
    Conv(name="stack 2, a", channels=16, rows=32, size=32, stride=2),
    Conv(name="stack 2, b", channels=32, rows=32, size=16),
    Conv(name="stack 2, shortcut", channels=16, rows=32, size=32, kernel=1, stride=2),
    Conv(name="stack 3, a", channels=32, rows=64, size=16, stride=2),
    Conv(name="stack 3, b", channels=64, rows=64, size=8),
    Conv(name="stack 3, shortcut", channels=32, rows=64, size=16, kernel=1, stride=2),
)

SIMULATED = ((LARGE, (1, 4)), (RESNET_8[3], (2, 4)))


def nm(*, simulated: Sequence[tuple[Conv, tuple[int, int]]] = SIMULATED, progress: Progress = silent) -> Result:
    """Plan every layer at every pattern, simulate some."""
    rows = []
    for index, layer in enumerate((LARGE, *RESNET_8)):
        progress("plan", index / (1 + len(RESNET_8)))
        rows += [planned_row(layer, pattern) for pattern in PATTERNS]
    sums = [_sum([row for row in rows if row["layer"] != LARGE.name and row["pattern"] == p]) for p in _names()]
    checked = [simulated_row(layer, pattern, progress) for layer, pattern in simulated]
    return Result(
        name="nm",
        summary=SUMMARY,
        rows=[*rows, *sums, *checked],
        tables=[_cycles([*rows, *sums]), _simulated(checked)],
    )


def planned_row(layer: Conv, pattern: tuple[int, int]) -> Row:
    """Cycles by the plan beside the ideal ones."""
    (planned,) = build_plan(layer.model(pattern), PlanOptions(pes=PES, lanes=LANES, algorithm="direct")).layers
    ideal = layer.products(pattern) / (PES * LANES)
    return {
        "measure": "plan",
        "layer": layer.name,
        "pattern": _name(pattern),
        "encoding": planned.encoding,
        "cycles": planned.cycles,
        "ideal": ideal,
        "ratio": planned.cycles / ideal,
        "utilisation": planned.utilisation,
    }


def simulated_row(layer: Conv, pattern: tuple[int, int], progress: Progress) -> Row:
    """The plan's cycles against those of the Verilog, its outputs against golden."""
    model = layer.model(pattern)
    frames = np.random.default_rng(1).integers(-128, 128, (FRAMES, *model.input.shape))
    plan, result = simulated(model, PlanOptions(pes=PES, lanes=LANES, algorithm="direct"), frames, progress)
    return {
        "measure": "simulation",
        "layer": layer.name,
        "pattern": _name(pattern),
        "cycles": plan.layers[0].cycles,
        "simulated_cycles": result.compute_cycles[0],
        "values": result.outputs.size,
        "mismatches": int(np.count_nonzero(result.outputs != golden.infer(model, frames))),
    }


def _name(pattern: tuple[int, int]) -> str:
    return "dense" if pattern == DENSE else f"{pattern[0]}:{pattern[1]}"


def _names() -> list[str]:
    return [_name(pattern) for pattern in PATTERNS]


def _sum(rows: Sequence[Row]) -> Row:
    """All convolutions of ResNet-8 at one pattern."""
    cycles, ideal = sum(row["cycles"] for row in rows), sum(row["ideal"] for row in rows)
    return {
        "measure": "sum",
        "layer": "ResNet-8, sum",
        "pattern": rows[0]["pattern"],
        "cycles": cycles,
        "ideal": ideal,
        "ratio": cycles / ideal,
    }


def _cycles(rows: Sequence[Row]) -> Table:
    lines: dict[str, dict[str, object]] = {}
    for row in rows:
        line = lines.setdefault(row["layer"], {"layer": row["layer"]})
        line |= {f"{key} {row['pattern']}": row[key] for key in ("cycles", "ideal", "ratio")}
    columns = [Column("<layer", "layer")]
    for name in _names():
        columns += [
            Column(f"{name}, cycles", f"cycles {name}"),
            Column("ideal", f"ideal {name}", lambda value: f"{value:,.0f}"),
            Column("ratio", f"ratio {name}", lambda value: f"{value:.3f}"),
        ]
    return Table("Cycles by pattern", columns, list(lines.values()))


def _simulated(rows: Sequence[Row]) -> Table:
    return Table(
        "The plan against the Verilog (CXXRTL)",
        [
            Column("<layer", "layer"),
            Column("<pattern", "pattern"),
            Column("planned cycles", "cycles"),
            Column("simulated", "simulated_cycles"),
            Column("values", "values"),
            Column("unlike golden", "mismatches"),
        ],
        rows,
    )
