"""``show``: what a model or a core consists of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from hwgen import model as models
from hwgen.cli.files import STDOUT, write_json
from hwgen.cli.options import Json
from hwgen.cli.tables import percent, print_facts, print_gap, print_table, shape_text
from hwgen.errors import HwgenError
from hwgen.flow.counters import last_measured
from hwgen.flow.folder import CoreFolder
from hwgen.model import Conv2d, Dense, Layer, Model
from hwgen.model.stored_bits import stored_bits
from hwgen.plan import build_plan


def show(
    what: Annotated[
        Path, typer.Argument(metavar="MODEL.npz|DIR", help="A model, or a core's folder.", show_default=False)
    ],
    json: Json = None,
) -> None:
    """Show a model or a core.

    Layers, shapes, encodings, density, sizes and cycles.
    """
    if what.is_dir():
        folder = CoreFolder.open(what)
        description = models.load(folder.model)
        cycles: Mapping[str, Any] = folder.manifest["cycles"]
        array: str | None = f"{folder.manifest['pes']} PEs x {folder.manifest['lanes']} lanes, as built"
        reason: str | None = None
        counters = _counters(folder)
    else:
        description = models.load(what)
        cycles, array, reason = _predicted(description)
        counters = None
    by_name = {layer["name"]: layer["cycles"] for layer in cycles.get("layers", [])}
    layers = [_row(layer, by_name.get(layer.name)) for layer in description.layers]
    if json != STDOUT:
        _print(description, layers, cycles.get("total"), array, reason)
        if counters is not None:
            _print_counters(counters)
    write_json(
        json,
        {
            "name": description.name,
            "input": list(description.input.shape),
            "outputs": {name: list(description.activation(name).shape) for name in description.outputs},
            "cycles": cycles.get("total"),
            "layers": layers,
            **({} if counters is None else {"counters": counters}),
        },
    )


def _counters(folder: CoreFolder) -> dict[str, Any] | None:
    """Planned for one frame (batch) without a zero, and read behind the last simulation, if there was one."""
    if not folder.counters:
        return None
    measured = last_measured(folder)
    return {
        "planned": folder.counters,
        "batch": folder.batch,
        "simulated": measured.counters if measured else None,
        "frames": measured.frames if measured else 0,
    }


def _print_counters(counters: dict[str, Any]) -> None:
    """Per frame (batch): the plan's, without a zero, and the mean of the last simulation."""
    simulated, batches = counters["simulated"], counters["frames"] // counters["batch"]
    print_gap()
    print_table(
        ["<counter", "planned", "simulated"],
        [(name, count, simulated and simulated[name] / batches) for name, count in counters["planned"].items()],
    )
    per = "frame" if counters["batch"] == 1 else f"batch of {counters['batch']} frames"
    mean = f"mean of {counters['frames']:,} frames" if simulated else "not yet: run simulate"
    print_gap()
    print_facts([("planned", f"for a {per} without a zero"), ("simulated", mean)])


def _predicted(description: Model) -> tuple[Mapping[str, Any], str | None, str | None]:
    """Cycles on the array chosen for the target "generic", or why there is none."""
    try:
        plan = build_plan(description)
    except HwgenError as error:
        return {}, None, str(error)
    layers = [{"name": layer.name, "cycles": layer.cycles} for layer in plan.layers]
    return (
        {"total": plan.compute_cycles, "layers": layers},
        f"{plan.shape.pes} PEs x {plan.shape.lanes} lanes, chosen for generic",
        None,
    )


def _row(layer: Layer, cycles: int | None) -> dict[str, Any]:
    weights = layer.weights if isinstance(layer, Conv2d | Dense) else None
    count = int(np.prod(weights.shape)) if weights else 0
    nonzero = int(np.count_nonzero(weights.decode())) if weights else 0
    return {
        "name": layer.name,
        "op": layer.op,
        "output": list(layer.output.shape),
        "bits": layer.output.bits,
        "encoding": weights.encoding if weights else None,
        "weight_bits": weights.bits if weights else None,
        "weights": count,
        "nonzero_weights": nonzero,
        "density": nonzero / count if count else None,
        "stored_bits": stored_bits(weights) if weights else 0,
        "cycles": cycles,
    }


def _print(
    description: Model, layers: list[dict[str, Any]], total: int | None, array: str | None, reason: str | None
) -> None:
    print_table(
        ["<layer", "<op", "<output", "<encoding", "weights", "dens. %", "kbit", "cycles"],
        [
            (
                row["name"],
                row["op"],
                shape_text(row["output"]),
                row["encoding"] or "-",
                row["weights"] or None,
                None if row["density"] is None else percent(row["density"]),
                row["stored_bits"] / 1000 if row["stored_bits"] else None,
                row["cycles"],
            )
            for row in layers
        ],
        total=(
            "total", "", "", "", sum(row["weights"] for row in layers), "",
            sum(row["stored_bits"] for row in layers) / 1000, total,
        ),
    )  # fmt: skip
    given = description.input
    kind = "real numbers" if given.is_float else f"{'signed' if given.signed else 'unsigned'} {given.bits} bits"
    print_gap()
    print_facts(
        [
            ("model", description.name),
            ("input", f"{shape_text(given.shape)}, {kind}, scale {given.scale:g}, zero point {given.zero_point}"),
            ("outputs", ", ".join(description.outputs)),
            ("array", array),
            ("no core", reason),
        ]
    )
