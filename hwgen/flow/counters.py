"""What a core's counters read at the end of the last simulation, kept in its folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hwgen.errors import UsageError
from hwgen.flow.folder import CoreFolder


@dataclass(frozen=True)
class Measured:
    """Counters by name, over all ``frames`` of a run (whole batches)."""

    frames: int
    counters: dict[str, int]


def keep(folder: CoreFolder, measured: Measured) -> None:
    """Write DIR/reports/counters.json."""
    file = _file(folder)
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(asdict(measured), indent=2) + "\n", encoding="utf-8")


def last_measured(folder: CoreFolder) -> Measured | None:
    """Of the last simulation; None where there was none yet, or of a core without counters.

    Raises
    ------
    UsageError
        The file is not what a simulation leaves there.
    """
    file = _file(folder)
    if not folder.counters or not file.is_file():
        return None
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        measured = Measured(int(found["frames"]), {name: int(found["counters"][name]) for name in folder.counters})
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"not counters of this core: {error}", file=str(file), hint="simulate again") from None
    if measured.frames < 1:
        raise UsageError("counters of no frame", file=str(file), key="frames", hint="simulate again")
    return measured


def _file(folder: CoreFolder) -> Path:
    return folder.path / "reports" / "counters.json"
