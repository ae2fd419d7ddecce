"""Running other people's programs: their output goes to a log, their failure becomes one clear error."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hwgen.errors import HwgenError

#: Told the stage that runs and how much of it is done (0 to 1, or None where that cannot be known).
Progress = Callable[[str, float | None], None]

LOG_LINES_SHOWN = 8


class ToolFailedError(HwgenError):
    """A tool stopped with an error that none of the checks foresaw."""


def silent(stage: str, fraction: float | None) -> None:
    """The progress of a caller who wants none."""


def run(command: Sequence[str], *, cwd: Path, log: Path, env: Mapping[str, str] | None = None) -> str:
    """Run ``command`` in ``cwd`` and return what it printed, both streams together; ``log`` keeps it.

    Raises
    ------
    ToolFailedError
        The exit status is not 0; the message ends with the log's errors, or its last lines.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as stream:
        status = subprocess.run(
            command, cwd=cwd, env=env, stdout=stream, stderr=subprocess.STDOUT, check=False
        ).returncode
    text = log.read_text(encoding="utf-8", errors="replace")
    if status != 0:
        raise ToolFailedError(f"{Path(command[0]).name} failed:\n{telling_lines(text)}", file=str(log))
    return text


def telling_lines(text: str) -> str:
    """The lines of a log that say what went wrong: those with "error", else the last ones."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return "\n".join((errors or lines[-LOG_LINES_SHOWN:])[:LOG_LINES_SHOWN])
