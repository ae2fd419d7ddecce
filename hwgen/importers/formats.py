"""Which importer reads which file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hwgen.errors import UsageError
from hwgen.importers.calibration import Calibration
from hwgen.importers.deep_compression import read_net
from hwgen.importers.onnx import read_onnx
from hwgen.importers.tflite import read_tflite
from hwgen.model import Model


def _tflite(path: Path, calibration: Calibration | None) -> Model:
    if calibration is not None:
        raise UsageError("is quantised already", file=str(path), key="--calibrate", hint="import it without frames")
    return read_tflite(path)


FORMATS: dict[str, Callable[[Path, Calibration | None], Model]] = {".onnx": read_onnx, ".tflite": _tflite}


NET = ".net"


def import_model(path: Path, calibration: Calibration | None = None, layers: Path | None = None) -> Model:
    """Read a file by its suffix; with ``calibration``, a float network is quantised.

    ``layers``: the list of layers that a Deep Compression .net file needs, and no other.

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
    suffix = path.suffix.lower()
    if suffix == NET:
        if layers is None:
            raise UsageError("does not say which layers it has", file=str(path), key="--layers", hint="give a list")
        return read_net(path, layers, calibration)
    if layers is not None:
        raise UsageError(
            f"is no {NET} file and has its own layers", file=str(path), key="--layers", hint="leave it out"
        )
    reader = FORMATS.get(suffix)
    if reader is None:
        raise UsageError("is of no known kind", file=str(path), hint=f"import reads {', '.join([*FORMATS, NET])}")
    return reader(path, calibration)
