"""LeNet-5 as a float model: ``python models/lenet5_float.py -o lenet5_float.npz``; reads HWGEN_DATA."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwgen.bench.lenet5 import lenet5
from hwgen.model import save


def main(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="MODEL.npz", help="Where the model goes.")] = Path(
        "lenet5_float.npz"
    ),
) -> None:
    """Writes the model."""
    save(lenet5(), out)


if __name__ == "__main__":
    typer.run(main)
