"""``import``: a network of another tool to a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hwgen import model as models
from hwgen.cli.files import STDOUT, read_frames, write_json
from hwgen.cli.options import Json
from hwgen.cli.tables import print_facts, shape_text
from hwgen.compress.calibrate import METHODS
from hwgen.compress.integer_weights import WeightFormat
from hwgen.compress.quantise import Quantisation
from hwgen.errors import UsageError
from hwgen.importers import import_model
from hwgen.importers.calibration import Calibration
from hwgen.model import Conv2d, Dense, Model


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .tflite, .onnx or .net file.", show_default=False)],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="MODEL.npz", help="Where the model goes.", show_default=False)
    ],
    layers: Annotated[
        Path | None,
        typer.Option(
            "--layers", metavar="FILE.json", help="The layers of a Deep Compression .net file.", show_default=False
        ),
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            "--calibrate",
            metavar="X.npy",
            help="Real frames (frames, *input.shape): quantise a float network after training.",
            show_default=False,
        ),
    ] = None,
    calibration: Annotated[
        str | None,
        typer.Option(
            "--calibration",
            metavar="|".join(METHODS),
            help="How ranges follow from X; default min_max.",
            show_default=False,
        ),
    ] = None,
    weight_bits: Annotated[
        int | None, typer.Option("--weight-bits", metavar="K", help="2 to 16; default 8.", show_default=False)
    ] = None,
    activation_bits: Annotated[
        int | None,
        typer.Option(
            "--activation-bits", metavar="K", help="2, 4, 8 or 16 (fixed point); default 8.", show_default=False
        ),
    ] = None,
    json: Json = None,
) -> None:
    """Turn a network of another tool into a model.

    A quantised network keeps its scales; a float one becomes a float model, or with --calibrate one of integers. What
    has no counterpart is refused by name.
    """
    options = {"--calibration": calibration, "--weight-bits": weight_bits, "--activation-bits": activation_bits}
    model = _imported(file, layers, calibrate, {key: value for key, value in options.items() if value is not None})
    models.save(model, out)
    weights = sum(layer.weights.decode().size for layer in model.layers if isinstance(layer, Conv2d | Dense))
    outputs = {name: list(model.activation(name).shape) for name in model.outputs}
    if json != STDOUT:
        ends = ", ".join(f"{name} {shape_text(shape)}" for name, shape in outputs.items())
        given = model.input
        numbers = "real numbers" if given.is_float else f"scale {given.scale:g}, zero point {given.zero_point}"
        print_facts(
            [
                ("model", f"{out}: {model.name}, {len(model.layers)} layers, {weights:,} weights"),
                ("input", f"{shape_text(given.shape)}, channels first, {numbers}"),
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


def _imported(file: Path, layers: Path | None, frames: Path | None, options: dict[str, Any]) -> Model:
    if frames is None:
        for key in options:
            raise UsageError("says how to quantise, but there are no frames", key=key, hint="give --calibrate X.npy")
        return import_model(file, layers=layers)
    chosen = Quantisation(
        calibration=options.get("--calibration", "min_max"),
        activation_bits=options.get("--activation-bits", 8),
        weights=WeightFormat(bits=options.get("--weight-bits", 8)),
    )
    try:
        return import_model(file, Calibration(frames=read_frames(frames), options=chosen), layers)
    except UsageError as error:
        where = error.key or (None if error.layer else "--calibrate")
        raise UsageError(error.what, file=error.file, layer=error.layer, key=where, hint=error.hint) from None
