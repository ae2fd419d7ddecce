"""``import``: a network of another tool to a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwgen import model as models
from hwgen.cli.files import STDOUT, write_json
from hwgen.cli.options import Json
from hwgen.cli.tables import print_facts, shape_text
from hwgen.importers import import_model
from hwgen.model import Conv2d, Dense


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .tflite file of int8.", show_default=False)],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="MODEL.npz", help="Where the model goes.", show_default=False)
    ],
    json: Json = None,
) -> None:
    """Turn a network of another tool into a model.

    It computes the integers of the tool's reference; what has no counterpart is refused by name.
    """
    model = import_model(file)
    models.save(model, out)
    weights = sum(layer.weights.decode().size for layer in model.layers if isinstance(layer, Conv2d | Dense))
    outputs = {name: list(model.activation(name).shape) for name in model.outputs}
    if json != STDOUT:
        ends = ", ".join(f"{name} {shape_text(shape)}" for name, shape in outputs.items())
        given = model.input
        print_facts(
            [
                ("model", f"{out}: {model.name}, {len(model.layers)} layers, {weights:,} weights"),
                (
                    "input",
                    f"{shape_text(given.shape)}, channels first, scale {given.scale:g}, zero point {given.zero_point}",
                ),
                ("outputs", ends),
                ("next", f"python -m hwgen show {out}"),
            ]
        )
    write_json(
        json,
        {
            "file": str(out),
            "name": model.name,
            "input": list(model.input.shape),
            "outputs": outputs,
            "layers": [{"name": layer.name, "op": layer.op, "source_op": layer.source_op} for layer in model.layers],
            "weights": weights,
        },
    )
