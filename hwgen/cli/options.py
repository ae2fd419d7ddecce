"""Arguments that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ModelFile = Annotated[Path, typer.Argument(metavar="MODEL.npz", help="The model.", show_default=False)]
CoreDir = Annotated[
    Path, typer.Argument(metavar="DIR", help="A core's folder, as `build` wrote it.", show_default=False)
]
Json = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the result as JSON; - is stdout.", show_default=False),
]
Inputs = Annotated[
    Path, typer.Option("--inputs", metavar="X.npy", help="Frames (frames, *input.shape), integers.", show_default=False)
]
Outputs = Annotated[
    Path,
    typer.Option(
        "--outputs", metavar="Y.npy", help="Where the outputs go (frames, *output.shape).", show_default=False
    ),
]
