"""``infer``: the golden model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwgen import golden
from hwgen import model as models
from hwgen.cli.files import STDOUT, read_frames, write_archive, write_json, write_outputs
from hwgen.cli.options import Inputs, Json, ModelFile, Outputs
from hwgen.cli.tables import print_facts, shape_text
from hwgen.errors import UsageError


def infer(
    model: ModelFile,
    inputs: Inputs,
    outputs: Outputs,
    trace: Annotated[
        Path | None, typer.Option("--trace", metavar="T.npz", help="Every layer's output by name.", show_default=False)
    ] = None,
    real: Annotated[bool, typer.Option("--float", help="X and Y are real numbers.")] = False,
    json: Json = None,
) -> None:
    """Run the golden model.

    It gives what the core computes, bit for bit; with --float it takes and gives real numbers.
    """
    description = models.load(model)
    frames = read_frames(inputs)
    if not real and golden.is_float(description):
        raise UsageError("is not quantised", file=str(model), hint="use --float")
    result = golden.infer_float(description, frames) if real else golden.infer(description, frames)
    if trace is not None:
        if not real:
            write_archive(trace, golden.run(description, frames))
        elif golden.is_float(description):
            write_archive(trace, golden.run_float(description, frames))
        else:
            quantised = golden.run(description, golden.quantise(frames, description.input))
            write_archive(
                trace, {name: golden.dequantise(q, description.activation(name)) for name, q in quantised.items()}
            )
    write_outputs(outputs, result)
    shapes = {name: list(description.activation(name).shape) for name in description.outputs}
    if json != STDOUT:
        written = ", ".join(f"{name} {shape_text(shape)}" for name, shape in shapes.items())
        print_facts([("frames", len(frames)), ("outputs", f"{outputs}: {written}"), ("trace", trace)])
    write_json(json, {"frames": len(frames), "outputs": shapes})
