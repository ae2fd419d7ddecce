"""Which importer reads which file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hwgen.errors import UsageError
from hwgen.importers.calibration import Calibration
from hwgen.importers.onnx import read_onnx
from hwgen.importers.tflite import read_tflite
from hwgen.model import Model


def _tflite(path: Path, calibration: Calibration | None) -> Model:
    if calibration is not None:
        raise UsageError("is quantised already", file=str(path), key="--calibrate", hint="import it without frames")
    return read_tflite(path)


FORMATS: dict[str, Callable[[Path, Calibration | None], Model]] = {".onnx": read_onnx, ".tflite": _tflite}


def import_model(path: Path, calibration: Calibration | None = None) -> Model:
    """Read a file by its suffix; with ``calibration``, a float network is quantised.

    Raises
    ------
    UsageError
        It is missing, cannot be read or is of no known kind.
    ModelError
        Its content is damaged.
    UnsupportedError
        It asks for an operation that hwgen does not have; names it.
    """
    if not path.is_file():
        raise UsageError("no such file", file=str(path))
    reader = FORMATS.get(path.suffix.lower())
    if reader is None:
        raise UsageError("is of no known kind", file=str(path), hint=f"import reads {', '.join(FORMATS)}")
    return reader(path, calibration)
