"""The example models of the source tree."""

from __future__ import annotations

from pathlib import Path

from hwgen.errors import UsageError

MODELS = Path(__file__).parents[2] / "models"


def example(name: str, folder: Path = MODELS) -> Path:
    """A file of models/.

    Raises
    ------
    UsageError
        It is not there: an installed package has no example models.
    """
    path = folder / name
    if not path.is_file():
        raise UsageError(
            "the benchmark's model is missing",
            file=str(path),
            hint="run in a clone of the project, installed with `pip install -e .`; see models/README.md",
        )
    return path
